// The race between siblings: whom the contract would make final, and which calls are due. Pure.

import type { Hash } from '../protocol/ids.ts'
import { ALONE_SECONDS, BRANCH_SECONDS, MAX_DEPTH, NOMINATION_SECONDS, RACE_SECONDS } from '../protocol/rules.ts'
import { type BridgeBlock, type BridgeView, blockOf } from './view.ts'

/** The contract leaves out what was refuted; `honest` eyes also leave out what our own replay found wrong. */
export type Eyes = 'contract' | 'honest'

export type DueCall =
  | { readonly call: 'finalize'; readonly block: Hash }
  | { readonly call: 'nominate'; readonly parent: Hash; readonly block: Hash }

export function isLive(block: BridgeBlock, eyes: Eyes): boolean {
  return !block.refuted && (eyes === 'contract' || block.verdict.verdict === 'valid')
}

/** In the order of publication. */
export function liveChildren(view: BridgeView, parent: Hash, eyes: Eyes): BridgeBlock[] {
  return blockOf(view, parent)
    .children.map((id) => blockOf(view, id))
    .filter((child) => isLive(child, eyes))
}

/** The child of `parent` that leads to the eligible block `id`; nothing if it is not eligible. */
export function branchTo(view: BridgeView, parent: Hash, id: Hash, eyes: Eyes): BridgeBlock | undefined {
  const [first] = liveChildren(view, parent, eyes)
  let block = view.blocks.get(id)
  if (first === undefined || block === undefined || block.publishedAt > first.publishedAt + BRANCH_SECONDS)
    return undefined
  for (let depth = 0; depth < MAX_DEPTH && block !== undefined && isLive(block, eyes); depth++) {
    if (block.sealed.header.parent === parent) return block
    block = view.blocks.get(block.sealed.header.parent)
  }
  return undefined
}

/** More cumulative work; then the earlier publication; in one second the smaller id. */
export function isAhead(a: BridgeBlock, b: BridgeBlock): boolean {
  if (a.work !== b.work) return a.work > b.work
  if (a.publishedAt !== b.publishedAt) return a.publishedAt < b.publishedAt
  return a.id < b.id
}

/** The eligible block above `parent` that is ahead of all others, and the child that leads to it; nothing if no child is live. */
export function winnerOf(
  view: BridgeView,
  parent: Hash,
  eyes: Eyes,
): { readonly child: BridgeBlock; readonly block: BridgeBlock } | undefined {
  const children = liveChildren(view, parent, eyes)
  const end = (children[0]?.publishedAt ?? 0n) + BRANCH_SECONDS
  let best: { child: BridgeBlock; block: BridgeBlock } | undefined
  const waiting = children.map((child) => ({ child, block: child, depth: 1 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { child, block, depth } = next
    // What stands on a block that came too late came later still.
    if (block.publishedAt > end || depth > MAX_DEPTH) continue
    if (best === undefined || isAhead(block, best.block)) best = { child, block }
    for (const above of liveChildren(view, block.id, eyes)) waiting.push({ child, block: above, depth: depth + 1 })
  }
  return best
}

/**
 * What the contract would make final if honest watchers do their part, from the child of the final block to the tip, lowest first:
 * the branch to order by and to mine on.
 */
export function preferredBranch(view: BridgeView): BridgeBlock[] {
  const branch: BridgeBlock[] = []
  let next = winnerOf(view, view.final, 'honest')
  while (next !== undefined) {
    branch.push(next.child)
    next = winnerOf(view, next.child.id, 'honest')
  }
  return branch
}

/** The newest block of the preferred branch; the final block if there is none above it. */
export function preferredTip(view: BridgeView): BridgeBlock {
  return preferredBranch(view).at(-1) ?? blockOf(view, view.final)
}

/** The calls that are right and that the contract would take at `now` (unix seconds), as far as it lets us see. */
export function dueCalls(view: BridgeView, now: bigint): DueCall[] {
  if (view.death !== undefined) return []
  const branch = preferredBranch(view)
  const [child] = branch
  const from = child && contractFinalAt(view, child)
  const isDecided = child !== undefined && from !== undefined && now >= from
  const calls: DueCall[] = isDecided ? [{ call: 'finalize', block: child.id }] : []
  // Where a race is decided, another nomination would only put it off.
  const parents = isDecided ? branch : [blockOf(view, view.final), ...branch]
  for (const { id: parent } of parents) {
    const block = dueNomination(view, parent, now)
    if (block !== undefined) calls.push({ call: 'nominate', parent, block: block.id })
  }
  return calls
}

/** From when on the contract takes `finalize` of this child of the final block; nothing while it wants another nomination. */
function contractFinalAt(view: BridgeView, child: BridgeBlock): bigint | undefined {
  const parent = child.sealed.header.parent
  const [first, second] = liveChildren(view, parent, 'contract')
  if (first === child && second === undefined) return child.publishedAt + ALONE_SECONDS
  const slot = view.slots.get(parent)
  if (first === undefined || slot === undefined) return undefined
  if (branchTo(view, parent, slot.block, 'contract') !== child) return undefined
  return max(first.publishedAt + RACE_SECONDS, slot.place.time + NOMINATION_SECONDS)
}

/** The heaviest eligible block of a race, once no further one can join and if the contract would take it now. */
function dueNomination(view: BridgeView, parent: Hash, now: bigint): BridgeBlock | undefined {
  const [first] = liveChildren(view, parent, 'honest')
  const best = winnerOf(view, parent, 'honest')?.block
  if (liveChildren(view, parent, 'contract').length < 2 || first === undefined || best === undefined) return undefined
  if (now <= first.publishedAt + BRANCH_SECONDS || branchTo(view, parent, best.id, 'contract') === undefined)
    return undefined
  const slot = view.slots.get(parent)
  const incumbent = slot && view.blocks.get(slot.block)
  const stands = incumbent !== undefined && branchTo(view, parent, incumbent.id, 'contract') !== undefined
  return stands && !isAhead(best, incumbent) ? undefined : best
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
