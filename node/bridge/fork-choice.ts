// Fork choice: which branch, and which tip, a node orders by and a miner builds on. Pure.

import { racesOf } from './race/lead.ts'
import { type BridgeBlock, type BridgeView, blockOf } from './view.ts'

/**
 * What the contract would make final if honest watchers do their part, from the child of the final block to the tip, lowest first:
 * the branch to order by and to mine on. Remembered for each view, which must not change any more, as in all that follows.
 */
export function preferredBranch(view: BridgeView): BridgeBlock[] {
  return racesOf(view).map(({ child }) => child)
}

/** The newest block of the preferred branch; the final block if there is none above it. */
export function preferredTip(view: BridgeView): BridgeBlock {
  return racesOf(view).at(-1)?.child ?? blockOf(view, view.final)
}
