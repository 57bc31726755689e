// Whether a publication is what its id commits to: then its content is as certain as the id.

import type { PublishedEvent } from '../../ethereum/chain.ts'
import { blockId, decodeSealed } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { queueAfter, splitSteps } from '../../protocol/step.ts'
import { targetCeiling, targetFloor } from '../../protocol/target.ts'
import { splitStates, traceOf, traceRoot } from '../../protocol/trace.ts'
import { secondsFrom, type Time } from '../../protocol/units.ts'
import { queueHashAt } from '../queue-view.ts'
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
  { id, parent, miner, sealed: bytes, steps, states, time }: PublishedEvent,
): string | undefined {
  try {
    const sealed = decodeSealed(bytes)
    const { header, seal } = sealed
    if (blockId(sealed) !== id) return 'has another header'
    if (header.parent !== parent || seal.miner !== miner) return 'names another parent or miner than its header'
    if (header.chain !== rules.chain || header.bridge !== rules.bridge) return 'is of another bridge'
    const below = blockOf(view, parent)
    const { target, height } = below.sealed.header
    if (header.height !== height + 1n) return 'has another height than the one after its parent'
    const { publishedAt } = below
    const lack = workProblem({ id, target: header.target, time }, { target, publishedAt }, easiestTarget)
    if (lack !== undefined) return lack
    const parts = splitSteps(steps)
    if (header.stepCount !== parts.length || states.length !== 32 * parts.length) return 'has another number of steps'
    if (traceRoot(traceOf(parts, splitStates(states))) !== header.traceRoot) return 'has other steps'
    const { queueCount, queueHash } = queueAfter(below.sealed.header, parts)
    if (header.queueCount !== queueCount || header.queueHash !== queueHash) return 'has other queue entries'
    if (queueHashAt(view.queue, queueCount) !== queueHash) return 'consumes queue entries that were not reported'
    return undefined
  } catch (error) {
    if (error instanceof RuleError) return `is malformed: ${error.message}`
    throw error
  }
}
