// Whom announced transactions are asked of: first the best, soon others too, and never one peer alone for long. Time is mocked.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type Wire from 'bittorrent-protocol'
import { FairWork } from '../../../../node/network/fair-work.ts'
import { Fetcher } from '../../../../node/network/gossip/fetcher.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../../node/network/gossip/messages.ts'
import { RemotePeer } from '../../../../node/network/gossip/peer.ts'
import { ASK_MORE_MS, FAILED_WAIT_MS, NEWCOMER_WAIT_MS, PATIENCE_MS } from '../../../../node/network/limits.ts'
import { Running } from '../../../../node/network/running.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { SILENT } from './lab.ts'
import { MemoryStore, testFile } from './memory-store.ts'

const A_LITTLE_MS = 30

function scene(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = { ms: 0 }
  const now = () => clock.ms
  const store = new MemoryStore()
  const peers: RemotePeer[] = []
  const work = () => new FairWork({ share: 0.5, now, rest: async () => {} })
  const [announced, files] = [work(), work()]
  const deps = { store, log: SILENT, now, running: new Running(), peers: () => peers, announced, files }
  const fetcher = new Fetcher({ ...deps, onMissing: (peer, missing) => fetcher.wantAncestors(peer, missing) })
  const connect = (id: string, outgoing = false) => {
    const sent: Message[] = []
    const wire = {
      _readableState: { buffered: 0 },
      extended: (_: string, bytes: Uint8Array) => sent.push(decodeMessage(bytes) as Message),
      destroy: () => {},
    }
    const handlers = {
      onMessage: async (_: RemotePeer, message: Message) => {
        if (message.type === 'have') await fetcher.announced(peer, message.infohashes)
      },
      onClosed: () => {
        peers.splice(peers.indexOf(peer), 1)
        fetcher.removePeer(peer)
      },
      onBan: () => {},
    }
    const hello = { id: id.repeat(40).slice(0, 40), host: '127.0.0.1', address: undefined, outgoing }
    const peer = new RemotePeer(wire as unknown as Wire, hello, handlers, now, announced)
    peers.push(peer)
    const asked = () => sent.flatMap((message) => (message.type === 'get' ? [message] : []))
    return {
      peer,
      asked,
      announce: async (...all: readonly Uint8Array[]) => {
        peer.receive(encodeMessage({ type: 'have', infohashes: all.map((file) => infohashOf(file)) }))
        await settled()
      },
      /** To the last question. */
      answer: async (...all: readonly Uint8Array[]) => {
        const id = asked().at(-1)?.id
        assert(id !== undefined, 'it was asked')
        peer.receive(encodeMessage({ type: 'files', id, files: all }))
        await settled()
      },
    }
  }
  const pass = async (ms: number) => {
    clock.ms += ms
    t.mock.timers.tick(ms)
    await settled()
  }
  return { store, fetcher, connect, pass }
}

/** Everything that waits for nothing but its turn has had it. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('who announced second is asked when the first takes more than a second, and the first answer counts', async (t) => {
  const { store, fetcher, connect, pass } = scene(t)
  const [slow, other] = [connect('a'), connect('b')]
  const file = testFile('wanted')
  await slow.announce(file)
  await other.announce(file)
  assert.deepEqual([slow.asked().length, other.asked().length], [1, 0])
  await pass(PATIENCE_MS - 1)
  assert.equal(other.asked().length, 0)
  await pass(A_LITTLE_MS)
  assert.equal(other.asked().length, 1)
  await other.answer(file)
  assert(store.has(infohashOf(file)))
  assert.equal(fetcher.wanted, 0)
  await slow.answer(file)
  assert.deepEqual(store.received, [infohashOf(file)], 'the second answer is not judged again')
  assert.deepEqual([other.peer.standing.grade, slow.peer.standing.grade], ['proven', 'failing'])
  assert(!slow.peer.closed.aborted, 'whoever was only slow is not punished otherwise')
})

test('five spies that announce first and say nothing delay a payment by less than two seconds, and the next not at all', async (t) => {
  const { store, connect, pass } = scene(t)
  const spies = ['a', 'b', 'c', 'd', 'e'].map((id) => connect(id))
  const honest = connect('f')
  const first = testFile('first')
  for (const spy of spies) await spy.announce(first)
  await honest.announce(first)
  let waitedMs = 0
  for (; honest.asked().length === 0 && waitedMs < 20_000; waitedMs += A_LITTLE_MS) await pass(A_LITTLE_MS)
  assert(waitedMs <= PATIENCE_MS + 2 * ASK_MORE_MS + 4 * A_LITTLE_MS, `it took ${waitedMs} ms`)
  await honest.answer(first)
  assert(store.has(infohashOf(first)))
  for (const spy of spies.filter((each) => each.asked().length > 0)) await spy.answer(new Uint8Array())
  for (const label of ['second', 'third', 'fourth']) {
    const next = testFile(label)
    const before = spies.map((spy) => spy.asked().length)
    for (const spy of spies) await spy.announce(next)
    await honest.announce(next)
    await honest.answer(next)
    assert(store.has(infohashOf(next)))
    assert.deepEqual(
      spies.map((spy) => spy.asked().length),
      before,
    )
  }
})

test('a newcomer is asked after a moment if nobody better announces the same, and one that failed after a second', async (t) => {
  const { store, connect, pass } = scene(t)
  const [proven, newcomer, failed] = [connect('a'), connect('b'), connect('c')]
  proven.peer.standing.delivered()
  failed.peer.standing.failed()
  const [one, two] = [testFile('one'), testFile('two')]
  await newcomer.announce(one)
  await failed.announce(two)
  assert.deepEqual([newcomer.asked().length, failed.asked().length], [0, 0])
  await pass(NEWCOMER_WAIT_MS)
  assert.deepEqual([newcomer.asked().length, failed.asked().length], [1, 0])
  await newcomer.answer(one)
  await pass(FAILED_WAIT_MS - NEWCOMER_WAIT_MS)
  await failed.answer(two)
  assert(store.has(infohashOf(one)) && store.has(infohashOf(two)))
})

test('where all peers failed nobody waits for a better one', async (t) => {
  const { connect } = scene(t)
  const only = connect('a')
  only.peer.standing.failed()
  await only.announce(testFile('wanted'))
  assert.equal(only.asked().length, 1)
})

test('a peer from which much is fetched may take longer, and deliveries in time make up for a failure', async (t) => {
  const { connect, pass } = scene(t)
  const [busy, other] = [connect('a'), connect('b')]
  const files = Array.from({ length: 100 }, (_, i) => testFile(`file ${i}`))
  await busy.announce(...files)
  await other.announce(...files)
  await pass(PATIENCE_MS + A_LITTLE_MS)
  assert.equal(other.asked().length, 0)
  await busy.answer(...files)
  assert.equal(busy.peer.standing.grade, 'proven')
  busy.peer.standing.failed()
  for (let i = 0; i < 3; i++) busy.peer.standing.delivered()
  assert.equal(busy.peer.standing.grade, 'proven')
})

test('an honest peer that lost what it had announced is not banned, however much it was', async (t) => {
  const { connect, fetcher } = scene(t)
  const behind = connect('a')
  const files = Array.from({ length: 300 }, (_, i) => testFile(`gone ${i}`))
  await behind.announce(...files)
  for (const { id, infohashes } of behind.asked()) {
    behind.peer.receive(encodeMessage({ type: 'files', id, files: infohashes.map(() => new Uint8Array()) }))
  }
  await settled()
  assert(!behind.peer.closed.aborted)
  assert.equal(behind.peer.standing.grade, 'failing')
  assert.equal(fetcher.wanted, 0)
})

test('a peer that is gone leaves nothing that waits, nor what it announced a moment ago', async (t) => {
  const { connect, fetcher, pass } = scene(t)
  const [proven, newcomer] = [connect('a'), connect('b')]
  proven.peer.standing.delivered()
  await newcomer.announce(testFile('wanted'))
  newcomer.peer.close()
  await pass(NEWCOMER_WAIT_MS)
  assert.deepEqual([fetcher.wanted, newcomer.asked().length], [0, 0])
})
