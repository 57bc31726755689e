// Whether a publication is what its id commits to: then its content is as certain as the id.

import type { PublishedEvent } from '../../ethereum/chain.ts'
import { blockId, decodeSealed } from '../../protocol/header.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { queueAfter, splitSteps } from '../../protocol/step.ts'
import { splitStates, traceOf, traceRoot } from '../../protocol/trace.ts'
import { queueHashAt } from '../queue-view.ts'
import { type BridgeView, blockOf } from '../view.ts'
import { incomplete } from './fold.ts'

/** Throws `OperationError('ethereum-logs-incomplete')` if the event contradicts itself or the view, which has the parent. */
export function checkPublication(rules: Rules, view: BridgeView, event: PublishedEvent): void {
  const problem = problemOf(rules, view, event)
  if (problem !== undefined) throw incomplete(`the publication of block ${event.id} ${problem}`)
}

function problemOf(
  rules: Rules,
  view: BridgeView,
  { id, parent, miner, sealed: bytes, steps, states }: PublishedEvent,
): string | undefined {
  try {
    const sealed = decodeSealed(bytes)
    const { header, seal } = sealed
    if (blockId(sealed) !== id) return 'has another header'
    if (header.parent !== parent || seal.miner !== miner) return 'names another parent or miner than its header'
    if (header.chain !== rules.chain || header.bridge !== rules.bridge) return 'is of another bridge'
    const parts = splitSteps(steps)
    if (header.stepCount !== parts.length || states.length !== 32 * parts.length) return 'has another number of steps'
    if (traceRoot(traceOf(parts, splitStates(states))) !== header.traceRoot) return 'has other steps'
    const { queueCount, queueHash } = queueAfter(blockOf(view, parent).sealed.header, parts)
    if (header.queueCount !== queueCount || header.queueHash !== queueHash) return 'has other queue entries'
    if (queueHashAt(view.queue, queueCount) !== queueHash) return 'consumes queue entries that were not reported'
    return undefined
  } catch (error) {
    if (error instanceof RuleError) return `is malformed: ${error.message}`
    throw error
  }
}
