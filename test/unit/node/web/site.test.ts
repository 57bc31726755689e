// The page of a node over HTTP: what is served and with which guards, who may call the RPC from a browser, and who hears of changes.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as ask } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { RpcServer } from '../../../../node/rpc/server.ts'
import { Changes } from '../../../../node/web/changes.ts'
import { readSite, serveSite } from '../../../../node/web/site.ts'
import { log } from '../../../support/rpc/serve.ts'

const SCRIPT = 'console.log("the page")\n'.repeat(100)

async function serve(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-site-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(folder, 'assets/main-abc.js'), SCRIPT)
  await writeFile(join(folder, 'assets/main-abc.js.gz'), gzipSync(SCRIPT))
  await writeFile(join(folder, 'inputs.json'), 'not for a browser')
  const files = await readSite(folder)
  const changes = new Changes()
  const server = new RpcServer(
    { methods: {}, handlers: {}, log, page: (...both) => serveSite({ files, changes }, ...both) },
    { port: 0 },
  )
  t.after(async () => {
    changes.stop()
    await server.stop()
  })
  return { url: await server.start(), changes }
}

type Headers = Readonly<Record<string, string>>

/** With whatever headers, also those that `fetch` does not let one set. */
async function get(url: string, path: string, headers: Headers = {}, method = 'GET', body?: string) {
  const { hostname, port } = new URL(url)
  return await new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: string }>(
    (resolve, reject) => {
      const request = ask({ hostname, port, path, method, headers, agent: false }, (response) => {
        text(response).then(
          (all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all }),
          reject,
        )
      })
      request.on('error', reject).end(body)
    },
  )
}

test('every path without a file name is a view of the page; files are served as they are, and nothing else of the disk is', async (t) => {
  const { url } = await serve(t)
  for (const path of ['/', '/tx/770998b893d30468ce6d1ce0eecad3eb6073da92', '/pay?to=0x00', '/no/such/view']) {
    const { status, body, headers } = await get(url, path)
    assert.deepEqual([status, body], [200, '<!doctype html><title>page</title>'], path)
    assert.equal(headers['cache-control'], 'no-cache')
  }
  const script = await get(url, '/assets/main-abc.js')
  assert.equal(script.body, SCRIPT)
  assert.match(`${script.headers['cache-control']}`, /immutable/)
  for (const path of [
    '/inputs.json',
    '/assets/none.js',
    '/../package.json',
    '/%2e%2e/package.json',
    '//etc/passwd.txt',
  ])
    assert.equal((await get(url, path)).status, 404, path)
})

test('what a browser can unpack goes out packed, and a HEAD has no body', async (t) => {
  const { url } = await serve(t)
  const packed = await get(url, '/assets/main-abc.js', { 'accept-encoding': 'br, gzip' })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal(Number(packed.headers['content-length']), gzipSync(SCRIPT).length)
  const head = await get(url, '/assets/main-abc.js', {}, 'HEAD')
  assert.deepEqual([head.status, head.body, Number(head.headers['content-length'])], [200, '', SCRIPT.length])
})

test('every answer forbids all that is not of the page itself', async (t) => {
  const { url } = await serve(t)
  for (const path of ['/', '/assets/main-abc.js', '/none.js']) {
    const { headers } = await get(url, path)
    const policy = `${headers['content-security-policy']}`
    for (const rule of [
      "default-src 'none'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      assert(policy.includes(rule), `${path}: ${rule}`)
    assert(!/unsafe|https?:/.test(policy), policy)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
  }
})

test('a name that resolves to this machine gets nothing: neither the page, nor changes, nor calls', async (t) => {
  const { url } = await serve(t)
  for (const host of ['rebound.example', 'localhost.example', '127.0.0.1.example'])
    for (const path of ['/', '/events', '/assets/main-abc.js'])
      assert.equal((await get(url, path, { host })).status, 403)
})

test('the page may call the RPC, and no page of others may, not even one of another port of this machine', async (t) => {
  const { url } = await serve(t)
  const call = '{"jsonrpc":"2.0","id":1,"method":"none"}'
  const json = { 'content-type': 'application/json' }
  const from = async (origin: string) => (await get(url, '/', { ...json, origin }, 'POST', call)).status
  assert.equal(await from(url), 200)
  assert.equal((await get(url, '/', json, 'POST', call)).status, 200)
  for (const origin of [
    'http://127.0.0.1:1',
    'http://localhost',
    'https://evil.example',
    'null',
    url.replace('http', 'https'),
    `${url}.evil.example`,
  ])
    assert.equal(await from(origin), 403, origin)
  assert.equal((await get(url, '/', { ...json, origin: url }, 'PUT', call)).status, 405)
})

test('the page hears of changes, gathered; other pages and too many listeners do not', async (t) => {
  const { url, changes } = await serve(t)
  assert.equal((await get(url, '/events', { 'sec-fetch-site': 'cross-site' })).status, 403)
  // Browsers tell other machines on the same network nothing but the origin.
  assert.equal((await get(url, '/events', { origin: 'https://evil.example' })).status, 403)
  // It would never end.
  assert.equal((await get(url, '/events', {}, 'HEAD')).status, 405)
  const stop = new AbortController()
  const response = await fetch(`${url}/events`, { signal: stop.signal })
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  const next = async (pattern: RegExp) => {
    while (!pattern.test(heard)) heard += (await reader?.read())?.value ?? assert.fail('the stream ended')
  }
  await next(/^retry: \d+\n\n/)
  for (let i = 0; i < 100; i++) changes.note(i % 2 === 0 ? 'transactions' : 'bridge')
  await next(/data: \["transactions","bridge"\]\n\n/)
  changes.note('bridge')
  await next(/data: \["bridge"\]\n\n$/)
  const others = await Promise.all(Array.from({ length: 32 }, () => fetch(`${url}/events`, { signal: stop.signal })))
  assert.deepEqual(others.map(({ status }) => status).toSorted(), [...Array.from({ length: 31 }, () => 200), 503])
  stop.abort()
})

test('a service worker that another program left at this address is replaced by one that goes away', async (t) => {
  const { url } = await serve(t)
  for (const path of ['/sw.js', '/', '/assets/main-abc.js']) {
    const { status, headers, body } = await get(url, path, { 'service-worker': 'script' })
    assert.deepEqual([status, headers['content-type']], [200, 'text/javascript; charset=utf-8'], path)
    assert.match(body, /registration\.unregister\(\)/)
  }
})
