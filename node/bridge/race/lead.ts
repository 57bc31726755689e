// The races that decide the preferred branch, from the last final block up, worked out once for each view.

import type { Hash } from '../../protocol/ids.ts'
import type { Time } from '../../protocol/units.ts'
import { type BridgeBlock, type BridgeView, blockOf } from '../view.ts'
import { Contest } from './contest.ts'
import { branchTo, endOfRace, isLive, liveChildren } from './eligible.ts'
import { type Forest, forestAbove, type Place, standsOn } from './forest.ts'

/** The race above one block of the way: at least one of its children is right. */
export type Race = {
  readonly parent: Hash
  /** Children that the contract finds alive, in the order of publication. */
  readonly living: readonly BridgeBlock[]
  /** The first of them that is right, from which all hours count if the wrong ones die. */
  readonly first: BridgeBlock
  /** The right block that is eligible and ahead of all other right ones. */
  readonly best: BridgeBlock
  /** The child of `parent` on the way to `best`, which is the next block of the preferred branch. */
  readonly child: BridgeBlock
  /** What the contract finds ahead of all, be it right or wrong. */
  readonly heaviest: BridgeBlock
  /** The block in the slot of `parent`, if it is eligible; since when, and the child of `parent` that leads to it. */
  readonly nominee?: { readonly block: BridgeBlock; readonly since: Time; readonly child: BridgeBlock }
}

// A view that was handed out never changes: what follows from it is kept as long as it is.
const known = new WeakMap<BridgeView, readonly Race[]>()

/**
 * The races from the child of the final block to the tip, lowest first, in time in proportion to n log n for n blocks above the final one. The
 * same view gets the same answer, so it must not change any more: code that changes the maps of one hands out a new object.
 */
export function racesOf(view: BridgeView): readonly Race[] {
  const races = known.get(view) ?? findRaces(view)
  known.set(view, races)
  return races
}

function findRaces(view: BridgeView): Race[] {
  const forest = forestAbove(view, view.final)
  const right = new Contest([...forest.values()].filter(({ isRight, depth }) => isRight && depth > 0))
  const all = new Contest([...forest.values()].filter(({ depth }) => depth > 0))
  const races: Race[] = []
  for (let ground = forest.get(view.final); ground !== undefined; ) {
    const parent = ground.block.id
    const living = liveChildren(view, parent, 'contract')
    const [earliest] = living
    const first = living.find((block) => isLive(block, 'honest'))
    if (earliest === undefined || first === undefined) break
    const best = right.winner(ground, endOfRace(first))
    const heaviest = all.winner(ground, endOfRace(earliest))
    const next: Place | undefined = best && childTo(forest, living, best)
    if (best === undefined || heaviest === undefined || next === undefined) break
    const nominee = nomineeOf(view, parent)
    races.push({
      ...{ parent, living, first, best: best.block, child: next.block, heaviest: heaviest.block },
      ...(nominee === undefined ? {} : { nominee }),
    })
    ground = next
  }
  return races
}

function childTo(forest: Forest, children: readonly BridgeBlock[], above: Place): Place | undefined {
  for (const { id } of children) {
    const child = forest.get(id)
    if (child !== undefined && (child === above || standsOn(above, child))) return child
  }
  return undefined
}

function nomineeOf(view: BridgeView, parent: Hash): Race['nominee'] {
  const slot = view.slots.get(parent)
  const child = slot && branchTo(view, parent, slot.block, 'contract')
  if (slot === undefined || child === undefined) return undefined
  return { block: blockOf(view, slot.block), since: slot.place.time, child }
}
