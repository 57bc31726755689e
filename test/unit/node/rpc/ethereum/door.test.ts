// Who may ask the Ethereum-compatible RPC: programs, wallets in browsers and the node's own pages; no other page, by whatever name it came.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { open } from './scene.ts'

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
const EXTENSION = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn'

/** `fetch` would not send such headers. */
async function ask(url: string, method: string, headers: Record<string, string>, body = '') {
  const sent = request(url, { method, headers, agent: false })
  sent.end(body)
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  return { status: response.statusCode as number, headers: response.headers as Record<string, string> }
}

const post = (url: string, headers: Record<string, string>) =>
  ask(url, 'POST', { 'content-type': 'application/json', ...headers }, CALL)

test('programs and extensions are answered, with the headers that browsers want', async (t) => {
  const { url } = await open(t)
  const program = await post(url, {})
  assert.deepEqual([program.status, program.headers['access-control-allow-origin']], [200, undefined])
  const own = new URL(url).origin
  for (const origin of [
    EXTENSION,
    'moz-extension://1b9a3c2e-4d5f-4a6b-8c7d-9e0f1a2b3c4d',
    own,
    'http://127.0.0.1:7650',
  ]) {
    const { status, headers } = await post(url, { origin })
    assert.deepEqual([status, headers['access-control-allow-origin'], headers['vary']], [200, origin, 'origin'], origin)
  }
})

test('pages are refused, whatever they call themselves', async (t) => {
  const { url } = await open(t)
  const { port } = new URL(url)
  for (const origin of [
    'null',
    '',
    'https://evil.example',
    'http://localhost:1',
    `https://127.0.0.1:${port}`,
    'chrome-extension://',
    'chrome-extension://a.evil.example/x',
    'xchrome-extension://abc',
    'https://chrome-extension://abc',
    'moz-extension://abc evil',
    'file://',
    'http://127.0.0.1:7650.evil.example',
  ]) {
    const { status, headers } = await post(url, { origin })
    assert.equal(status, 403, origin)
    assert.equal(headers['access-control-allow-origin'], undefined)
    const preflight = await ask(url, 'OPTIONS', { origin, 'access-control-request-method': 'POST' })
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [403, undefined], origin)
  }
})

test('a name that a stranger points here is refused, also with the origin that fits it', async (t) => {
  const { url } = await open(t)
  const { port } = new URL(url)
  for (const host of [`evil.example:${port}`, 'evil.example', `127.0.0.1.evil.example:${port}`, 'localhost.']) {
    assert.equal((await post(url, { host })).status, 403, host)
    assert.equal((await post(url, { host, origin: `http://${host}` })).status, 403, host)
    const preflight = await ask(url, 'OPTIONS', { host, origin: EXTENSION })
    assert.equal(preflight.status, 403, host)
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, '127.0.0.1'])
    assert.equal((await post(url, { host, origin: `http://${host}` })).status, 200, host)
})

test('a request without the name of a host is refused', async (t) => {
  const { url } = await open(t)
  for (const [version, status] of [
    ['1.0', 403],
    ['1.1', 400],
  ]) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      `POST / HTTP/${version}\r\ncontent-type: application/json\r\ncontent-length: ${CALL.length}\r\n\r\n${CALL}`,
    )
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), new RegExp(`^HTTP/1\\.1 ${status} `))
    socket.destroy()
  }
})

test('a preflight is answered, for private networks too', async (t) => {
  const { url } = await open(t)
  const asked = {
    ...{ origin: EXTENSION, 'access-control-request-method': 'POST' },
    'access-control-request-headers': 'content-type',
  }
  const { status, headers } = await ask(url, 'OPTIONS', asked)
  assert.equal(status, 204)
  assert.deepEqual(
    [
      headers['access-control-allow-origin'],
      headers['access-control-allow-methods'],
      headers['access-control-allow-headers'],
      headers['access-control-allow-private-network'],
    ],
    [EXTENSION, 'POST', 'content-type', undefined],
  )
  const fromOutside = await ask(url, 'OPTIONS', { ...asked, 'access-control-request-private-network': 'true' })
  assert.equal(fromOutside.headers['access-control-allow-private-network'], 'true')
  const plain = await ask(url, 'OPTIONS', {})
  assert.deepEqual([plain.status, plain.headers['allow']], [204, 'POST, OPTIONS'])
})

test('nothing but posts of JSON is read', async (t) => {
  const { url } = await open(t)
  for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) assert.equal((await ask(url, method, {})).status, 405, method)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
    assert.equal((await post(url, { 'content-type': type })).status, 415, type)
  assert.equal((await post(url, { 'content-type': 'application/json; charset=utf-8' })).status, 200)
})
