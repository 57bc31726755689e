// Who wins the races on a way up through the tree, all of them at the price of one. Pure.

import { MAX_DEPTH } from '../../protocol/rules.ts'
import type { Time } from '../../protocol/units.ts'
import { isAhead } from './eligible.ts'
import { type Place, standsOn } from './forest.ts'
import { Heap } from './heap.ts'

/**
 * Says for one block after the other, each on the one before, which of the members above it is eligible and ahead of all others.
 *
 * On such a way windows only open: the first child of a higher block came later, so its race ends later and reaches higher. What was
 * eligible stays so, unless it does not build on the next block, and then it builds on none of the later ones. So each of n members enters
 * the heap once, when its time and depth come, and leaves it once: n log n comparisons for the whole way, however long that is, and
 * whatever an adversary hangs where. A search at each height would look at a block up to 128 times.
 */
export class Contest {
  /** By time of publication; those before `#next` have been looked at. */
  readonly #members: readonly Place[]
  #next = 0
  /** In time, but too high as yet, by their depth. */
  readonly #tooHigh = new Map<number, Place[]>()
  #highest = 0
  readonly #eligible = new Heap<Place>((a, b) => isAhead(a.block, b.block))

  /** Whose parents are members too, or the first block that is asked about. */
  constructor(members: Iterable<Place>) {
    this.#members = [...members].sort((a, b) => compare(a.block.publishedAt, b.block.publishedAt))
  }

  /** `end` is when the race above `ground` closes; never earlier than that of the call before. */
  winner(ground: Place, end: Time): Place | undefined {
    while (this.#highest < ground.depth + MAX_DEPTH) {
      this.#highest++
      for (const place of this.#tooHigh.get(this.#highest) ?? []) this.#eligible.push(place)
      this.#tooHigh.delete(this.#highest)
    }
    for (let place = this.#members[this.#next]; place !== undefined; place = this.#members[++this.#next]) {
      if (place.block.publishedAt > end) break
      if (place.depth <= this.#highest) this.#eligible.push(place)
      else this.#wait(place)
    }
    while (this.#eligible.top !== undefined && !standsOn(this.#eligible.top, ground)) this.#eligible.pop()
    return this.#eligible.top
  }

  #wait(place: Place): void {
    const waiting = this.#tooHigh.get(place.depth)
    if (waiting === undefined) this.#tooHigh.set(place.depth, [place])
    else waiting.push(place)
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
