// A queue as tests keep it: the entries of all lanes in the order in which they came.

import type { QueueReader } from '../../node/protocol/block.ts'
import { LANES, type Lane, type LanePoints, laneOf, type QueueEntry } from '../../node/protocol/queue.ts'

/** The entries of one lane, oldest first. */
export function entriesOf(queue: readonly QueueEntry[], lane: Lane): QueueEntry[] {
  return queue.filter(({ kind }) => laneOf(kind) === lane)
}

/** As a replay asks for them; what comes into the queue later is there too. */
export function readerOf(queue: readonly QueueEntry[]): QueueReader {
  return ({ lane, index }) => entriesOf(queue, lane)[Number(index)]
}

/** What waits after a block that leaves the lanes at these points, lane by lane. */
export function waitingAfter(queue: readonly QueueEntry[], points: LanePoints): QueueEntry[] {
  return LANES.flatMap((lane) => entriesOf(queue, lane).slice(Number(points[lane].count)))
}
