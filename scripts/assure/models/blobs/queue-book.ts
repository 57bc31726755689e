// A queue of a bridge that is not there: its lanes from some entry on, as the contract would keep them.

import { assert } from '../../../../node/protocol/assert.ts'
import type { QueueReader } from '../../../../node/protocol/block.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'
import {
  entryHash,
  type LaneLengths,
  type LanePoints,
  laneOf,
  nextQueueHash,
  ofLanes,
  type QueueEntry,
  type QueuePlace,
} from '../../../../node/protocol/queue.ts'

/** The running hash on both sides of an entry. */
export type QueueSpot = { readonly before: Hash; readonly beyond: Hash }

type Kept = { readonly entry: QueueEntry; readonly spot: QueueSpot }

export class QueueBook {
  readonly begin: LanePoints
  readonly #lanes = ofLanes((): Kept[] => [])

  /** Entries have the numbers from `begin` on; the hashes there are anybody's. */
  constructor(begin: LanePoints) {
    this.begin = begin
  }

  append(entry: QueueEntry): void {
    const lane = laneOf(entry.kind)
    const before = this.#lanes[lane].at(-1)?.spot.beyond ?? this.begin[lane].hash
    this.#lanes[lane].push({ entry, spot: { before, beyond: nextQueueHash(before, entryHash(entry)) } })
  }

  /** As `Bridge.refute` reads it. Throws if there is no such entry. */
  spotOf(place: QueuePlace): QueueSpot {
    const kept = this.#at(place)
    assert(kept !== undefined, 'the queue has what a published block consumes')
    return kept.spot
  }

  /** Whether a block may leave the lanes at these points, as far as hashes say it. */
  isOn({ deposits, assets, forced }: LanePoints): boolean {
    return [['deposits', deposits] as const, ['assets', assets] as const, ['forced', forced] as const].every(
      ([lane, { count, hash }]) => {
        if (count === this.begin[lane].count) return hash === this.begin[lane].hash
        return this.#at({ lane, index: count - 1n })?.spot.beyond === hash
      },
    )
  }

  get reader(): QueueReader {
    return (place) => this.#at(place)?.entry
  }

  #at({ lane, index }: QueuePlace): Kept | undefined {
    return this.#lanes[lane][Number(index - this.begin[lane].count)]
  }
}

/** Lanes of which that many entries were consumed. The hashes are made of `seed`, whose last bytes do not count. */
export function lanesAt(seed: Uint8Array, counts: LaneLengths): LanePoints {
  const hash = toHash(seed.slice().fill(0, 27))
  return ofLanes((lane) => ({ count: counts[lane], hash }))
}
