// When two nodes are compared, and which of them asks: with peers that answer from a sketch, and a clock that the test moves.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { OperationError } from '../../../../../node/errors.ts'
import type { RemotePeer } from '../../../../../node/network/gossip/peer.ts'
import { Buckets } from '../../../../../node/network/gossip/reconcile/buckets.ts'
import { Comparer } from '../../../../../node/network/gossip/reconcile/comparer.ts'
import { SetIndex } from '../../../../../node/network/gossip/reconcile/set-index.ts'
import { Sketch } from '../../../../../node/network/gossip/reconcile/sketch.ts'
import { Running } from '../../../../../node/network/running.ts'
import { SecretIndex } from '../../../../../node/network/torrent/secret-index.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../../node/protocol/infohash.ts'
import { SILENT } from '../lab.ts'
import { MemoryStore, testFile } from '../memory-store.ts'

/** A node with `here` beside genesis, and a peer with `there`; `isSilent`: it knows no symbols. */
async function scene(here: readonly string[], there: readonly string[], { isSilent = false } = {}) {
  const [store, theirs] = [new MemoryStore(), new MemoryStore()]
  store.add(...here.map((label) => testFile(label)))
  theirs.add(...there.map((label) => testFile(label)))
  const clock = { ms: 0 }
  const asked: string[] = []
  const [wanted, told]: [Infohash[], Infohash[]] = [[], []]
  const answer = ({ type, from, most, prefix }: { type: string; from: number; most: number; prefix: string }) => {
    asked.push(type)
    const sketch = new Sketch()
    const buckets = new Buckets()
    for (const infohash of theirs.files.keys()) {
      sketch.toggle(infohash)
      buckets.add(infohash)
    }
    if (type === 'sketch' && isSilent) throw new OperationError('peer-silent', 'it says nothing', { retry: true })
    if (type === 'sketch') return { symbols: sketch.read({}, from, most) }
    if (type === 'count') return { counts: buckets.encodeCounts(prefix) }
    return {
      infohashes: [...theirs.files.keys()].filter((infohash) => infohash.startsWith(prefix)).sort(),
      more: false,
    }
  }
  const remembered = new Set<Infohash>()
  const peer = {
    key: 'peer',
    summary: theirs.summary(),
    closed: new AbortController().signal,
    ask: async (question: Parameters<typeof answer>[0]) => answer(question),
    send: ({ infohashes }: { infohashes: readonly Infohash[] }) => told.push(...infohashes),
    serve: async (_: number, job: () => unknown) => job(),
    fault: () => {},
    remembers: (infohash: Infohash) => remembered.has(infohash),
    remember: (infohash: Infohash) => remembered.add(infohash),
  } as unknown as RemotePeer // as much of one as a comparison needs
  const index = new SetIndex(store, new SecretIndex())
  await index.start(() => {}, peer.closed).done
  const known = new Set<Infohash>()
  const want = (_: RemotePeer, infohashes: readonly Infohash[]) => {
    const fresh = infohashes.filter((infohash) => !store.has(infohash) && !known.has(infohash))
    for (const infohash of fresh) known.add(infohash)
    wanted.push(...fresh)
    return fresh.length
  }
  const comparer = new Comparer({
    ...{ store, index, log: SILENT, running: new Running(), now: () => clock.ms },
    fetcher: { want, hasRoom: async () => {} },
    peers: () => [peer],
    sync: { isRunning: false, isBringing: false, best: () => undefined, canRead: () => false, start: () => {} },
  })
  const look = async (ms = 0) => {
    clock.ms += ms
    Object.assign(peer, { summary: theirs.summary() })
    comparer.compareIfDue(peer)
    for (let i = 0; i < 20; i++) await setImmediate()
    return asked.length
  }
  return { store, theirs, peer, comparer, asked, wanted, told, look }
}

const TWENTY = Array.from({ length: 20 }, (_, i) => `common ${i}`)

test('the side with fewer asks at once, wants what it lacks, and tells the other what that lacks', async () => {
  const { look, asked, wanted, told, comparer, peer } = await scene([...TWENTY, 'mine'], [...TWENTY, 'one', 'two'])
  await look()
  assert.deepEqual([new Set(asked), wanted.length, told.length], [new Set(['sketch']), 2, 1])
  const { hereCount, thereCount, here } = comparer.differenceOf(peer) ?? {}
  assert.deepEqual([hereCount, thereCount, here], [1, 2, told])
})

test('the side with more leaves it to the other for 15 s, and then asks itself', async () => {
  const { look } = await scene([...TWENTY, 'one', 'two'], [...TWENTY, 'mine'])
  assert.equal(await look(), 0)
  assert.equal(await look(14_999), 0)
  assert((await look(1)) > 0)
})

test('as long as the other asks again and again, this node looks once after a minute, then every ten, and tells nothing', async () => {
  const { look, comparer, peer, asked, told } = await scene([...TWENTY, 'one', 'two'], [...TWENTY, 'mine'])
  await look()
  const looks: number[] = []
  for (let seconds = 10; seconds <= 1_400; seconds += 10) {
    comparer.onAsked(peer)
    const before = asked.length
    if ((await look(10_000)) > before) looks.push(seconds)
  }
  assert.deepEqual([looks, told], [[60, 660, 1_260], []])
})

test('where the other stops to ask, this node does after the longest pause of the other', async () => {
  const { look, comparer, peer } = await scene([...TWENTY, 'one', 'two'], [...TWENTY, 'mine'])
  await look()
  for (let i = 0; i < 3; i++) {
    comparer.onAsked(peer)
    assert.equal(await look(1_000), 0)
  }
  // It may pause 8 s by now, of which one is over, and has 15 s besides.
  assert.equal(await look(21_999), 0)
  assert((await look(1)) > 0)
})

test('of two with as many exactly one asks', async () => {
  for (let i = 0; i < 8; i++) {
    const [here, there] = [
      [...TWENTY, `here ${i}`],
      [...TWENTY, `there ${i}`],
    ]
    const [left, right] = [await scene(here, there), await scene(there, here)]
    const asking = [await left.look(), await right.look()].filter((count) => count > 0)
    assert.equal(asking.length, 1)
  }
})

test('who agrees is not asked, and when both differ anew the pauses are short again', async () => {
  const { look, theirs } = await scene(TWENTY, TWENTY)
  assert.equal(await look(), 0)
  theirs.add(testFile('new'))
  const first = await look(1_000)
  assert(first > 0)
  let asked = first
  for (let i = 0; i < 10; i++) asked = await look(60_000)
  theirs.files.delete([...theirs.files.keys()].at(-1) ?? theirs.genesis)
  assert.equal(await look(600_000), asked)
  theirs.add(testFile('newer'))
  const again = await look(1)
  assert(again > asked)
  theirs.add(testFile('newest'))
  assert((await look(2_000)) > again)
})

test('a peer that knows no symbols is compared with by prefixes from then on', async () => {
  const { look, asked, wanted } = await scene(TWENTY, [...TWENTY, 'one'], { isSilent: true })
  await look()
  assert.deepEqual([asked, wanted.length], [['sketch'], 0])
  await look(2_000)
  assert.equal(asked.filter((type) => type === 'sketch').length, 1)
  assert.equal(wanted.length, 1)
})

test('what both know and one does not count is told apart, and not wanted', async () => {
  const { look, comparer, peer, store, wanted } = await scene([...TWENTY, 'mine'], [...TWENTY, 'rival', 'child'])
  const rival = testFile('rival')
  const [infohash] = [...store.files.keys()].slice(-1)
  // As of a double spend: it is here, and does not stand.
  store.waiting.set(infohashOf(rival), rival)
  await look()
  const difference = comparer.differenceOf(peer)
  assert.deepEqual([difference?.here, difference?.thereCount, wanted.length], [[infohash], 2, 1])
})
