// The HTTP below both JSON-RPC servers of a node: what readers that are asleep, in a hurry or too talkative can take of it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type HttpDeps, HttpServer } from '../../../../node/rpc/http-server.ts'
import { log } from '../../../support/rpc/serve.ts'

const MEGABYTE = 2 ** 20

async function open(t: TestContext, deps: Partial<HttpDeps>) {
  const bounds = { maxBodyBytes: 1_000, maxConnections: 100, maxIdleMs: 0, maxUnreadBytes: Infinity }
  const answer = async (message: unknown) => message
  const server = new HttpServer({ log, door: () => ({}), answer, ...bounds, ...deps }, { port: 0 })
  t.after(() => server.stop())
  const url = await server.start()
  const ask = async (body: string) => {
    const response = await fetch(url, { method: 'POST', body })
    return { status: response.status, size: (await response.text()).length }
  }
  /** A connection on which a question was written, whose answer nobody reads. */
  const asleep = (body: string) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
    socket.on('error', () => undefined) // it may be hung up on
    socket.write(`POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    return socket
  }
  return { url, ask, asleep }
}

test('answers that nobody fetches have a bound in all, within which small ones are sent', async (t) => {
  const { promise: isAsked, resolve } = Promise.withResolvers<void>()
  const answer = async (message: unknown) => {
    if (message !== 'large') return message
    // More than the system takes off our hands.
    setImmediate(resolve)
    return 'x'.repeat(20 * MEGABYTE)
  }
  const { ask, asleep } = await open(t, { answer, maxUnreadBytes: 30 * MEGABYTE })
  const sleeper = asleep('"large"')
  await isAsked
  await assert.rejects(ask('"large"'))
  assert.deepEqual(await ask('"small"'), { status: 200, size: 7 })
  sleeper.destroy()
  await assert.doesNotReject(async () => {
    for (;;) if (await ask('"large"').catch(() => undefined)) return
  })
})

test('a connection on which nothing moves is ended', async (t) => {
  const { url } = await open(t, { maxIdleMs: 100 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.resume()
  await once(socket, 'close')
})

test('what comes after a request that was too long is answered', async (t) => {
  const { ask } = await open(t, {})
  const tooLong = await ask(`"${'x'.repeat(100_000)}"`).catch(() => ({ status: 413 }))
  assert.equal(tooLong.status, 413)
  assert.deepEqual(await ask('"small"'), { status: 200, size: 7 })
})
