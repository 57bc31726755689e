// The replay of a final block of the past, on the state that everything before it led to: whether it leads to its own header.

import { applyStep } from '../../protocol/apply.ts'
import { headerOf, type ParentBlock, sumsOf, voidProblem } from '../../protocol/block.ts'
import { keccak } from '../../protocol/hash.ts'
import { blockId, type SealedHeader, toGrowth } from '../../protocol/header.ts'
import { toHash } from '../../protocol/ids.ts'
import { describeProblem, type Problem } from '../../protocol/problems.ts'
import { LANES, type QueueEntry } from '../../protocol/queue.ts'
import { requestsIn } from '../../protocol/requests.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { stateRoot } from '../../protocol/state.ts'
import { decodeStep, laneOfStep, queueFeeOf, readLanes } from '../../protocol/step.ts'
import { type PastBlock, stepsOfPast } from './past-block.ts'

/**
 * The block with its state. All of its header is worked out again but for target and trace root: what the first says the contract has seen to, and that the
 * second commits to these rows matters only where they lead elsewhere (`isBound`).
 *
 * Throws `RuleError`: `bad-past` where a forced transaction is missing that a void step stands for, which says nothing about the block; else
 * `bad-steps` or `wrong-past`: the block is wrong, if these are its rows.
 */
export function retrace(rules: Rules, parent: ParentBlock, block: PastBlock): ParentBlock {
  const { sealed } = block
  const steps = stepsOfPast(block)
  // Anybody may send rows, and more of them than any header counts.
  if (steps.length !== sealed.header.stepCount) throw wrongCount(sealed, steps.length)
  const { lanes, places } = readLanes(parent.header.lanes, steps)
  // What it calls void is in the queue, and so can be sent, where these are the entries of the queue.
  if (LANES.some((lane) => lanes[lane].hash !== sealed.header.lanes[lane].hash)) throw wrongLanes(sealed)
  const voids = new Map(block.voids.map((packed) => [toHash(keccak(packed)), packed]))
  let [state, growth] = [parent.state, 0]
  for (const [i, step] of steps.entries()) {
    // What is not from the queue, and says that it is, would make money from nothing.
    if (i >= places.length && isOfQueue(step)) throw wrongStep(sealed, i, 'WrongEntry')
    const applied = applyStep(rules, state, places[i]?.index ?? 0n, step)
    if (applied.reason !== 'None') throw wrongStep(sealed, i, applied.reason)
    const voided = voidProblem(rules, state, step, places[i], () => voidIn(step, voids))
    if (voided === 'WrongVoid') throw wrongStep(sealed, i, voided)
    if (voided !== undefined) throw lacksVoids(sealed, i)
    state = applied.state
    growth += applied.growth
  }
  const isInBlobs = 'blobs' in block.rows
  const header = headerOf(rules, parent, sealed.header.target, {
    ...sumsOf(steps, requestsIn(steps)),
    stepCount: steps.length,
    growth: isInBlobs ? toGrowth(growth) : 0,
    traceRoot: sealed.header.traceRoot,
    state: stateRoot(state),
    lanes,
  })
  const id = blockId(sealed)
  if (blockId({ ...sealed, header }) === id) return { id, header, state }
  throw new RuleError('wrong-past', `expected the steps of block ${id} to lead to its header, got another one`, {
    block: id,
  })
}

function isOfQueue(step: Uint8Array): boolean {
  const decoded = decodeStep(step)
  return decoded !== undefined && laneOfStep(decoded) !== undefined
}

function voidIn(step: Uint8Array, voids: ReadonlyMap<string, Uint8Array>): QueueEntry | undefined {
  const decoded = decodeStep(step)
  const packed = decoded?.kind === 'void' ? voids.get(decoded.packedHash) : undefined
  return packed && decoded && { kind: 'forced', fee: queueFeeOf(decoded), packed }
}

function wrongStep(sealed: SealedHeader, step: number, problem: Problem): RuleError {
  const block = blockId(sealed)
  return new RuleError('wrong-past', `block ${block}: ${describeProblem(step, problem)}`, { block, step, problem })
}

function wrongCount(sealed: SealedHeader, got: number): RuleError {
  const block = blockId(sealed)
  const expected = sealed.header.stepCount
  return new RuleError('wrong-past', `expected ${expected} steps of block ${block}, got ${got}`, { block, got })
}

function wrongLanes(sealed: SealedHeader): RuleError {
  const block = blockId(sealed)
  return new RuleError('wrong-past', `expected the steps of block ${block} to be the queue's entries, got others`, {
    block,
  })
}

function lacksVoids(sealed: SealedHeader, step: number): RuleError {
  const block = blockId(sealed)
  return new RuleError(
    'bad-past',
    `expected the forced transaction that step ${step} of block ${block} calls void, got none`,
    { block, step },
  )
}
