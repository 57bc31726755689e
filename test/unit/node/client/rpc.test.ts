// The client of a node whose URL holds a password and a key: both go to the node, and to nobody who reads an error.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createNodeClient } from '../../../../node/client/rpc.ts'

test('user and password of a URL are sent as basic authentication, and no error names them or the path', async (t) => {
  const heard: (string | undefined)[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization, request.url)
    response.writeHead(401).end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const secret = /päss|p%C3%A4ss|KEY77/
  const client = createNodeClient(`http://me:p%C3%A4ss@127.0.0.1:${port}/KEY77?k=KEY77`)
  assert.equal(client.url, `http://127.0.0.1:${port}`)
  await assert.rejects(client.call('node_info', {}), (error: Error) => {
    assert.match(error.message, /HTTP 401/)
    assert.doesNotMatch(inspect(error), secret)
    return true
  })
  assert.deepEqual(heard, [`Basic ${Buffer.from('me:päss').toString('base64')}`, '/KEY77?k=KEY77'])

  server.close()
  const silent = createNodeClient('http://me:p%C3%A4ss@127.0.0.1:9/KEY77')
  await assert.rejects(silent.call('node_info', {}), (error: Error) => {
    assert.ok('code' in error && error.code === 'node-unreachable')
    assert.match(error.message, /http:\/\/127\.0\.0\.1:9:/)
    assert.doesNotMatch(inspect(error), secret)
    return true
  })
})

test('a password with a percent sign that begins no escape is sent as it stands', async (t) => {
  const heard: unknown[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization)
    response.writeHead(401).end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  for (const password of ['50%', '%zz', '%e4']) {
    const client = createNodeClient(`http://me:${password}@127.0.0.1:${port}`)
    await assert.rejects(client.call('node_info', {}), /HTTP 401/)
    assert.equal(heard.at(-1), `Basic ${Buffer.from(`me:${password}`).toString('base64')}`)
  }
})

test('each call has a connection of its own: none is kept that the node could close while a call is on its way', async (t) => {
  let connections = 0
  const server = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1')
  server.on('connection', () => connections++)
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const client = createNodeClient(`http://127.0.0.1:${port}`)
  for (const expected of [1, 2, 3]) {
    await assert.rejects(client.call('node_info', {}), /HTTP 401/)
    assert.equal(connections, expected)
  }
})

test('why no answer came is said: no connection, cut, too late, or not waited for', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/cut') response.destroy()
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': 100 })
      response.write('{"jsonrpc":', () => response.destroy())
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const ended = new AbortController()
  const problemOf = async (path: string, timeoutMs?: number, signal?: AbortSignal) => {
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    const call = createNodeClient(`http://127.0.0.1:${port}${path}`, options).call('node_info', {}, signal)
    return await call.then(
      () => assert.fail('there is no answer'),
      ({ code, facts, message }) => {
        assert.equal(code, 'node-unreachable')
        assert.equal(/start one/.test(message), facts.problem === 'no-connection', message)
        return facts.problem
      },
    )
  }
  assert.equal(await problemOf('/cut'), 'cut')
  assert.equal(await problemOf('/half'), 'cut')
  assert.equal(await problemOf('/silent', 50), 'timeout')
  ended.abort()
  assert.equal(await problemOf('/silent', 60_000, ended.signal), 'ended')
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await problemOf('/'), 'no-connection')
})

test('an endpoint of Ethereum that is named as the node is told apart', async (t) => {
  const server = createServer((_, response) => {
    response.end('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  await assert.rejects(createNodeClient(`http://127.0.0.1:${port}`).call('node_info', {}), (error: Error) => {
    assert.ok('code' in error && error.code === 'bad-answer')
    assert.match(error.message, /no method node_info.*endpoint of Ethereum.*--node/)
    return true
  })
})
