// Nodes that find each other tell each other what is new, relay it, and catch up with what they missed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import type { TransactionOutcome } from '../../../../node/network/store.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Attacker, MEETING_POINT } from './attacker.ts'
import { Lab, SILENT, until } from './lab.ts'
import { MemoryStore, testFile } from './memory-store.ts'

test('a transaction reaches the other of two nodes, in either direction', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] })
  await until(() => alice.network.peers().length === 1 && bob.network.peers().length === 1, 'they are connected')
  const [fromAlice] = alice.store.add(testFile('from alice'))
  const [fromBob] = bob.store.add(testFile('from bob'))
  assert(fromAlice && fromBob)
  await until(() => bob.store.has(fromAlice) && alice.store.has(fromBob), 'both have both')
  assert.deepEqual(bob.store.transaction(fromAlice), testFile('from alice'))
  assert.deepEqual(alice.store.received, [fromBob], 'nothing comes back')
})

test('a peer that says all in one piece with its handshake is a node like any other', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const [infohash] = node.store.add(testFile('known before'))
  assert(infohash)
  for (let i = 1; i <= 10; i++) {
    const peer = await Attacker.connect(node.address)
    lab.defer(() => peer.close())
    await peer.inOnePiece(() => {
      peer.handshake(MEETING_POINT)
      peer.introduce({ node: Buffer.alloc(20, i) })
      // Its number of our messages is not known before it answers: what it may send at once are those of BitTorrent itself.
      peer.message(2)
    })
    await until(() => node.network.peers().length === i, `peer ${i} is taken`)
    await until(() => peer.told('summary').length > 0, 'it is told how much is here')
  }
})

test('a node between two others relays', async () => {
  await using lab = new Lab()
  const middle = await lab.node()
  const left = await lab.node({ peers: [middle] })
  const right = await lab.node({ peers: [middle] })
  await until(() => middle.network.peers().length === 2, 'both are connected to the middle')
  const [infohash] = left.store.add(testFile('relayed'))
  assert(infohash)
  await until(() => right.store.has(infohash), 'it is on the right')
  assert.equal(right.network.peers().length, 1)
})

test('sync confirmations say who is behind, and agree in the end', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] })
  alice.store.add(testFile('one'), testFile('two'))
  await until(() => bob.network.peers()[0]?.summary?.count === 3, 'bob has heard of three transactions')
  await until(() => alice.network.peers()[0]?.summary?.count === 3, 'alice has heard that bob has them')
  assert.equal(bob.network.peers()[0]?.summary?.fingerprint, alice.network.peers()[0]?.summary?.fingerprint)
})

test('a node that was offline catches up with 2,000 transactions, and gives back what it made meanwhile', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] })
  const common = alice.store.add(...Array.from({ length: 300 }, (_, i) => testFile(`common ${i}`)))
  await until(() => common.every((infohash) => bob.store.has(infohash)), 'bob has the first 300')
  await bob.network.stop()
  alice.store.add(...Array.from({ length: 2_000 }, (_, i) => testFile(`missed ${i}`)))
  bob.store.add(...Array.from({ length: 50 }, (_, i) => testFile(`made offline ${i}`)))
  const again = await lab.node({ peers: [alice] }, bob.store)
  await until(() => again.store.files.size === 2_351 && alice.store.files.size === 2_351, 'both have everything')
  assert.equal(again.store.summary().fingerprint, alice.store.summary().fingerprint)
})

test('two large sets that differ in little are reconciled by counts, not by listing them', async () => {
  await using lab = new Lab()
  const files = Array.from({ length: 3_000 }, (_, i) => testFile(`many ${i}`))
  const [left, right] = [new MemoryStore(), new MemoryStore()]
  left.add(...files.slice(0, -3))
  right.add(...files.slice(3))
  const alice = await lab.node({}, left)
  const bob = await lab.node({ peers: [alice] }, right)
  await until(() => alice.store.files.size === 3_001 && bob.store.files.size === 3_001, 'both have everything')
  assert.deepEqual([alice.store.received.length, bob.store.received.length], [3, 3])
})

test('the missing ancestors of a transaction are fetched from who sent it', async () => {
  await using lab = new Lab()
  const [first, second] = [testFile('first'), testFile('second', infohashOf(testFile('first')))]
  const third = testFile('third', infohashOf(second))
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] })
  await until(() => alice.network.peers()[0]?.summary !== undefined, 'they have greeted each other')
  // Kept from announcing: alice knows the ancestors, and tells of the last only.
  alice.store.files.set(infohashOf(first), first)
  alice.store.files.set(infohashOf(second), second)
  const [last] = alice.store.add(third)
  assert(last)
  await until(() => bob.store.files.has(last), 'bob accepted the last')
  assert.deepEqual(bob.store.received, [third, second, first].map(infohashOf))
})

test('what a node cannot keep yet is asked for again with pauses that double, and held against nobody', async () => {
  await using lab = new Lab()
  // Ten times as fast as the clock on the wall.
  const now = () => 10 * performance.now()
  const ahead = await lab.node({}, new MemoryStore(), now)
  const deposits = ahead.store.add(...Array.from({ length: 300 }, (_, i) => testFile(`deposit ${i}`)))
  const compared: number[] = []
  const debug = (_facts: unknown, text: string) => {
    if (text === 'reconciled') compared.push(now())
  }
  const log = Object.assign(Object.create(SILENT), { debug })
  const late = await lab.node({ peers: [ahead] }, new LateStore(), now, log)
  const { store } = late
  assert.ok(store instanceof LateStore)
  await until(() => deposits.every((infohash) => (store.refusals.get(infohash) ?? 0) >= 6), 'six tries', 120_000)
  // Each pause counts from the end of one comparison to the beginning of the next.
  for (const [i, pauseMs] of [2_000, 4_000, 8_000, 16_000, 32_000].entries()) {
    const paused = (compared[i + 1] ?? 0) - (compared[i] ?? 0)
    assert.ok(paused >= pauseMs, `pause ${i} is ${paused} ms, and not ${pauseMs}`)
  }
  assert.deepEqual([late.network.peers().length, ahead.network.peers().length], [1, 1])
  const [other] = ahead.store.add(testFile('payment'))
  assert(other)
  await until(() => store.has(other), 'what can be kept comes all the same')
  store.isRead = true
  await until(() => deposits.every((infohash) => store.has(infohash)), 'Ethereum is read, and they are kept', 120_000)
})

/** Of a node that has not read the queue of the bridge: no deposit is kept. */
class LateStore extends MemoryStore {
  isRead = false
  readonly refusals = new Map<Infohash, number>()

  override async onTransaction(infohash: Infohash, file: Uint8Array): Promise<TransactionOutcome> {
    if (this.isRead || !new TextDecoder().decode(file).includes('deposit')) return super.onTransaction(infohash, file)
    this.refusals.set(infohash, (this.refusals.get(infohash) ?? 0) + 1)
    throw new OperationError('deposit-not-queued', 'it is not in the queue yet', { facts: { infohash }, retry: true })
  }
}
