// Whose order is read when peers claim to have more: liars take turns at most, and keep the node from nobody.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeMessage, encodeMessage } from '../../../../node/network/gossip/messages.ts'
import type { RemotePeer } from '../../../../node/network/gossip/peer.ts'
import { Standing } from '../../../../node/network/gossip/standing.ts'
import { rightFiles } from '../../../../node/network/gossip/sync/delivery.ts'
import { Guides } from '../../../../node/network/gossip/sync/guides.ts'
import { Window } from '../../../../node/network/gossip/sync/window.ts'
import { type Infohash, toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Attacker } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { MemoryStore, testFile } from './memory-store.ts'

const LIE = toHash(new Uint8Array(32).fill(9))

function peerAt(connectedAt: number, outgoing = false): RemotePeer {
  const hello = { id: `${connectedAt}`, host: '1.1.1.1', address: undefined, outgoing }
  return { connectedAt, hello, standing: new Standing() } as unknown as RemotePeer // what `Guides` looks at
}

function guides() {
  const clock = { ms: 1_000 }
  return { clock, guides: new Guides(() => clock.ms) }
}

test('liars who come again and again, and whose orders have no end, keep the node from no honest peer', async () => {
  await using lab = new Lab()
  // Ten times as fast: what a guide may take goes by this clock.
  const now = () => performance.now() * 10
  const victim = new MemoryStore()
  const node = await lab.node({}, victim, now)
  const liars = { isOver: false, asked: 0 }
  lab.defer(() => {
    liars.isOver = true
  })
  for (let i = 0; i < 3; i++) void lieAgainAndAgain(node.address, liars)
  await until(() => liars.asked > 3, 'an order of a liar is read')
  const files: Uint8Array[] = []
  for (let i = 0; i < 45; i++) files.push(testFile(`link ${i}`, files.at(-1) && infohashOf(files.at(-1) as Uint8Array)))
  const store = new MemoryStore()
  store.add(...files)
  await lab.node({ peers: [node] }, store, now)
  await until(() => victim.files.size === 46, 'all of the honest peer is here')
})

test('a guide that brings nothing gives way after ten seconds to another, and alone after thirty', () => {
  for (const [others, ms] of [
    [[peerAt(2_000)], 10_000],
    [[], 30_000],
  ] as const) {
    const { clock, guides: it } = guides()
    it.begin(peerAt(5))
    clock.ms += ms
    assert.equal(it.judge(0, others), undefined)
    clock.ms += 1
    assert.equal(it.judge(0, others), 'useless')
  }
})

test('a guide that trickles gives way to the next, and the faster one of both is kept', () => {
  const { clock, guides: it } = guides()
  const [trickler, honest] = [peerAt(3), peerAt(4)]
  it.begin(trickler)
  clock.ms += 5_000
  assert.equal(it.judge(10, [honest]), undefined)
  clock.ms += 5_000
  assert.equal(it.judge(20, [honest]), 'slow')
  assert.equal(it.next([honest]), honest)
  it.begin(honest)
  for (let tens = 1; tens <= 5; tens++) {
    clock.ms += 10_000
    assert.equal(it.judge(900 * tens, [trickler]), undefined, 'ninety a second are slow, and the fastest there is')
  }
  assert.equal(it.best([trickler, honest]), honest)
})

test('whoever came after a slow guide began is not tried instead of it', () => {
  const { clock, guides: it } = guides()
  const honest = peerAt(900)
  it.begin(honest)
  clock.ms += 10_000
  assert.equal(it.judge(500, [peerAt(1_001), peerAt(5_000)]), undefined)
})

test('a guide that is fast is never compared with others', () => {
  const { clock, guides: it } = guides()
  it.begin(peerAt(900))
  for (let tens = 1; tens <= 3; tens++) {
    clock.ms += 10_000
    assert.equal(it.judge(2_500 * tens, [peerAt(1), peerAt(2)]), undefined)
  }
})

test('who delivered is read first, then whom this node dialled, then who was connected the longest', () => {
  const { guides: it } = guides()
  const [old, young, dialled, proven, failing] = [peerAt(1), peerAt(2), peerAt(8, true), peerAt(9), peerAt(0, true)]
  proven.standing.delivered()
  failing.standing.failed()
  const left = [young, failing, old, proven, dialled]
  const order: RemotePeer[] = []
  for (let best = it.best(left); best !== undefined; best = it.best(left)) {
    order.push(best)
    left.splice(left.indexOf(best), 1)
  }
  assert.deepEqual(order, [proven, dialled, old, young, failing])
})

test('a slow one is read again after a minute, then two; one that lied after ten', () => {
  const { clock, guides: it } = guides()
  const [slow, liar] = [peerAt(1), peerAt(2)]
  for (const ms of [60_000, 120_000, 240_000]) {
    it.giveUp(slow, 'slow')
    clock.ms += ms - 1
    assert(!it.mayRead(slow))
    clock.ms += 1
    assert(it.mayRead(slow))
  }
  it.giveUp(liar, 'lied')
  clock.ms += 599_999
  assert(!it.mayRead(liar))
})

test('a batch that others let wait is asked of one more peer, whether it is the first or not', () => {
  const window = new Window()
  const listed = Array.from({ length: 300 }, (_, i) => (i + 1).toString(16).padStart(40, '0') as Infohash)
  window.add(listed)
  const batches = [0, 100, 200].map((at, i) => {
    const batch = window.next(`spy ${i}`)
    assert(batch)
    batch.asked.set(`spy ${i}`, at)
    return batch
  })
  assert.equal(window.late('honest', 0), undefined, 'nobody is late')
  assert.equal(window.late('spy 0', 150), batches[1], 'who was asked for the first is asked for the second')
  assert.equal(window.late('honest', 150), batches[0])
  batches[0]?.asked.set('other', 160)
  assert.equal(window.late('honest', 150), batches[1], 'somebody was asked for the first just now')
})

test('an honest guide that has lost half of what it listed has few faults for it', () => {
  const faults: number[] = []
  const guide = { fault: (points: number) => faults.push(points) } as unknown as RemotePeer // nothing else is used
  const files = Array.from({ length: 100 }, (_, i) => testFile(`listed ${i}`))
  const wanted = files.map(infohashOf)
  const given = files.map((file, i) => (i % 2 === 0 ? file : new Uint8Array()))
  assert.equal(rightFiles(guide, { wanted, files: given, isGuide: true }).size, 50)
  assert.deepEqual(faults, [10])
  rightFiles(guide, { wanted, files: given, isGuide: false })
  assert.deepEqual(faults, [10], 'who listed nothing has none')
})

/** Says that it has a million, lists nothing, and comes again under another name as soon as its order is not read any more. */
async function lieAgainAndAgain(address: string, liars: { readonly isOver: boolean; asked: number }): Promise<void> {
  while (!liars.isOver) {
    const peer = await Attacker.introduced(address, { node: randomBytes(20) })
    const summary = { count: 1_000_000, weight: 1n, fingerprint: LIE, newestBlock: ZERO_HASH, stateRoot: ZERO_HASH }
    await peer.say(encodeMessage({ type: 'summary', summary }))
    let [read, asked, askedAt] = [0, 0, 0]
    while (!liars.isOver && !peer.isClosed && (asked === 0 || performance.now() - askedAt < 700)) {
      for (const { id, payload } of peer.heard.slice(read)) {
        read++
        const question = id === 20 && payload[0] !== 0 ? decodeMessage(payload.subarray(1)) : undefined
        if (question?.type !== 'order') continue
        askedAt = performance.now()
        asked++
        liars.asked++
        const answer = encodeMessage({ type: 'ordered', id: question.id, infohashes: [], next: asked, end: 2 ** 40 })
        setTimeout(() => void peer.say(answer), 200)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    peer.close()
  }
}
