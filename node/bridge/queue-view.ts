// The queue of deposits and forced transactions as this node saw it on Ethereum.

import type { ChainPlace } from '../ethereum/chain.ts'
import { concat } from '../protocol/bytes.ts'
import { keccak } from '../protocol/hash.ts'
import { type Address, type Hash, toBytes, toHash } from '../protocol/ids.ts'
import {
  entryHash,
  LANES,
  type Lane,
  type LaneLengths,
  type LanePoints,
  nextQueueHash,
  ofLanes,
  type QueueEntry,
  type QueuePlace,
} from '../protocol/queue.ts'
import type { Time } from '../protocol/units.ts'

/** `index` is its number in its lane, `from` the account that called Ethereum, `queueHash` the running hash of the lane with this entry as its last. */
export type QueuedEntry = {
  readonly index: bigint
  readonly entry: QueueEntry
  readonly from: Address
  readonly time: Time
  readonly place: ChainPlace
  readonly queueHash: Hash
}

/** All entries of a lane from `start` on; `startHash` is the running hash before them. */
export type LaneView = {
  readonly start: bigint
  readonly startHash: Hash
  readonly entries: readonly QueuedEntry[]
}

export type QueueView = { readonly [Each in Lane]: LaneView }

/** How many entries the lane ever got. */
export function laneLength(lane: LaneView): bigint {
  return lane.start + BigInt(lane.entries.length)
}

export function laneLengths(queue: QueueView): LaneLengths {
  return ofLanes((lane) => laneLength(queue[lane]))
}

/** `undefined` for an entry that does not exist (yet), or is older than what this node began with. */
export function queuedEntryAt(queue: QueueView, { lane, index }: QueuePlace): QueuedEntry | undefined {
  const { start, entries } = queue[lane]
  return index < start ? undefined : entries[Number(index - start)]
}

/** The running hash of a lane after its first `count` entries; `undefined` if that is not known here. */
export function laneHashAt(lane: LaneView, count: bigint): Hash | undefined {
  if (count === lane.start) return lane.startHash
  return count < lane.start ? undefined : lane.entries[Number(count - lane.start) - 1]?.queueHash
}

/** Whether these are points of the lanes that were seen. */
export function isOnQueue(queue: QueueView, points: LanePoints): boolean {
  return LANES.every((lane) => laneHashAt(queue[lane], points[lane].count) === points[lane].hash)
}

/** What a block that leaves the lanes at these points has not consumed yet: lane by lane, oldest first, at most `limit` of each. */
export function pendingEntries(
  queue: QueueView,
  points: LanePoints,
  limit = Number.POSITIVE_INFINITY,
): readonly QueuedEntry[] {
  return LANES.flatMap((lane) => {
    const { start, entries } = queue[lane]
    const { count } = points[lane]
    const from = count < start ? 0 : Number(count - start)
    return entries.slice(from, from + limit)
  })
}

/** Of all that ever waited, for whoever asks whether anything changed: entries may be others at the same lengths after a reorganisation. */
export function fingerprintOf(queue: QueueView): Hash {
  const hashes = LANES.map((lane) => queue[lane].entries.at(-1)?.queueHash ?? queue[lane].startHash)
  return toHash(keccak(concat(...hashes.map(toBytes))))
}

/** The running hash of a lane with one more entry. */
export function hashAfter(lane: LaneView, entry: QueueEntry): Hash {
  return nextQueueHash(lane.entries.at(-1)?.queueHash ?? lane.startHash, entryHash(entry))
}
