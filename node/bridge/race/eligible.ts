// Who lives, who may win for whom, and who is ahead: the rules of docs/protocol.md, section 7.5, block by block. Pure.

import { type Hash, keyOf } from '../../protocol/ids.ts'
import { BRANCH_SECONDS, MAX_DEPTH } from '../../protocol/rules.ts'
import { later, type Time } from '../../protocol/units.ts'
import { type BridgeBlock, type BridgeView, blockOf } from '../view.ts'

/** The contract leaves out what was refuted; `honest` eyes see only what our own replay found right. */
export type Eyes = 'contract' | 'honest'

export function isLive(block: BridgeBlock, eyes: Eyes): boolean {
  return !block.refuted && (eyes === 'contract' || block.verdict.verdict === 'valid')
}

/** In the order of publication. */
export function liveChildren(view: BridgeView, parent: Hash, eyes: Eyes): BridgeBlock[] {
  return blockOf(view, parent)
    .children.map((id) => blockOf(view, id))
    .filter((child) => isLive(child, eyes))
}

/** The child of `parent` that leads to block `id`, if that is eligible; undefined if not. Walks down 128 blocks at most. */
export function branchTo(view: BridgeView, parent: Hash, id: Hash, eyes: Eyes): BridgeBlock | undefined {
  const first = firstLive(view, parent, eyes)
  let block = view.blocks.get(id)
  if (first === undefined || block === undefined || block.publishedAt > endOfRace(first)) return undefined
  for (let depth = 0; depth < MAX_DEPTH && block !== undefined && isLive(block, eyes); depth++) {
    if (block.sealed.header.parent === parent) return block
    block = view.blocks.get(block.sealed.header.parent)
  }
  return undefined
}

/** The last second in which a block can be published that counts in the race which `first` began. */
export function endOfRace(first: BridgeBlock): Time {
  return later(first.publishedAt, BRANCH_SECONDS)
}

/** More cumulative work; then the earlier publication; in one second the smaller key. */
export function isAhead(a: BridgeBlock, b: BridgeBlock): boolean {
  if (a.work !== b.work) return a.work > b.work
  if (a.publishedAt !== b.publishedAt) return a.publishedAt < b.publishedAt
  return keyOf(a.id) < keyOf(b.id)
}

function firstLive(view: BridgeView, parent: Hash, eyes: Eyes): BridgeBlock | undefined {
  for (const id of blockOf(view, parent).children) {
    const child = blockOf(view, id)
    if (isLive(child, eyes)) return child
  }
  return undefined
}
