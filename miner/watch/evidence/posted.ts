// Whether bytes are those of a published block: they all hang on its id, so it does not matter who sends them.

import type { PublishedBlock } from '../../../node/protocol/block.ts'
import { blockId } from '../../../node/protocol/header.ts'
import { type Hash, isSameBlock, isShortId } from '../../../node/protocol/ids.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { splitSteps } from '../../../node/protocol/step.ts'
import { splitStates, traceOf, traceRoot } from '../../../node/protocol/trace.ts'

/** Throws `RuleError('bad-evidence')`, or what is wrong with the shape of the steps. */
export function checkPosted(id: Hash, block: PublishedBlock): void {
  if (!isNamed(blockId(block.sealed), id)) throw anotherBlock(id, 'the header of')
  if (!isPosted(block)) throw anotherBlock(id, 'the steps and states that are committed to by the header of')
}

/** Whether steps and states are those that the header commits to. What a block without steps leads to is its parent's to say. */
export function isPosted({ sealed, steps, states }: PublishedBlock): boolean {
  const { stepCount, traceRoot: root, state } = sealed.header
  const split = splitSteps(steps)
  if (split.length !== stepCount || states.length !== 32 * stepCount) return false
  const after = splitStates(states)
  if (traceRoot(traceOf(split, after)) !== root) return false
  return (after.at(-1) ?? state) === state
}

/** Whether a block of this id was asked for: by its whole id, or by a short one. */
function isNamed(id: Hash, asked: Hash): boolean {
  return id === asked || (isShortId(asked) && isSameBlock(id, asked))
}

function anotherBlock(id: Hash, what: string): RuleError {
  return new RuleError('bad-evidence', `expected ${what} block ${id}, got others`, { block: id })
}
