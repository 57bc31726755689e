// The HTTP below both JSON-RPC servers of a node: what readers that are asleep, in a hurry or too talkative can take of it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type HttpDeps, HttpServer } from '../../../../node/rpc/http-server.ts'
import { log } from '../../../support/rpc/serve.ts'
import { until } from '../proofs.ts'

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

/** Connections that write this and nothing more. `open` are those that have not been hung up on. */
function crowd(url: string, count: number, text = '') {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').resume()
    socket.on('error', () => undefined) // it may be hung up on
    if (text !== '') socket.write(text)
    return socket
  })
  return {
    open: () => sockets.filter((each) => !each.destroyed && !each.readableEnded).length,
    end: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const HEAD = 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n'

for (const [what, text] of [
  ['that say nothing', ''],
  ['in the middle of a header', `${HEAD}content-le`],
  ['in the middle of a body', `${HEAD}content-length: 900\r\n\r\n"`],
] as const) {
  test(`a crowd of connections ${what} is let go of, oldest first, and keeps nobody out`, async (t) => {
    let release = () => {}
    const answer = async (message: unknown) => {
      if (message !== 'waits') return message
      return await new Promise((resolve) => {
        release = () => resolve('waited')
      })
    }
    const { url, ask } = await open(t, { answer, maxConnections: 20 })
    const waits = ask('"waits"')
    const sleepers = crowd(url, 300, text)
    for (let i = 0; i < 30; i++) assert.deepEqual(await ask('"small"'), { status: 200, size: 7 })
    await until('the crowd to be let go of', async () => sleepers.open() <= 20)
    // What is being answered stays.
    release()
    assert.deepEqual(await waits, { status: 200, size: 8 })
    sleepers.end()
  })
}

test('readers that are asleep keep nobody out', async (t) => {
  const answer = async (message: unknown) => (message === 'large' ? 'x'.repeat(8 * MEGABYTE) : message)
  const { ask, asleep } = await open(t, { answer, maxConnections: 8 })
  const sleepers = Array.from({ length: 20 }, () => asleep('"large"'))
  for (let i = 0; i < 20; i++) assert.deepEqual(await ask('"small"'), { status: 200, size: 7 })
  for (const sleeper of sleepers) sleeper.destroy()
})

test('bodies that do not come to their end have a bound in all, beyond which the oldest is cut off', async (t) => {
  const { url, ask } = await open(t, { maxBodyBytes: 16 * MEGABYTE })
  const text = `${HEAD}content-length: ${15 * MEGABYTE}\r\n\r\n"${'x'.repeat(14 * MEGABYTE)}`
  const slow = crowd(url, 6, text)
  await until('those beyond the bound to be cut off', async () => slow.open() <= 2)
  const size = 10 * MEGABYTE
  assert.deepEqual(await ask(`"${'y'.repeat(size - 2)}"`), { status: 200, size })
  slow.end()
})

test('a header or a body that comes byte by byte is not waited for', async (t) => {
  const { url } = await open(t, {})
  const slowly = (before: string) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').resume()
    socket.on('error', () => undefined) // it is hung up on
    socket.write(before)
    const timer = setInterval(() => socket.write('x'), 100)
    return once(socket, 'close').finally(() => clearInterval(timer))
  }
  await Promise.all([
    slowly(HEAD),
    slowly(`${HEAD}content-length: 900\r\n\r\n`),
    slowly('G'),
    slowly('GET /').then(() => undefined),
  ])
})

test('questions that are sent without waiting for answers are not worked on', async (t) => {
  let worked = 0
  const answer = async (message: unknown) => {
    worked++
    return message
  }
  const { url, ask } = await open(t, { answer })
  const pipeline = crowd(url, 1, `${HEAD}content-length: 3\r\n\r\n"1"`.repeat(1_000))
  await until('it to be hung up on', async () => pipeline.open() === 0)
  assert(worked <= 1, `${worked}`)
  assert.deepEqual(await ask('"small"'), { status: 200, size: 7 })
})

test('a header or an address of many kilobytes is refused', async (t) => {
  const { url } = await open(t, {})
  const long = 'x'.repeat(20_000)
  assert.equal((await fetch(`${url}/${long}`, { method: 'POST' })).status, 431)
  assert.equal((await fetch(url, { method: 'POST', headers: { long } })).status, 431)
})

test('pages have the same bound of what is not fetched', async (t) => {
  let served = 0
  const page = (_: unknown, response: ServerResponse) => {
    served++
    response.end('x'.repeat(8 * MEGABYTE))
  }
  const { url } = await open(t, { page, maxUnreadBytes: 30 * MEGABYTE })
  const sleepers = Array.from({ length: 20 }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
    socket.on('error', () => undefined) // it may be hung up on
    socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    return socket
  })
  await until('the bound', async () => (await fetch(url)).status === 503)
  assert(served < 20, `${served}`)
  for (const sleeper of sleepers) sleeper.destroy()
  await until('room', async () => (await fetch(url)).status === 200)
})
