// Readers of the feed that do not read, or that ask for all of it at once.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FeedStream } from '../../../../node/feed/stream.ts'
import type { FeedEvent } from '../../../../node/ledger/feed/events.ts'
import { feedHandlers } from '../../../../node/rpc/handlers/feed.ts'
import { until } from '../proofs.ts'

const READERS = 16

/** A feed without end, of events of some kilobytes, which counts what is read of it. */
function longFeed() {
  const counts = { read: 0, running: 0, most: 0 }
  const event = (sequence: number) =>
    ({ sequence, epoch: 1, kind: 'transaction', infohash: 'ab'.repeat(20), file: 'x'.repeat(4_000) }) as FeedEvent
  const read = async ({ after, limit }: { after: number; limit: number }) => {
    counts.most = Math.max(counts.most, ++counts.running)
    await setImmediate()
    counts.running--
    counts.read += limit
    return { events: Array.from({ length: limit }, (_, i) => event(after + i + 1)), newest: 10 ** 9 }
  }
  return { counts, read, subscribe: () => () => {}, snapshot: async () => assert.fail() }
}

test('readers that do not read cost one page each, and one more is refused', async (t) => {
  const { feed, ask } = await crowded(t, 600_000)
  assert.equal(await ask(), 503)
  // What the system takes off our hands is a page or two.
  assert(feed.counts.read <= READERS * 10_000, `${feed.counts.read}`)
})

test('readers that do not read leave their places to others', async (t) => {
  const { ask } = await crowded(t, 500)
  await until('a place', async () => (await ask()) === 200)
})

/** As many readers as have places, none of which reads anything. */
async function crowded(t: TestContext, unreadMs: number) {
  const feed = longFeed()
  const stream = new FeedStream(feed, unreadMs)
  let served = 0
  const server = createServer((request, response) => {
    served++
    stream.serve(request, response, {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // of TCP
  const sleepers = Array.from({ length: READERS }, () => {
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => undefined) // it is hung up on
    socket.write('GET /feed HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    return socket
  })
  t.after(() => {
    for (const sleeper of sleepers) sleeper.destroy()
    server.closeAllConnections()
    server.close()
  })
  const ask = async () => {
    const stop = new AbortController()
    const { status } = await fetch(`http://127.0.0.1:${port}/feed`, { signal: stop.signal })
    stop.abort()
    return status
  }
  await until('all places to be taken', () => served === READERS)
  return { feed, ask }
}

test('pages of the feed are made one after another, however many ask', async () => {
  const feed = longFeed()
  const { feed_read } = feedHandlers({ feed })
  await Promise.all(Array.from({ length: 50 }, (_, after) => feed_read({ after, limit: 10 })))
  assert.equal(feed.counts.most, 1)
})
