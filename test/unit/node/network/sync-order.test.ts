// A node that lacks much reads the order of a peer, whatever else is sent.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMessage, encodeMessage } from '../../../../node/network/gossip/messages.ts'
import { type Infohash, toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Attacker } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { MemoryStore, testFile } from './memory-store.ts'

const LIE = toHash(new Uint8Array(32).fill(7))

/** A chain: each needs the one before, so that no other order than this one does without waiting. */
function chain(length: number, label = 'link'): Uint8Array[] {
  const files: Uint8Array[] = []
  for (let i = 0; i < length; i++) {
    const before = files.at(-1)
    files.push(testFile(`${label} ${i}`, before && infohashOf(before)))
  }
  return files
}

/** Counts the files that ever had to wait. */
class CountingStore extends MemoryStore {
  waited = 0

  override async onTransaction(...given: Parameters<MemoryStore['onTransaction']>) {
    const outcome = await super.onTransaction(...given)
    if (outcome.state === 'waiting') this.waited += 1
    return outcome
  }
}

test('an empty node gets a chain of 3,000 in its order: nothing ever waits, and nothing comes twice', async () => {
  await using lab = new Lab()
  const full = await lab.node()
  full.store.add(...chain(3_000))
  const empty = new CountingStore()
  await lab.node({ peers: [full] }, empty)
  await until(() => empty.files.size === 3_001, 'all is here', 60_000)
  assert.deepEqual([empty.waited, empty.received.length], [0, 3_000])
})

test('of four peers each delivers a part', async () => {
  await using lab = new Lab()
  const files = chain(4_000)
  const full = []
  for (let i = 0; i < 4; i++) {
    const store = new MemoryStore()
    store.add(...files)
    full.push(await lab.node({}, store))
  }
  const empty = new CountingStore()
  const node = await lab.node({ peers: full }, empty)
  let most = 0
  await until(
    () => {
      most = Math.max(most, node.network.statistics().sync?.peers ?? 0)
      return empty.files.size === 4_001
    },
    'all is here',
    60_000,
  )
  assert.equal(empty.waited, 0)
  assert(most > 1, 'more than one peer delivered')
  assert.equal(node.network.statistics().sync, undefined, 'it is over')
})

test('a node that is far behind reads only the newest part of the order', async () => {
  await using lab = new Lab()
  const files = chain(6_000)
  const full = await lab.node()
  full.store.add(...files)
  const late = new CountingStore()
  late.add(...files.slice(0, 5_000))
  const node = await lab.node({ peers: [full] }, late)
  await until(() => late.files.size === 6_001, 'all is here', 60_000)
  assert.deepEqual([late.waited, late.received.length], [0, 1_000])
  const [from] = node.network.peers()
  // 20 bytes for each infohash that is listed: 5,000 would be 100 kB.
  const bytes = (from?.received.bytes ?? 0) - files.slice(5_000).reduce((sum, { length }) => sum + length, 0)
  assert(bytes < 200_000, `${bytes} bytes besides the files`)
})

test('a peer that leaves in the middle of it costs only its share', async () => {
  await using lab = new Lab()
  const files = chain(5_000)
  const [first, second] = [await lab.node(), await lab.node()]
  first.store.add(...files)
  second.store.add(...files)
  const empty = new CountingStore()
  await lab.node({ peers: [first, second] }, empty)
  await until(() => empty.files.size > 1_000, 'it has begun', 60_000)
  await first.network.stop()
  await until(() => empty.files.size === 5_001, 'all is here', 60_000)
  assert.equal(empty.waited, 0)
})

test('a liar that names what does not exist, without an end, keeps nobody from the honest peer', async () => {
  await using lab = new Lab()
  const empty = new CountingStore()
  const node = await lab.node({}, empty)
  const liar = await lieAt(node.address, lab, (n) => {
    const infohashes = Array.from({ length: 500 }, (_, i) => infohashOf(testFile(`nothing ${n} ${i}`)))
    return { infohashes, next: (n + 1) * 1_000, end: 2 ** 40 }
  })
  await until(() => liar.asked > 0, 'its order is read', 60_000)
  const full = await lab.node({ peers: [node] })
  full.store.add(...chain(2_000))
  await until(() => empty.files.size === 2_001, 'all of the honest one is here', 60_000)
  assert(liar.asked < 100, `${liar.asked} questions`)
})

test('a liar whose order repeats what is known is given up', async () => {
  await using lab = new Lab()
  const known = chain(300, 'known')
  const store = new CountingStore()
  const infohashes = store.add(...known)
  const node = await lab.node({}, store)
  const liar = await lieAt(node.address, lab, (n) => ({ infohashes, next: (n + 1) * 1_000, end: 2 ** 40 }))
  await until(() => liar.asked > 0, 'its order is read', 60_000)
  await until(() => node.network.statistics().sync === undefined, 'it is given up', 60_000)
  assert(liar.asked < 500, `${liar.asked} questions`)
})

test('an order with the children first is taken in all the same', async () => {
  await using lab = new Lab()
  const files = chain(1_000).toReversed()
  const empty = new CountingStore()
  const node = await lab.node({}, empty)
  const all = { infohashes: files.map(infohashOf), next: 1_000, end: 1_000 }
  await lieAt(node.address, lab, () => all, files)
  await until(() => empty.files.size === 1_001, 'all is here', 60_000)
  assert(empty.waited > 0)
})

test('a chain of ancestors without a beginning takes only the places of its sender, and leaves some', async () => {
  await using lab = new Lab()
  const files = chain(3_000).slice(1)
  const victim = new CountingStore()
  victim.places = 2_000
  const node = await lab.node({}, victim)
  const last = files.at(-1)
  assert(last)
  const liar = await lieAt(node.address, lab, () => ({ infohashes: [], next: 0, end: 0 }), files, 1)
  await liar.say(encodeMessage({ type: 'have', infohashes: [infohashOf(last)] }))
  await until(() => victim.room() <= 1_000, 'it has taken what it may', 60_000)
  const full = await lab.node({ peers: [node] })
  const [honest] = full.store.add(testFile('honest'))
  assert(honest)
  await until(() => victim.files.has(honest), 'a payment of another comes through')
  assert(victim.room() > 900, `${victim.room()} places are left`)
})

type Told = { readonly infohashes: readonly Infohash[]; readonly next: number; readonly end: number }

const NOTHING = new Uint8Array()

/** A peer that says that it has `count`, has `files`, and answers questions for its order with `orderAt(how many came before)`. */
async function lieAt(
  address: string,
  lab: Lab,
  orderAt: (n: number) => Told,
  files: readonly Uint8Array[] = [],
  count = 1_000_000,
) {
  const has = new Map(files.map((file) => [infohashOf(file), file]))

  const peer = await Attacker.introduced(address)
  lab.defer(() => peer.close())
  const summary = { count, weight: 1n, fingerprint: LIE, newestBlock: ZERO_HASH, stateRoot: ZERO_HASH }
  await peer.say(encodeMessage({ type: 'summary', summary }))
  const state = { asked: 0, say: (bytes: Uint8Array) => peer.say(bytes) }
  let read = 0
  const answer = setInterval(() => {
    for (; read < peer.heard.length; read++) {
      const { id, payload } = peer.heard[read] ?? { id: 0, payload: Buffer.alloc(1) }
      const question = id === 20 && payload[0] !== 0 ? decodeMessage(payload.subarray(1)) : undefined
      if (question?.type === 'order')
        void peer.say(encodeMessage({ type: 'ordered', id: question.id, ...orderAt(state.asked++) }))
      if (question?.type === 'get')
        void peer.say(
          encodeMessage({
            type: 'files',
            id: question.id,
            files: question.infohashes.map((infohash) => has.get(infohash) ?? NOTHING),
          }),
        )
    }
  }, 1)
  lab.defer(() => clearInterval(answer))
  return state
}
