// The queue of the bridge as the node knows it, read from its answers.

import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import type { QueueReader } from '../node/protocol/block.ts'
import {
  countsOf,
  LANES,
  type Lane,
  type LaneLengths,
  type LanePoints,
  laneOf,
  NO_LENGTHS,
  type QueueEntry,
  type QueuePlace,
} from '../node/protocol/queue.ts'
import { LANE_SHARE } from '../node/protocol/rules.ts'
import type { Result } from '../node/rpc/api.ts'

type Served = Result<'bridge_queue'>['entries'][number]

/** Up to 500 entries of a lane from a place on; it has nothing for those that the node does not know. Throws what the node throws. */
export async function readQueue(
  node: NodeClient,
  { lane, index: from }: QueuePlace,
  count: number,
  signal?: AbortSignal,
): Promise<QueueReader> {
  const { entries } = await node.call('bridge_queue', { lane, from, count }, signal)
  const known = new Map(entries.map((entry) => [entry.index, parseEntry(entry)]))
  return (place) => (place.lane === lane ? known.get(place.index) : undefined)
}

/** What a block on a parent that leaves the lanes at these points has to be ready to consume, lane by lane. Throws what the node throws. */
export async function readPending(
  node: NodeClient,
  points: LanePoints,
  signal?: AbortSignal,
): Promise<{ readonly entries: readonly Served[]; readonly lengths: LaneLengths }> {
  const pending: Served[] = []
  const lengths: { [Each in Lane]: bigint } = { ...NO_LENGTHS }
  for (const lane of LANES) {
    const { count: from } = points[lane]
    const { entries, length } = await node.call('bridge_queue', { lane, from, count: LANE_SHARE }, signal)
    pending.push(...entries)
    lengths[lane] = length
  }
  return { entries: pending, lengths }
}

/** The entries, which have to be those that follow these points, lane by lane. Throws `OperationError('bad-answer')`. */
export function parsePending(points: LanePoints, served: readonly Served[]): QueueEntry[] {
  const next: { [Each in Lane]: bigint } = { ...countsOf(points) }
  let last = 0
  return served.map((entry) => {
    const lane = laneOf(entry.kind)
    const place = LANES.indexOf(lane)
    if (place < last || entry.index !== next[lane])
      throw badAnswer(`entry ${next[lane]} of the lane of ${lane} after the parent, got ${entry.index}`)
    last = place
    next[lane] += 1n
    return parseEntry(entry)
  })
}

/** Throws `OperationError('bad-answer')`. */
export function parseEntry(entry: Served): QueueEntry {
  const { kind, gross, amount, asset, to, fee, packed } = entry
  if (kind === 'deposit' && gross !== undefined && to !== undefined) return { kind, gross, to }
  if (kind === 'entered' && amount !== undefined && asset !== undefined && to !== undefined && fee !== undefined)
    return { kind, fee, amount, to, asset }
  if (kind === 'forced' && fee !== undefined && packed !== undefined) return { kind, fee, packed }
  throw badAnswer(`queue entry ${entry.index} with all that its kind has`)
}

export function badAnswer(expected: string): OperationError {
  return new OperationError('bad-answer', `expected from the node ${expected}; is it of the same version?`, {
    retry: true,
  })
}
