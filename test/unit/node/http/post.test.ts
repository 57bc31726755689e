// A question by POST, in both ways: by Node's own client, which all our programs use, and by `fetch`, which browsers have.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createRawServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { post as byNode } from '#post'
import { post as byFetch } from '../../../../node/http/by-fetch.ts'
import { placeOf } from '../../../../node/http/place.ts'
import { type HttpQuestion, NoConnectionError } from '../../../../node/http/question.ts'

const WAYS = { 'by Node': byNode, 'by fetch': byFetch }
const TEXT = `{"of":"${'ä€'.repeat(40_000)}"}`

for (const [way, post] of Object.entries(WAYS)) {
  const ask = (url: string, more: Partial<HttpQuestion> = {}) =>
    post({ url, body: '{"é":1}', signal: new AbortController().signal, mostBytes: 1_000_000, ...more })

  test(`${way}: body and headers arrive, and the answer comes with its status, headers and text`, async (t) => {
    const url = await serve(t, async (request, response) => {
      let body = ''
      for await (const part of request.setEncoding('utf8')) body += part
      const { method, headers } = request
      response.writeHead(418, { 'Retry-After': '7' })
      response.end(JSON.stringify({ method, body, type: headers['content-type'], own: headers['x-own'] }))
    })
    const { status, headers, text } = await ask(url, { headers: { 'x-own': 'yes' } })
    assert.equal(status, 418)
    assert.equal(headers.get('retry-after'), '7')
    assert.deepEqual(JSON.parse(text), { method: 'POST', body: '{"é":1}', type: 'application/json', own: 'yes' })
  })

  test(`${way}: an answer in parts and a packed one are read whole, and each part is told`, async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/packed') {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(TEXT))
        return
      }
      const bytes = Buffer.from(TEXT)
      // Between two bytes of one letter.
      response.write(bytes.subarray(0, 8), () => response.end(bytes.subarray(8)))
    })
    for (const path of ['/parts', '/packed']) {
      let parts = 0
      const { text } = await ask(`${url}${path}`, { onPart: () => parts++ })
      assert.equal(text, TEXT)
      assert.ok(parts > 0)
    }
  })

  test(`${way}: no more is read than its bounds, packed or not`, async (t) => {
    const url = await serve(t, (request, response) => {
      const packed = request.url === '/packed'
      const body = 'x'.repeat(2_000_000)
      response.writeHead(200, packed ? { 'content-encoding': 'gzip' } : {}).end(packed ? gzipSync(body) : body)
    })
    for (const path of ['/plain', '/packed']) await assert.rejects(ask(`${url}${path}`), RangeError)
    const bomb = await serve(t, (_, response) => response.end(`[${'0,'.repeat(200_000)}0]`))
    await assert.rejects(ask(bomb, { bytesAValue: 16 }), /at least 16 bytes/)
  })

  test(`${way}: a redirection is not followed`, async (t) => {
    let asked = 0
    const url = await serve(t, (_, response) => {
      asked += 1
      response.writeHead(308, { location: '/elsewhere' }).end()
    })
    const { status } = await ask(url)
    // A browser does not even tell a page where it leads.
    assert.ok(status === 308 || status === 0)
    assert.equal(asked, 1)
  })

  test(`${way}: what ends it ends it, before the answer and in its middle`, async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': '100' }).write('{"a":')
    })
    for (const path of ['/silent', '/half']) {
      const ending = new AbortController()
      const asked = ask(`${url}${path}`, { signal: ending.signal, onPart: () => ending.abort() })
      if (path === '/silent') ending.abort()
      await assert.rejects(asked, (error) => !(error instanceof NoConnectionError))
    }
    await assert.rejects(ask(url, { signal: AbortSignal.abort() }), (error) => !(error instanceof NoConnectionError))
  })

  test(`${way}: an answer that breaks off is none`, async (t) => {
    const server = createRawServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (asked) => {
        const half = asked.toString().startsWith('POST /half')
        socket.end(half ? 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":1}' : 'nonsense\r\n\r\n')
      })
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    for (const path of ['half', 'nonsense'])
      await assert.rejects(
        ask(`http://127.0.0.1:${port}/${path}`),
        (error) => !(error instanceof NoConnectionError) && !(error instanceof RangeError),
      )
  })
}

test('by Node it is known that nothing was sent where nobody listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: closed } = server.address() as AddressInfo // it listens on TCP
  await new Promise((resolve) => server.close(resolve))
  const ask = (url: string) => byNode({ url, body: '{}', signal: AbortSignal.timeout(60_000), mostBytes: 100 })
  for (const url of [`http://127.0.0.1:${closed}`, `http://localhost:${closed}`])
    await assert.rejects(ask(url), NoConnectionError, url)
})

test('by Node a packing that was not asked for is no answer', async (t) => {
  const packed = brotliCompressSync(TEXT)
  const url = await serve(t, (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(packed))
  const asked = byNode({ url, body: '{}', signal: AbortSignal.timeout(60_000), mostBytes: 1_000_000 })
  await assert.rejects(asked, /packed by gzip, or not at all, got br/)
})

test('by Node a question alone has a connection of its own, and others share one', async (t) => {
  let connections = 0
  const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')))
  server.on('connection', () => connections++)
  const url = await listen(t, server)
  const ask = (isAlone: boolean) =>
    byNode({ url, body: '{}', signal: AbortSignal.timeout(60_000), mostBytes: 100, isAlone })
  for (const isAlone of [true, true, false, false, false, true]) await ask(isAlone)
  assert.equal(connections, 4)
})

test('user and password leave the URL, whatever is in them, and path and query leave the name', () => {
  const place = placeOf('https://me:50%zz@example.org:81/key?also=key')
  assert.equal(place.address, 'https://example.org:81/key?also=key')
  assert.equal(place.name, 'https://example.org:81')
  assert.deepEqual(place.headers, { authorization: `Basic ${btoa('me:50%zz')}` })
  assert.deepEqual(placeOf('http://127.0.0.1:1/x').headers, {})
  assert.equal(placeOf('nonsense').name, 'a URL that is none')
})

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  return await listen(t, createServer(listener))
}

async function listen(t: TestContext, server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return `http://127.0.0.1:${port}`
}
