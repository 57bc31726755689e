// The queue's view: what is where, and what is still to be consumed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hashAfter,
  pendingEntries,
  type QueuedEntry,
  type QueueView,
  queuedEntryAt,
  queueHashAt,
  queueLength,
} from '../../../../node/bridge/queue-view.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { entryHash, nextQueueHash, type QueueEntry } from '../../../../node/protocol/queue.ts'
import { toTime } from '../../../../node/protocol/units.ts'

const entries: readonly QueueEntry[] = [1_000n, 2_000n, 3_000n, 4_000n].map((gross) => {
  return { kind: 'deposit', gross, to: ZERO_ADDRESS }
})

function viewOf(start: bigint, startHash: Hash, queued: readonly QueueEntry[]): QueueView {
  const view = { start, startHash, entries: [] as QueuedEntry[] }
  const place = { number: 1n, hash: ZERO_HASH, logIndex: 0, transaction: ZERO_HASH, time: toTime(1n) }
  for (const entry of queued) {
    const index = queueLength(view)
    view.entries.push({ index, entry, from: ZERO_ADDRESS, time: toTime(1n), place, queueHash: hashAfter(view, entry) })
  }
  return view
}

test('running hashes are those of the protocol, from the beginning and from a snapshot on', () => {
  let hash: Hash = ZERO_HASH
  const hashes = [hash]
  for (const entry of entries) {
    hash = nextQueueHash(hash, entryHash(entry))
    hashes.push(hash)
  }
  const whole = viewOf(0n, ZERO_HASH, entries)
  for (const [count, expected] of hashes.entries()) assert.equal(queueHashAt(whole, BigInt(count)), expected)
  assert.equal(queueHashAt(whole, 5n), undefined)
  const part = viewOf(2n, hashes[2] ?? ZERO_HASH, entries.slice(2))
  for (const count of [2n, 3n, 4n]) assert.equal(queueHashAt(part, count), hashes[Number(count)])
  assert.equal(queueHashAt(part, 1n), undefined)
  assert.equal(queueLength(part), 4n)
})

test('entries are found by their index, and what is not consumed is pending', () => {
  const part = viewOf(2n, ZERO_HASH, entries.slice(2))
  assert.equal(queuedEntryAt(part, 1n), undefined)
  assert.equal(queuedEntryAt(part, 2n)?.entry, entries[2])
  assert.equal(queuedEntryAt(part, 4n), undefined)
  assert.deepEqual(
    [0n, 2n, 3n, 4n].map((consumed) => pendingEntries(part, consumed).map(({ index }) => index)),
    [[2n, 3n], [2n, 3n], [3n], []],
  )
})
