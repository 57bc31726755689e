// Two real nodes whose sets differ in little: what goes over the wire, and that one of them asks for both.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMessage } from '../../../../../node/network/gossip/messages.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'
import { Lab, SILENT, type TestNode, until } from '../lab.ts'
import { MemoryStore, testFile } from '../memory-store.ts'

const COMMON = Array.from({ length: 3_000 }, (_, i) => testFile(`common ${i}`))

function storeWith(...files: readonly Uint8Array[]): MemoryStore {
  const store = new MemoryStore()
  store.add(...COMMON, ...files)
  return store
}

/** Counts the comparisons of a node. */
function counting() {
  const counts = { compared: 0 }
  const debug = (_facts: unknown, text: string) => {
    if (text === 'reconciled') counts.compared += 1
  }
  return { counts, log: Object.assign(Object.create(SILENT), { debug }) }
}

/** Two nodes, of which one lacks what the other was given beside 3,000 that both have. Resolves when they agree and have said so. */
async function meet(lab: Lab, left: readonly Uint8Array[], right: readonly Uint8Array[]) {
  const [alice, bob] = [counting(), counting()]
  const first = await lab.node({}, storeWith(...left), undefined, alice.log)
  const second = await lab.node({ peers: [first] }, storeWith(...right), undefined, bob.log)
  const says = (node: TestNode) => node.network.peers()[0]?.summary?.fingerprint
  const isInStep = (node: TestNode, other: TestNode) => says(node) === other.store.summary().fingerprint
  const all = COMMON.length + left.length + right.length + 1
  await until(() => first.store.files.size === all && second.store.files.size === all, 'both have everything')
  await until(() => isInStep(first, second) && isInStep(second, first), 'both have said so')
  const [peer] = first.network.peers()
  assert(peer)
  const summary = encodeMessage({ type: 'summary', summary: first.store.summary() }).length
  const files = [...left, ...right].reduce((sum, { length }) => sum + length, 0)
  return {
    compared: [alice.counts.compared, bob.counts.compared],
    received: [first.store.received, second.store.received].map((list) => list.length),
    // At the start, and after a change.
    beyondFiles: peer.sent.bytes + peer.received.bytes - files - 4 * summary,
  }
}

const TEN = Array.from({ length: 10 }, (_, i) => testFile(`payment ${i}`))

test('ten of 3,000 that one side lacks: at most 1,000 bytes beyond the files and the summaries, and only that side asks', async () => {
  for (const isLeft of [true, false]) {
    await using lab = new Lab()
    const met = await meet(lab, isLeft ? TEN : [], isLeft ? [] : TEN)
    assert.deepEqual(met.received, isLeft ? [0, 10] : [10, 0])
    assert.deepEqual(met.compared, isLeft ? [0, 1] : [1, 0])
    assert(met.beyondFiles <= 1_000, `${met.beyondFiles} bytes`)
  }
})

test('five that each side lacks: one side asks, and the other gets its own all the same', async () => {
  await using lab = new Lab()
  const met = await meet(lab, TEN.slice(0, 5), TEN.slice(5))
  assert.deepEqual(met.received, [5, 5])
  assert.deepEqual(met.compared.sort(), [0, 1])
  // Infohashes of five are told once more, and two questions are asked for files.
  assert(met.beyondFiles <= 1_350, `${met.beyondFiles} bytes`)
})

test('400 that each side lacks are more than symbols tell, and are found by prefixes', async () => {
  await using lab = new Lab()
  const files = Array.from({ length: 800 }, (_, i) => testFile(`other ${i}`))
  const met = await meet(lab, files.slice(0, 400), files.slice(400))
  assert.deepEqual(met.received, [400, 400])
})

test('sets that go on changing while they are compared come to be the same', async () => {
  await using lab = new Lab()
  const [alice, bob] = [await lab.node({}, storeWith(...TEN)), await lab.node({}, storeWith())]
  bob.network.addPeer(alice.address)
  const made: Infohash[] = []
  for (let i = 0; i < 200; i++) {
    made.push(...(i % 2 === 0 ? alice : bob).store.add(testFile(`made meanwhile ${i}`)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const all = COMMON.length + TEN.length + made.length + 1
  await until(() => alice.store.files.size === all && bob.store.files.size === all, 'both have everything')
})
