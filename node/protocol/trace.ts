// The trace of a block: a Merkle tree over its steps and the states after them.

import { assert } from './assert.ts'
import { concat } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Hash, toBytes, toHash, ZERO_HASH } from './ids.ts'
import { RuleError } from './rule-error.ts'
import { splitSteps } from './step.ts'

/** The steps and states of a block as the contract's event carries them: packed one after another, and 32 bytes each. */
export type Posted = { readonly steps: Uint8Array; readonly states: Uint8Array }

/** The same, cut apart: each step, and the state after it. */
export type PostedParts = { readonly steps: Uint8Array[]; readonly states: Hash[] }

/** Throws `RuleError('bad-steps')` if a step has no shape, or there is not one state for each. */
export function splitPosted(posted: Posted): PostedParts {
  const steps = splitSteps(posted.steps)
  if (posted.states.length === 32 * steps.length) return { steps, states: splitStates(posted.states) }
  const facts = { steps: steps.length, bytes: posted.states.length }
  throw new RuleError('bad-steps', 'expected one state of 32 bytes for each step', facts)
}

/** The states that are there whole; what is left at the end is passed over. */
export function splitStates(states: Uint8Array): Hash[] {
  return Array.from({ length: Math.floor(states.length / 32) }, (_, i) => toHash(states.subarray(32 * i, 32 * (i + 1))))
}

/** The leaves of a block's trace, which has one state for each step. */
export function traceOf(steps: readonly Uint8Array[], states: readonly Hash[]): Hash[] {
  return steps.map((step, i) => {
    const state = states[i]
    assert(state !== undefined, 'there is one state for each step')
    return traceLeaf(step, state)
  })
}

export function traceLeaf(step: Uint8Array, state: Hash): Hash {
  return toHash(keccak(concat(Uint8Array.of(0), keccak(step), toBytes(state))))
}

/** Root over the leaves, padded with zero to a power of two; zero for none. */
export function traceRoot(leaves: readonly Hash[]): Hash {
  return traceLevels(leaves).at(-1)?.[0] ?? ZERO_HASH
}

/** Siblings from the leaf up: exactly `traceDepth(leaves.length)` of them. */
export function traceProof(leaves: readonly Hash[], index: number): Hash[] {
  if (index < 0 || index >= leaves.length) throw new RangeError(`there is no leaf ${index} of ${leaves.length}`)
  return siblingsIn(traceLevels(leaves), index)
}

/** The proofs of all leaves, at the price of one tree. */
export function traceProofs(leaves: readonly Hash[]): Hash[][] {
  const levels = traceLevels(leaves)
  return leaves.map((_, index) => siblingsIn(levels, index))
}

/** Whether `leaf` is at `index` under `root`. */
export function isInTrace(
  root: Hash,
  stepCount: number,
  index: number,
  leaf: Hash,
  siblings: readonly Hash[],
): boolean {
  if (index < 0 || index >= stepCount || siblings.length !== traceDepth(stepCount)) return false
  const folded = siblings.reduce((node, sibling, height) => {
    return ((index >> height) & 1) === 0 ? hashPair(node, sibling) : hashPair(sibling, node)
  }, leaf)
  return folded === root
}

/** ceil(log2(stepCount)); 0 for none or one. */
export function traceDepth(stepCount: number): number {
  return stepCount <= 1 ? 0 : 32 - Math.clz32(stepCount - 1)
}

function siblingsIn(levels: readonly (readonly Hash[])[], index: number): Hash[] {
  return levels.slice(0, -1).map((level, height) => level[(index >> height) ^ 1] ?? ZERO_HASH)
}

function traceLevels(leaves: readonly Hash[]): Hash[][] {
  if (leaves.length === 0) return []
  let level = Array.from({ length: 2 ** traceDepth(leaves.length) }, (_, i) => leaves[i] ?? ZERO_HASH)
  const levels = [level]
  while (level.length > 1) {
    const below = level
    level = Array.from({ length: below.length / 2 }, (_, i) =>
      hashPair(below[2 * i] ?? ZERO_HASH, below[2 * i + 1] ?? ZERO_HASH),
    )
    levels.push(level)
  }
  return levels
}

function hashPair(left: Hash, right: Hash): Hash {
  return toHash(keccak(concat(Uint8Array.of(1), toBytes(left), toBytes(right))))
}
