// Whether a publication is what its id commits to: then its content is as certain as the id.

import type { PublishedEvent } from '../../ethereum/chain.ts'
import { blockId, decodeSealed } from '../../protocol/header.ts'
import { toHash } from '../../protocol/ids.ts'
import { nextQueueHash } from '../../protocol/queue.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { decodeStep, splitSteps, stepEntryHash } from '../../protocol/step.ts'
import { traceLeaf, traceRoot } from '../../protocol/trace.ts'
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
    const stateAt = (i: number) => toHash(states.subarray(32 * i, 32 * (i + 1)))
    if (traceRoot(parts.map((step, i) => traceLeaf(step, stateAt(i)))) !== header.traceRoot) return 'has other steps'
    const before = blockOf(view, parent).sealed.header
    let { queueCount, queueHash } = before
    for (const part of parts) {
      const step = decodeStep(part)
      const entry = step && stepEntryHash(step)
      if (entry === undefined) break
      queueHash = nextQueueHash(queueHash, entry)
      queueCount += 1n
    }
    if (header.queueCount !== queueCount || header.queueHash !== queueHash) return 'has other queue entries'
    if (queueHashAt(view.queue, queueCount) !== queueHash) return 'consumes queue entries that were not reported'
    return undefined
  } catch (error) {
    if (error instanceof RuleError) return `is malformed: ${error.message}`
    throw error
  }
}
