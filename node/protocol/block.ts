// A bridging block: assembling one from steps, and replaying one that somebody published.

import { applyStep, applyTransaction } from './apply.ts'
import { type BlockContent, type BlockRequest, blockTorrent } from './block-torrent.ts'
import { concat } from './bytes.ts'
import { keccak } from './hash.ts'
import type { Header, SealedHeader } from './header.ts'
import { type Hash, toBytes, toHash } from './ids.ts'
import { unpackTransaction } from './packed.ts'
import { minerPart, nextQueueHash, type QueueEntry } from './queue.ts'
import { RuleError } from './rule-error.ts'
import type { Reason, Rules } from './rules.ts'
import { type State, stateRoot } from './state.ts'
import { decodeStep, splitSteps, stepEntryHash } from './step.ts'
import { traceLeaf, traceRoot } from './trace.ts'
import { verifyPacked } from './verify.ts'

/** As the contract's event carries it: steps packed one after another, states of 32 bytes. */
export type PublishedBlock = { readonly sealed: SealedHeader; readonly steps: Uint8Array; readonly states: Uint8Array }

/** A block and the state after it, to build on. `id` is the block's. */
export type ParentBlock = { readonly id: Hash; readonly header: Header; readonly state: State }

/** Queue entries by index; `undefined` if this node has not seen the entry (yet). */
export type QueueReader = (index: bigint) => QueueEntry | undefined

export type Verdict =
  | { readonly verdict: 'valid'; readonly state: State }
  /** `problem` is the step's own reason, or that its stated result differs from `expected`, or that a void was not a void. */
  | {
      readonly verdict: 'invalid'
      readonly step: number
      readonly problem: Exclude<Reason, 'None'> | 'WrongState' | 'WrongVoid'
      readonly stated: Hash
      readonly expected?: Hash
    }
  /** Our own view does not suffice to judge; never a reason to act. */
  | { readonly verdict: 'unknown'; readonly step: number; readonly why: string }

/** Replays a published block on its parent and says which step is the first wrong one, if any. Throws `RuleError('bad-steps')`. */
export function replayBlock(rules: Rules, parent: ParentBlock, block: PublishedBlock, queue: QueueReader): Verdict {
  let state = parent.state
  const steps = splitSteps(block.steps)
  if (block.states.length !== 32 * steps.length) {
    const facts = { steps: steps.length, bytes: block.states.length }
    throw new RuleError('bad-steps', 'expected one state of 32 bytes for each step', facts)
  }
  for (const [i, step] of steps.entries()) {
    const stated = toHash(block.states.subarray(32 * i, 32 * (i + 1)))
    const index = parent.header.queueCount + BigInt(i)
    const decoded = decodeStep(step)
    if (decoded?.kind === 'void') {
      const entry = queue(index)
      if (entry?.kind !== 'forced' || toHash(keccak(entry.packed)) !== decoded.packedHash) {
        return { verdict: 'unknown', step: i, why: `queue entry ${index} is not known here, or is another one` }
      }
      if (isApplicable(rules, state, entry.packed)) return { verdict: 'invalid', step: i, problem: 'WrongVoid', stated }
    }
    const applied = applyStep(rules, state, index, step)
    if (applied.reason !== 'None') return { verdict: 'invalid', step: i, problem: applied.reason, stated }
    const expected = stateRoot(applied.state)
    if (expected !== stated) return { verdict: 'invalid', step: i, problem: 'WrongState', stated, expected }
    state = applied.state
  }
  return { verdict: 'valid', state }
}

/** What a block of these steps says, ready for its torrent and its header. Every step must apply: use `applyStep` to choose them. */
export function assembleBlock(
  rules: Rules,
  parent: ParentBlock,
  target: bigint,
  steps: readonly { readonly step: Uint8Array; readonly after: State }[],
): { readonly header: Header; readonly content: BlockContent; readonly block: Omit<PublishedBlock, 'sealed'> } {
  const states = steps.map(({ after }) => stateRoot(after))
  const state = steps.at(-1)?.after ?? parent.state
  const packed = steps.map(({ step }) => step)
  const header = deriveHeader(rules, parent, target, packed, states)
  const block = { steps: concat(...steps.map(({ step }) => step)), states: concat(...states.map(toBytes)) }
  const content: BlockContent = { header, requests: requestsOf(rules, block.steps), state, ...block }
  return { header: { ...header, torrent: blockTorrent(content).infohash }, content, block }
}

/** The header as the contract derives it from what is posted; all but the torrent. One state for each step. */
export function deriveHeader(
  rules: Rules,
  parent: Omit<ParentBlock, 'state'>,
  target: bigint,
  steps: readonly Uint8Array[],
  states: readonly Hash[],
): Omit<Header, 'torrent'> {
  let { queueCount, queueHash } = parent.header
  for (const step of steps) {
    const decoded = decodeStep(step)
    const entry = decoded && stepEntryHash(decoded)
    if (entry === undefined) break
    queueHash = nextQueueHash(queueHash, entry)
    queueCount += 1n
  }
  return {
    chain: rules.chain,
    bridge: rules.bridge,
    parent: parent.id,
    height: parent.header.height + 1n,
    target,
    stepCount: steps.length,
    traceRoot: traceRoot(steps.map((step, i) => traceLeaf(step, states[i] ?? parent.header.state))),
    state: states.at(-1) ?? parent.header.state,
    queueCount,
    queueHash,
  }
}

/** The requests among steps that were judged valid, in step order. */
export function requestsOf(rules: Rules, steps: Uint8Array): BlockRequest[] {
  return splitSteps(steps).flatMap((bytes, step) => {
    const decoded = decodeStep(bytes)
    if (decoded?.kind !== 'applied' && decoded?.kind !== 'transaction') return []
    if (unpackTransaction(decoded.packed)?.request !== true) return []
    const verified = verifyPacked(rules, decoded.packed)
    if (typeof verified === 'string' || verified.tx.bridge === undefined) return []
    const { tx, infohash } = verified
    return [{ step, infohash, from: tx.from, to: verified.tx.bridge.to, tokens: tx.tokens }]
  })
}

/** What finality of the block pays its miner in wTTX, docs/protocol.md section 7.4. */
export function minerFee(steps: Uint8Array): bigint {
  let fee = 0n
  for (const bytes of splitSteps(steps)) {
    const step = decodeStep(bytes)
    if (step?.kind === 'deposit') fee += minerPart(step.entry.gross)
    if (step?.kind !== 'applied' && step?.kind !== 'transaction') continue
    const fields = unpackTransaction(step.packed)
    if (fields?.request) fee += minerPart(fields.tokens)
  }
  return fee
}

function isApplicable(rules: Rules, state: State, packed: Uint8Array): boolean {
  const verified = verifyPacked(rules, packed)
  return typeof verified !== 'string' && applyTransaction(state, verified).reason === 'None'
}
