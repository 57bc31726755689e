// One remote node without a socket: answers in time, too late or never, and what is sent after the end.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import type Wire from 'bittorrent-protocol'
import { OperationError } from '../../../../node/errors.ts'
import { FairWork } from '../../../../node/network/fair-work.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../../node/network/gossip/messages.ts'
import { RemotePeer } from '../../../../node/network/gossip/peer.ts'
import type { SetIndex } from '../../../../node/network/gossip/reconcile/set-index.ts'
import { answer } from '../../../../node/network/gossip/serve.ts'
import {
  ANSWER_TIMEOUT_MS,
  BAN_FAULTS,
  KNOWN_BURST,
  KNOWN_PER_SECOND,
  MAX_QUEUED_MESSAGES,
  MAX_REMEMBERED,
  SERVED_BURST,
  SERVED_PER_SECOND,
} from '../../../../node/network/limits.ts'
import type { NetworkStore } from '../../../../node/network/store.ts'
import { type Infohash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { until } from './lab.ts'

const INFOHASH = 'ab'.repeat(20) as Infohash

/** `isBusy`: what it sends is not handled before `unblock`. */
function connect({ isBusy = false } = {}) {
  const { promise: idle, resolve: unblock } = Promise.withResolvers<void>()
  if (!isBusy) unblock()
  const sent: Message[] = []
  const events: string[] = []
  const clock = { ms: 0 }
  const wire = {
    _readableState: { buffered: 0 },
    extended: (_: string, bytes: Uint8Array) => sent.push(decodeMessage(bytes) as Message),
    destroy: () => events.push('destroyed'),
  }
  const peer = new RemotePeer(
    wire as unknown as Wire,
    { id: INFOHASH, host: '127.0.0.1', address: undefined, outgoing: false },
    {
      onMessage: async (_, message) => {
        events.push(message.type)
        if (isBusy) await idle
      },
      onClosed: () => events.push('closed'),
      onBan: (_, reason) => events.push(`banned: ${reason}`),
    },
    () => clock.ms,
    new FairWork({ share: 0.5, now: () => clock.ms }),
  )
  return { peer, sent, events, clock, wire, unblock }
}

test('a question that is never answered fails in the end, and ten of them are enough', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { peer, events } = connect()
  for (let i = 0; i < BAN_FAULTS / 10; i++) {
    assert(!peer.closed.aborted)
    const asked = peer.ask({ type: 'get', infohashes: [INFOHASH] })
    t.mock.timers.tick(ANSWER_TIMEOUT_MS)
    await assert.rejects(asked, (error) => error instanceof OperationError && /peer-(silent|closed)/.test(error.code))
  }
  assert.deepEqual(events, ['destroyed', 'closed', 'banned: it left a question unanswered'])
})

test('a question that is not answered in time fails, and may be put to others', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { peer } = connect()
  const asked = peer.ask({ type: 'get', infohashes: [INFOHASH] })
  t.mock.timers.tick(ANSWER_TIMEOUT_MS)
  await assert.rejects(asked, { code: 'peer-silent', retry: true })
})

test('faults fade', () => {
  const { peer, clock } = connect()
  for (let day = 0; day < 10; day++) {
    peer.fault(BAN_FAULTS - 1, 'it is slow')
    clock.ms += 24 * 3_600_000
  }
  assert(!peer.closed.aborted)
})

test('answers are told apart by their number, and one that comes too late is ignored', async () => {
  const { peer, sent } = connect()
  const [first, second] = [peer.ask({ type: 'count', prefix: '' }), peer.ask({ type: 'get', infohashes: [INFOHASH] })]
  const [count, get] = sent
  assert(count?.type === 'count' && get?.type === 'get')
  peer.receive(encodeMessage({ type: 'files', id: get.id, files: [new Uint8Array(2)] }))
  peer.receive(encodeMessage({ type: 'counts', id: count.id, counts: new Uint8Array(5_120) }))
  assert.deepEqual((await second).files, [new Uint8Array(2)])
  assert.equal((await first).counts.length, 5_120)
  peer.receive(encodeMessage({ type: 'counts', id: count.id, counts: new Uint8Array(5_120) }))
  assert(!peer.closed.aborted)
})

test('a part of a block has as much as fits, up to its end; any other ends the connection', async () => {
  const ask = (bytes: number, length: number) => {
    const { peer, sent } = connect()
    const asked = peer.ask({ type: 'rows', block: ZERO_HASH, from: 100_000 })
    const [rows] = sent
    assert(rows?.type === 'rows')
    peer.receive(encodeMessage({ type: 'part', id: rows.id, bytes: new Uint8Array(bytes), length }))
    return asked
  }
  for (const [bytes, length] of [
    [0, 0],
    [0, 100_000],
    [1, 100_001],
    [100_000, 200_000],
    [100_000, 8_000_000],
  ] as const)
    assert.equal((await ask(bytes, length)).length, length)
  for (const [bytes, length] of [
    [1, 0],
    [1, 100_000],
    [0, 100_001],
    [1, 100_002],
    [2, 100_001],
    [99_999, 8_000_000],
  ] as const)
    await assert.rejects(ask(bytes, length), { code: 'peer-closed' })
})

test('an answer to another question, or with something else in it, ends the connection: a bad-answer', async () => {
  const question = { type: 'get', infohashes: [INFOHASH] } as const
  const wrong = [
    { type: 'counts', counts: new Uint8Array(5_120) },
    { type: 'files', files: [] },
  ] as const
  for (const answer of wrong) {
    const { peer, sent, events } = connect()
    const asked = peer.ask(question)
    const [get] = sent
    assert(get?.type === 'get')
    peer.receive(encodeMessage({ ...answer, id: get.id }))
    await assert.rejects(asked, { code: 'peer-closed', retry: true })
    const reason = `banned: expected an answer to get, got ${answer.type} or the wrong content`
    assert.deepEqual(events, ['destroyed', 'closed', reason])
  }
})

test('after the end questions fail at once, and nothing is sent or handled', async () => {
  const { peer, sent, events } = connect()
  const open = peer.ask({ type: 'get', infohashes: [INFOHASH] })
  peer.close()
  peer.close()
  const isClosed = (error: unknown) => error instanceof OperationError && error.code === 'peer-closed' && error.retry
  await assert.rejects(open, isClosed)
  await assert.rejects(peer.ask({ type: 'get', infohashes: [INFOHASH] }), isClosed)
  peer.send({ type: 'have', infohashes: [INFOHASH] })
  peer.receive(encodeMessage({ type: 'have', infohashes: [INFOHASH] }))
  assert.deepEqual([sent.length, events], [1, ['destroyed', 'closed']])
})

test('a peer that does not take what is sent is closed', () => {
  const { peer, events, wire } = connect()
  wire._readableState.buffered = 5_000_000
  peer.send({ type: 'have', infohashes: [INFOHASH] })
  assert.deepEqual(events, ['destroyed', 'closed'])
})

test('serving beyond its share makes a peer wait for as long as the excess takes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { peer } = connect()
  await peer.serve(SERVED_BURST, () => {})
  let isServed = false
  const served = peer.serve(SERVED_PER_SECOND, () => {
    isServed = true
  })
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert(!isServed)
  t.mock.timers.tick(1)
  await served
  assert(isServed)
})

test('of questions that were answered nothing stays, however many a peer asks, and however long it waits', async (t) => {
  const { peer } = connect()
  const { promise: whole, resolve } = Promise.withResolvers<void>()
  const index = { isWhole: false, whole, sketch: { read: () => new Uint8Array() } }
  const ask = () =>
    // Symbols are read of the index, and of nothing else.
    answer({} as NetworkStore, index as unknown as SetIndex, peer, { type: 'sketch', id: 1, from: 0, most: 8 })
  const early = ask()
  resolve()
  await early
  for (let i = 0; i < 5; i++) await ask()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const served = peer.serve(SERVED_BURST + SERVED_PER_SECOND, () => {})
  t.mock.timers.tick(2_000)
  await served
  assert.equal(getEventListeners(peer.closed, 'abort').length, 0)
})

test('announcements of what is known make a peer wait once they are more than anybody has to tell', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { peer } = connect()
  await peer.chargeForKnown(KNOWN_BURST)
  let isOver = false
  const waited = peer.chargeForKnown(KNOWN_PER_SECOND).then(() => {
    isOver = true
  })
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert(!isOver)
  t.mock.timers.tick(1)
  await waited
})

test('announcements that find no room are forgotten, and questions without end are not forgiven', async () => {
  const { peer, events, unblock } = connect({ isBusy: true })
  const have = encodeMessage({ type: 'have', infohashes: [INFOHASH] })
  for (let i = 0; i < MAX_QUEUED_MESSAGES + 100; i++) peer.receive(have)
  await until(() => events.length === 1, 'the first is handled')
  unblock()
  await until(() => events.length === MAX_QUEUED_MESSAGES + 1, 'the queue was handled')
  assert(!peer.closed.aborted)
  const other = connect({ isBusy: true })
  for (let id = 0; id <= MAX_QUEUED_MESSAGES + 1; id++) {
    assert(!other.peer.closed.aborted)
    other.peer.receive(encodeMessage({ type: 'count', id, prefix: '' }))
  }
  assert.equal(other.events.at(-1), 'banned: it sends faster than it can be served')
})

test('a message that begins and ends like an announcement and is none gets its sender banned', async () => {
  const { peer, events } = connect()
  peer.receive(Buffer.from('d10:infohashesi5e4:type4:havee'))
  await until(() => peer.closed.aborted, 'it is closed')
  assert.match(events.at(-1) ?? '', /^banned: expected a torrenttx message/)
})

test('only the newest of what a peer has is remembered, at least as many as it may wait for', () => {
  const { peer } = connect()
  const infohash = (n: number) => n.toString(16).padStart(40, '0') as Infohash
  for (let n = 0; n <= 2 * MAX_REMEMBERED; n++) peer.remember(infohash(n))
  assert(!peer.remembers(infohash(0)) && peer.remembers(infohash(MAX_REMEMBERED + 1)))
  assert(peer.remembers(infohash(2 * MAX_REMEMBERED)))
})
