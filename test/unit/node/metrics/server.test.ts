// The server of metrics among those who mean it harm: pages, floods, slow readers, and a second process.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Gauge, Registry } from 'prom-client'
import { addFigures } from '../../../../node/metrics/figures.ts'
import { MetricsServer } from '../../../../node/metrics/server.ts'
import { log } from '../../../support/log.ts'
import { fetchText, parseSamples } from '../../../support/scrape.ts'

const HOST = '127.0.0.1'

async function openServer(t: TestContext) {
  const registry = new Registry()
  const counts = { reads: 0 }
  addFigures(registry, () => ++counts.reads, [{ name: 'ttx_reads', help: 'Reads', of: (reads) => reads }])
  const clock = { ms: 0 }
  const deps = { registry, log, sick: () => [], unready: () => [], now: () => clock.ms }
  const server = new MetricsServer(deps, { host: HOST, port: 0 })
  const url = await server.start()
  t.after(() => server.stop())
  return { registry, server, url, counts, clock, port: Number(new URL(url).port) }
}

async function dial(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, HOST)
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  return text
}

test('it answers three paths, to GET and HEAD', async (t) => {
  const { url, port } = await openServer(t)
  assert.match((await fetchText(`${url}/metrics`)).body, /^ttx_reads 1$/m)
  assert.deepEqual(await fetchText(`${url}/health?x=1`), { status: 200, body: '{"ok":true,"reasons":[]}\n' })
  assert.equal((await fetchText(`${url}/ready`)).status, 200)
  assert.equal((await fetchText(`${url}/`)).status, 404)
  for (const [method, first] of [
    ['HEAD', 'HTTP/1.1 200 OK'],
    ['POST', 'HTTP/1.1 405 Method Not Allowed'],
  ] as const) {
    const socket = await dial(t, port)
    socket.write(`${method} /health HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 0\r\n\r\n`)
    assert.equal((await readAll(socket)).split('\r\n', 1)[0], first)
  }
})

test('web pages are refused, whatever they call this machine', async (t) => {
  const { url, counts } = await openServer(t)
  for (const headers of [
    { host: 'metrics.attacker.example' },
    { host: 'localhost.attacker.example:9765' },
    { origin: 'https://attacker.example' },
    { origin: 'null' },
  ])
    for (const path of ['/metrics', '/health', '/ready'])
      assert.equal((await fetchText(`${url}${path}`, headers)).status, 403, JSON.stringify(headers))
  assert.equal(counts.reads, 0)
  for (const host of ['localhost:9765', '127.0.0.1', '[::1]:9765', '172.30.76.10:9765'])
    assert.equal((await fetchText(`${url}/metrics`, { host })).status, 200, host)
})

test('a flood of scrapes reads the figures once a second', async (t) => {
  const { url, counts, clock } = await openServer(t)
  for (let i = 0; i < 5; i++) {
    const replies = await Promise.all(Array.from({ length: 40 }, () => fetchText(`${url}/metrics`)))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  }
  assert.equal(counts.reads, 1)
  clock.ms += 1_000
  await fetchText(`${url}/metrics`)
  assert.equal(counts.reads, 2)
})

test('requests in one piece get one answer, and a connection one request', async (t) => {
  const { port, counts } = await openServer(t)
  const socket = await dial(t, port)
  socket.write(`GET /metrics HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`.repeat(500))
  const text = await readAll(socket)
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 1)
  assert.match(text, /connection: close/i)
  assert.equal(counts.reads, 1)
})

test('connections that say nothing keep nobody out', async (t) => {
  const { url, port } = await openServer(t)
  const idle: Socket[] = []
  for (let i = 0; i < 200; i++) idle.push(await dial(t, port))
  assert.equal((await fetchText(`${url}/metrics`)).status, 200)
  // The oldest went, so that no more than 64 are open.
  await delay(0)
  while (idle.filter(({ closed }) => !closed).length > 64) await delay(10)
})

test('a connection lives for a quarter of a minute, whatever it does', async (t) => {
  const { port } = await openServer(t)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const slow = await dial(t, port)
  slow.write('GET /metrics HTTP/1.1\r\n')
  // Its connection is known to the server once a later one was answered.
  await readAll((await dial(t, port)).end(`GET /health HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`))
  t.mock.timers.tick(14_999)
  assert.equal(slow.closed, false)
  t.mock.timers.tick(1)
  await once(slow, 'close')
})

test('one that reads nothing of a long answer is dropped with the server, which does not wait for it', async (t) => {
  const { server, registry, port } = await openServer(t)
  const big = new Gauge({ name: 'ttx_big', help: 'Big', labelNames: ['n'], registers: [registry] })
  for (let i = 0; i < 100_000; i++) big.set({ n: `${i}`.padStart(80, '0') }, i)
  const socket = await dial(t, port)
  socket.pause()
  socket.write(`GET /metrics HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)
  await once(socket, 'readable')
  await server.stop()
  socket.resume()
  await once(socket, 'close')
  await server.stop()
})

test('a second process on the same port is told so, and a host that is not here too', async (t) => {
  const { registry, port } = await openServer(t)
  const deps = { registry, log, sick: () => [], unready: () => [] }
  await assert.rejects(new MetricsServer(deps, { host: HOST, port }).start(), {
    code: 'port-in-use',
    message: new RegExp(
      `^expected to listen for metrics \\(--metrics\\) on ${HOST}:${port}, got: the port is in use; stop what uses it`,
    ),
  })
  await assert.rejects(new MetricsServer(deps, { host: '192.0.2.1', port: 0 }).start(), { code: 'cannot-listen' })
})

test('what an endpoint calls itself stays one label', async (t) => {
  const { registry, url } = await openServer(t)
  const name = 'evil"} 1\nttx_ready 1\n#\\'
  addFigures(registry, () => 0, [
    { name: 'ttx_answers', help: 'Answers', labels: ['endpoint'], of: () => [[{ endpoint: name }, 0]] },
  ])
  const samples = parseSamples((await fetchText(`${url}/metrics`)).body)
  assert.deepEqual([...samples.keys()], ['ttx_reads', 'ttx_answers{endpoint="evil\\"} 1\\nttx_ready 1\\n#\\\\"}'])
})
