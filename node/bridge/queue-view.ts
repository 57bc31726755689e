// The queue of deposits and forced transactions as this node saw it on Ethereum.

import type { ChainPlace } from '../ethereum/chain.ts'
import type { Address, Hash } from '../protocol/ids.ts'
import { entryHash, nextQueueHash, type QueueEntry } from '../protocol/queue.ts'
import type { Time } from '../protocol/units.ts'

/** `from` is the account that called Ethereum, `queueHash` the running hash with this entry as its last. */
export type QueuedEntry = {
  readonly index: bigint
  readonly entry: QueueEntry
  readonly from: Address
  readonly time: Time
  readonly place: ChainPlace
  readonly queueHash: Hash
}

/** All entries from `start` on; `startHash` is the running hash before them. */
export type QueueView = {
  readonly start: bigint
  readonly startHash: Hash
  readonly entries: readonly QueuedEntry[]
}

/** How many entries the queue ever got. */
export function queueLength(queue: QueueView): bigint {
  return queue.start + BigInt(queue.entries.length)
}

/** `undefined` for an entry that does not exist (yet), or is older than what this node began with. */
export function queuedEntryAt(queue: QueueView, index: bigint): QueuedEntry | undefined {
  return index < queue.start ? undefined : queue.entries[Number(index - queue.start)]
}

/** The running hash after the first `count` entries; `undefined` if that is not known here. */
export function queueHashAt(queue: QueueView, count: bigint): Hash | undefined {
  return count === queue.start ? queue.startHash : queuedEntryAt(queue, count - 1n)?.queueHash
}

/** What a block with `consumed` entries behind it has not consumed yet, oldest first. */
export function pendingEntries(queue: QueueView, consumed: bigint): readonly QueuedEntry[] {
  return consumed < queue.start ? queue.entries : queue.entries.slice(Number(consumed - queue.start))
}

/** The running hash with one more entry. */
export function hashAfter(queue: QueueView, entry: QueueEntry): Hash {
  return nextQueueHash(queue.entries.at(-1)?.queueHash ?? queue.startHash, entryHash(entry))
}
