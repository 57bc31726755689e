// All that lives above a block, numbered so that "builds on" is a comparison of two numbers. Pure.

import type { Hash } from '../../protocol/ids.ts'
import { type BridgeBlock, type BridgeView, descent } from '../view.ts'
import { isLive } from './eligible.ts'

export type Place = {
  readonly block: BridgeBlock
  /** In the order in which a walk through the tree meets the blocks: what builds on this one has the numbers above it and below `end`. */
  readonly number: number
  readonly end: number
  /** Blocks on the way from the ground, itself included. */
  readonly depth: number
  /** Whether it, and every block on the way, is right in our own eyes. */
  readonly isRight: boolean
}

export type Forest = ReadonlyMap<Hash, Place>

/** Block `ground` and all above it on whose way nothing is refuted, parents before children. Takes time in proportion to what is there. */
export function forestAbove(view: BridgeView, ground: Hash): Forest {
  const forest = new Map<Hash, Place & { end: number }>()
  for (const block of descent(view, ground)) {
    const below = block.id === ground ? undefined : forest.get(block.sealed.header.parent)
    if (block.id !== ground && (below === undefined || !isLive(block, 'contract'))) continue
    const number = forest.size
    const isRight = below === undefined || (below.isRight && isLive(block, 'honest'))
    forest.set(block.id, { block, number, end: number + 1, depth: below === undefined ? 0 : below.depth + 1, isRight })
  }
  for (const { block, end } of [...forest.values()].reverse()) {
    const below = block.id === ground ? undefined : forest.get(block.sealed.header.parent)
    if (below !== undefined && below.end < end) below.end = end
  }
  return forest
}

/** Whether `place` is above `below`, over however many blocks. */
export function standsOn(place: Place, below: Place): boolean {
  return place.number > below.number && place.number < below.end
}
