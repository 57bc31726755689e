// Which blocks off the leading branch contain a transaction.

import { setImmediate } from 'node:timers/promises'
import { preferredBranch } from '../../bridge/fork-choice.ts'
import { isAhead } from '../../bridge/race/eligible.ts'
import { forestAbove } from '../../bridge/race/forest.ts'
import type { BridgeBlock, BridgeView } from '../../bridge/view.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import { decodeStep, splitSteps, transactionIn } from '../../protocol/step.ts'
import type { Result } from '../api.ts'
import { type NodeParts, verdictAnswer } from './parts.ts'

type Elsewhere = Pick<Result<'tx_where'>, 'elsewhere' | 'unread'>

/** This many blocks are looked into: 122,880 bytes each. */
const MOST_READ = 128
/** This many of them in one turn. */
const TURN = 16

// The same for every transaction.
const known = new WeakMap<BridgeView, readonly BridgeBlock[]>()

/**
 * Blocks that may still become final, or die, that contain a transaction and are not on the branch by which it is ordered. Of a crowd only the
 * heaviest are looked into: what weighs less is less likely to count, and somebody may have hung it there to keep this node busy.
 */
export async function elsewhereOf({ follower }: Pick<NodeParts, 'follower'>, packed: Uint8Array): Promise<Elsewhere> {
  if (follower === undefined) return { elsewhere: [], unread: 0 }
  const others = known.get(follower.view) ?? othersOf(follower.view)
  known.set(follower.view, others)
  const elsewhere: Elsewhere['elsewhere'] = []
  for (const [i, { id, verdict }] of others.slice(0, MOST_READ).entries()) {
    if (i % TURN === TURN - 1) await setImmediate()
    const body = await follower.body(id)
    const step = body === undefined ? -1 : stepOf(body.steps, packed)
    if (step !== -1) elsewhere.push({ block: id, step, ...verdictAnswer(verdict) })
  }
  return { elsewhere, unread: Math.max(0, others.length - MOST_READ) }
}

/** All that lives above the final block and is not on the preferred branch, what is ahead first. */
function othersOf(view: BridgeView): BridgeBlock[] {
  const passed = new Set([view.final, ...preferredBranch(view).map(({ id }) => id)])
  return [...forestAbove(view, view.final).values()]
    .flatMap(({ block }) => (passed.has(block.id) ? [] : [block]))
    .sort((a, b) => (isAhead(a, b) ? -1 : 1))
}

/** The number of the step that is this transaction; -1 if there is none. A packed form belongs to one file, so equal bytes are the same. */
function stepOf(steps: Uint8Array, packed: Uint8Array): number {
  if (!Buffer.from(steps.buffer, steps.byteOffset, steps.byteLength).includes(Buffer.from(packed))) return -1
  return splitSteps(steps).findIndex((bytes) => {
    const step = decodeStep(bytes)
    const applied = step && transactionIn(step)
    return applied !== undefined && equalBytes(applied, packed)
  })
}
