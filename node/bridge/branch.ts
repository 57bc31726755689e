// The branch that the contract would finalize, as the ledger wants it: blocks in order, with their steps.

import type { Branch, BranchBlock, BranchStep } from '../ledger/types.ts'
import type { Header } from '../protocol/header.ts'
import type { Hash } from '../protocol/ids.ts'
import type { Rules } from '../protocol/rules.ts'
import { decodeStep, queueIndexes, type Step } from '../protocol/step.ts'
import { splitPosted } from '../protocol/trace.ts'
import { verifyPacked } from '../protocol/verify.ts'
import { preferredTip } from './fork-choice.ts'
import type { BlockBody } from './records/judging/judge.ts'
import { ancestry, type BridgeBlock, type BridgeView, blockOf } from './view.ts'

/** The newest final block whose finality is at least `depth` blocks of Ethereum deep below block `tip`: no reorganisation undoes it. */
export function settledBlock(view: BridgeView, tip: bigint, depth: bigint): BridgeBlock {
  for (const block of ancestry(view, view.final)) {
    if (block.id === view.root || (block.finality && block.finality.place.number <= tip - depth)) return block
  }
  return blockOf(view, view.root)
}

/** The newest block at or below block `id` that was judged: what is final may still have to wait for its blobs. */
export function judgedBlock(view: BridgeView, id: Hash): BridgeBlock {
  for (const block of ancestry(view, id)) if (block.verdict.verdict !== 'unknown') return block
  return blockOf(view, view.root)
}

/** Where blocks and their steps are looked up, also those that are older than the view. */
export type BranchSource = {
  readonly blockOf: (id: Hash) => BridgeBlock | undefined
  readonly bodyOf: (id: Hash) => BlockBody
}

/**
 * The preferred branch above block `above`, which is final; by default from the oldest block on that is known. `settled` is what may be called
 * final for good. Both end below what is final and not judged: nobody knows its steps yet. Steps are read from the disk when they are asked for.
 */
export function ledgerBranch(
  rules: Rules,
  view: BridgeView,
  settled: Hash,
  { blockOf, bodyOf }: BranchSource,
  above?: Hash,
): Branch {
  const blocks: BranchBlock[] = []
  let block: BridgeBlock | undefined = judgedBlock(view, preferredTip(view).id)
  while (block !== undefined && block.id !== above) {
    const { id, publishedAt } = block
    const { height, parent } = block.sealed.header
    block = blockOf(parent)
    // What this node began with is not a step of its own.
    if (block === undefined) break
    const { lanes, state } = block.sealed.header
    blocks.push({
      id,
      height,
      publishedAt: Number(publishedAt),
      get steps() {
        return branchSteps(rules, bodyOf(id), { lanes, state })
      },
    })
  }
  return { final: judgedBlock(view, settled).id, blocks: blocks.reverse() }
}

/** The steps of a valid block that have an effect, on a parent with this header: one that leaves the state as it was has none. */
function branchSteps(rules: Rules, body: BlockBody, parent: Pick<Header, 'lanes' | 'state'>): BranchStep[] {
  const { steps, states } = splitPosted(body)
  const indexes = queueIndexes(parent.lanes, steps)
  return steps.flatMap((each, step) => {
    const before = step === 0 ? parent.state : states[step - 1]
    const decoded = states[step] === before ? undefined : decodeStep(each)
    return (decoded && effectOf(rules, decoded, step, indexes[step] ?? 0n)) ?? []
  })
}

/** `step` is its place in the block, `index` the number of its entry in its lane. */
function effectOf(rules: Rules, decoded: Step, step: number, index: bigint): BranchStep | undefined {
  switch (decoded.kind) {
    case 'void':
      return undefined
    case 'deposit':
    case 'entered':
      return { step, kind: 'deposit', index, entry: decoded.entry }
    case 'applied':
    case 'transaction': {
      const transaction = verifyPacked(rules, decoded.packed)
      return typeof transaction === 'string' ? undefined : { step, kind: decoded.kind, transaction }
    }
  }
}
