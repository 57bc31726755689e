// Whether a publication is what its id commits to: then its content is as certain as the id.

import type { PublishedEvent } from '../../ethereum/chain.ts'
import { blockId, challengeOf, decodeSealed } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { headerOfContent } from '../../protocol/replay.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { targetCeiling, targetFloor } from '../../protocol/target.ts'
import { secondsFrom, type Time } from '../../protocol/units.ts'
import { isOnQueue } from '../queue-view.ts'
import { type BridgeView, blockOf } from '../view.ts'
import { incomplete } from './fold.ts'

/** What the contract was deployed with, and whether a header shows the work that this asks for. */
export type Terms = { readonly rules: Rules; readonly easiestTarget: bigint; readonly workProblem: WorkCheck }

/** What is wrong with the work behind the header `id`, published at `time` on this parent. */
export type WorkCheck = (
  block: { readonly id: Hash; readonly target: bigint; readonly time: Time },
  parent: { readonly target: bigint; readonly publishedAt: Time },
  easiestTarget: bigint,
) => string | undefined

/** As the contract checks it, docs/protocol.md section 7.2: so a block that was made up has cost as much as one that was found. */
export const workProblem: WorkCheck = ({ id, target, time }, parent, easiestTarget) => {
  if (time < parent.publishedAt) return 'came before its parent'
  const ceiling = targetCeiling(parent.target, secondsFrom(parent.publishedAt, time), easiestTarget)
  if (target < targetFloor(parent.target) || target > ceiling) return 'has a target out of range'
  return BigInt(id) > target ? 'lacks the work that its target asks for' : undefined
}

/** Throws `OperationError('ethereum-logs-incomplete')` if the event contradicts itself, the view, which has the parent, or these terms. */
export function checkPublication(terms: Terms, view: BridgeView, event: PublishedEvent): void {
  const problem = problemOf(terms, view, event)
  if (problem !== undefined) throw incomplete(`the publication of block ${event.id} ${problem}`)
}

function problemOf(
  { rules, easiestTarget, workProblem }: Terms,
  view: BridgeView,
  { id, parent, miner, sealed: bytes, body, time }: PublishedEvent,
): string | undefined {
  try {
    const sealed = decodeSealed(bytes)
    const { header, seal } = sealed
    if (blockId(sealed) !== id) return 'has another header'
    if (header.parent !== parent || seal.miner !== miner) return 'names another parent or miner than its header'
    const below = blockOf(view, parent)
    const { target } = below.sealed.header
    const { publishedAt } = below
    const lack = workProblem({ id, target: header.target, time }, { target, publishedAt }, easiestTarget)
    if (lack !== undefined) return lack
    const derived = headerOfContent(rules, { id: parent, header: below.sealed.header }, header, body)
    if (challengeOf(derived) !== challengeOf(header)) return 'says in its header what does not follow from its content'
    if (!isOnQueue(view.queue, header.lanes)) return 'consumes queue entries that were not reported'
    return undefined
  } catch (error) {
    if (error instanceof RuleError) return `is malformed: ${error.message}`
    throw error
  }
}
