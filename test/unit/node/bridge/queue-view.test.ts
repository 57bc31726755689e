// The queue's view: what is where in each lane, and what is still to be consumed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hashAfter,
  isOnQueue,
  type LaneView,
  laneHashAt,
  laneLength,
  laneLengths,
  pendingEntries,
  type QueuedEntry,
  type QueueView,
  queuedEntryAt,
} from '../../../../node/bridge/queue-view.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import {
  EMPTY_LANES,
  entryHash,
  type LanePoints,
  nextQueueHash,
  type QueueEntry,
} from '../../../../node/protocol/queue.ts'
import { toGwei, toTime } from '../../../../node/protocol/units.ts'

const deposits: readonly QueueEntry[] = [1_000n, 2_000n, 3_000n, 4_000n].map((gross) => {
  return { kind: 'deposit', gross, to: ZERO_ADDRESS }
})
const forced: readonly QueueEntry[] = [1, 2, 3].map((fill) => {
  return { kind: 'forced', fee: toGwei(7n), packed: new Uint8Array(127).fill(fill) }
})

function laneOf(start: bigint, startHash: Hash, queued: readonly QueueEntry[]): LaneView {
  const lane = { start, startHash, entries: [] as QueuedEntry[] }
  const place = { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(1n) }
  for (const entry of queued) {
    const index = laneLength(lane)
    lane.entries.push({ index, entry, from: ZERO_ADDRESS, time: toTime(1n), place, queueHash: hashAfter(lane, entry) })
  }
  return lane
}

/** After each number of entries of a lane, by the protocol. */
function hashesOf(entries: readonly QueueEntry[]): Hash[] {
  const hashes: Hash[] = [ZERO_HASH]
  for (const entry of entries) hashes.push(nextQueueHash(hashes.at(-1) ?? ZERO_HASH, entryHash(entry)))
  return hashes
}

/** From a snapshot on, whose block has consumed two deposits and one forced transaction. */
function partOf(): QueueView {
  const [depositHash, forcedHash] = [hashesOf(deposits)[2], hashesOf(forced)[1]]
  return {
    deposits: laneOf(2n, depositHash ?? ZERO_HASH, deposits.slice(2)),
    assets: laneOf(0n, ZERO_HASH, []),
    forced: laneOf(1n, forcedHash ?? ZERO_HASH, forced.slice(1)),
  }
}

function pointsAt(ofDeposits: bigint, ofForced: bigint): LanePoints {
  return {
    ...EMPTY_LANES,
    deposits: { count: ofDeposits, hash: hashesOf(deposits)[Number(ofDeposits)] ?? ZERO_HASH },
    forced: { count: ofForced, hash: hashesOf(forced)[Number(ofForced)] ?? ZERO_HASH },
  }
}

test('running hashes of a lane are those of the protocol, from the beginning and from a snapshot on', () => {
  const hashes = hashesOf(deposits)
  const whole = laneOf(0n, ZERO_HASH, deposits)
  for (const [count, expected] of hashes.entries()) assert.equal(laneHashAt(whole, BigInt(count)), expected)
  assert.equal(laneHashAt(whole, 5n), undefined)
  const part = partOf().deposits
  for (const count of [2n, 3n, 4n]) assert.equal(laneHashAt(part, count), hashes[Number(count)])
  assert.equal(laneHashAt(part, 1n), undefined)
  assert.equal(laneLength(part), 4n)
})

test('each lane is as long as its own entries make it', () => {
  assert.deepEqual(laneLengths(partOf()), { deposits: 4n, assets: 0n, forced: 3n })
})

test('entries are found by their number in their lane', () => {
  const part = partOf()
  for (const [lane, entries, start] of [
    ['deposits', deposits, 2],
    ['forced', forced, 1],
  ] as const) {
    for (let i = 0; i <= entries.length; i++) {
      const queued = queuedEntryAt(part, { lane, index: BigInt(i) })
      assert.equal(queued?.entry, i < start ? undefined : entries[i])
      if (queued !== undefined) assert.equal(queued.index, BigInt(i))
    }
  }
  for (const index of [0n, 1n, 2n]) assert.equal(queuedEntryAt(part, { lane: 'assets', index }), undefined)
})

test('what is not consumed is pending: lane by lane, oldest first, and each lane by its own count', () => {
  const pending = (points: LanePoints, limit?: number) =>
    pendingEntries(partOf(), points, limit).map(({ entry, index }) => `${entry.kind} ${index}`)
  const [d2, d3, f1, f2] = ['deposit 2', 'deposit 3', 'forced 1', 'forced 2']
  assert.deepEqual(pending(pointsAt(2n, 1n)), [d2, d3, f1, f2])
  assert.deepEqual(pending(pointsAt(0n, 0n)), [d2, d3, f1, f2])
  assert.deepEqual(pending(pointsAt(3n, 1n)), [d3, f1, f2])
  assert.deepEqual(pending(pointsAt(2n, 2n)), [d2, d3, f2])
  assert.deepEqual(pending(pointsAt(4n, 1n)), [f1, f2])
  assert.deepEqual(pending(pointsAt(2n, 3n)), [d2, d3])
  assert.deepEqual(pending(pointsAt(4n, 3n)), [])
  // A limit is one of each lane.
  assert.deepEqual(pending(pointsAt(2n, 1n), 1), [d2, f1])
  assert.deepEqual(pending(pointsAt(3n, 1n), 1), [d3, f1])
  assert.deepEqual(pending(pointsAt(2n, 1n), 0), [])
})

test('points are on the queue if each of them is on its lane', () => {
  const part = partOf()
  for (const ofDeposits of [2n, 3n, 4n]) {
    for (const ofForced of [1n, 2n, 3n]) assert.ok(isOnQueue(part, pointsAt(ofDeposits, ofForced)))
  }
  const right = pointsAt(3n, 2n)
  for (const lane of ['deposits', 'forced'] as const) {
    const { count, hash } = right[lane]
    for (const wrong of [
      { count: count + 1n, hash },
      { count: count - 1n, hash },
      { count: 9n, hash },
      { count, hash: ZERO_HASH },
    ]) {
      assert.ok(!isOnQueue(part, { ...right, [lane]: wrong }), `${wrong.count} of ${lane}`)
    }
  }
  assert.ok(!isOnQueue(part, { ...right, assets: { count: 1n, hash: ZERO_HASH } }))
  assert.ok(!isOnQueue(part, { ...right, assets: { count: 0n, hash: right.forced.hash } }))
  // The hash of one lane is never that of another, at whatever count.
  assert.ok(!isOnQueue(part, { ...right, deposits: { ...right.deposits, hash: right.forced.hash } }))
  // What is older than this node's beginning is not known to be right.
  assert.ok(!isOnQueue(part, pointsAt(1n, 2n)))
  assert.ok(!isOnQueue(part, pointsAt(3n, 0n)))
})
