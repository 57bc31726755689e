// A bridging block: assembling one from steps, and replaying one that somebody published.

import { applyStep, applyTransaction } from './apply.ts'
import { assert } from './assert.ts'
import type { BlockContent, BlockRequest } from './block-torrent.ts'
import { concat } from './bytes.ts'
import { feeOf, netOf } from './fee.ts'
import { keccak } from './hash.ts'
import type { Header, SealedHeader } from './header.ts'
import { type Hash, toBytes, toHash } from './ids.ts'
import { unpackTransaction } from './packed.ts'
import type { Problem } from './problems.ts'
import { placeOfStep, type QueueEntry, type QueuePlace } from './queue.ts'
import { type Asked, asksForTtx, requestsIn, requestsRoot } from './requests.ts'
import { RuleError } from './rule-error.ts'
import type { Rules } from './rules.ts'
import { ofAsset, type State, stateRoot } from './state.ts'
import { decodeStep, queueFeeOf, readLanes, splitSteps, transactionIn } from './step.ts'
import { type Posted, splitPosted, traceOf, traceRoot } from './trace.ts'
import { toBaseUnits, toGwei } from './units.ts'
import { verifyPacked } from './verify.ts'

/** What a header has room for: 12 bytes of base units, 8 of gwei. */
const AMOUNT_LIMIT = 2n ** 96n - 1n
const GWEI_LIMIT = 2n ** 64n - 1n

export type PublishedBlock = Posted & { readonly sealed: SealedHeader }

/** A block and the state after it, to build on. `id` is the block's. */
export type ParentBlock = { readonly id: Hash; readonly header: Header; readonly state: State }

/** Queue entries by their place; `undefined` if this node has not seen the entry (yet). */
export type QueueReader = (place: QueuePlace) => QueueEntry | undefined

export type Verdict =
  | { readonly verdict: 'valid'; readonly state: State }
  /**
   * `problem` is the step's own reason, or that its stated result differs from `expected`, or that a void was not a void; of rows in blobs also
   * that it ends elsewhere than stated, is not what the queue has there, that the block counts its requests or the entries of the state
   * otherwise, or that the head has another request.
   */
  | {
      readonly verdict: 'invalid'
      readonly step: number
      readonly problem: Problem
      readonly stated: Hash
      readonly expected?: Hash
    }
  /** Our own view does not suffice to judge; never a reason to act. */
  | { readonly verdict: 'unknown'; readonly step: number; readonly why: string }

/** A replay that pauses after each row: of thousands it takes seconds, and whoever runs it has something else to do. */
export type Replay = Generator<undefined, Verdict, void>

/** Replays a published block on its parent and says which step is the first wrong one, if any. Throws `RuleError('bad-steps')`. */
export function replayBlock(rules: Rules, parent: ParentBlock, block: PublishedBlock, queue: QueueReader): Verdict {
  return finish(replaySteps(rules, parent, block, queue))
}

/** The same with pauses. */
export function* replaySteps(rules: Rules, parent: ParentBlock, block: PublishedBlock, queue: QueueReader): Replay {
  let state = parent.state
  const { steps, states } = splitPosted(block)
  const { places } = readLanes(parent.header.lanes, steps)
  for (const [i, step] of steps.entries()) {
    const stated = states[i]
    assert(stated !== undefined, 'there is one state for each step')
    const applied = applyStep(rules, state, places[i]?.index ?? 0n, step)
    if (applied.reason !== 'None') return { verdict: 'invalid', step: i, problem: applied.reason, stated }
    const expected = stateRoot(applied.state)
    if (expected !== stated) return { verdict: 'invalid', step: i, problem: 'WrongState', stated, expected }
    const voided = voidProblem(rules, state, step, places[i], queue)
    if (voided === 'WrongVoid') return { verdict: 'invalid', step: i, problem: voided, stated }
    if (voided !== undefined) return { verdict: 'unknown', step: i, why: voided.why }
    state = applied.state
    yield
  }
  return { verdict: 'valid', state }
}

/** What work with pauses comes to, without any. */
export function finish<T>(work: Iterator<undefined, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** What `applyStep` wants of step `index` of a block with this header: the number of the entry that it consumes in its lane, 0 if it consumes none. */
export function queueIndexOf(parent: Pick<Header, 'lanes'>, block: Pick<Header, 'lanes'>, index: number): bigint {
  return placeOfStep(parent.lanes, block.lanes, index)?.index ?? 0n
}

/** What a block of these steps says: its header, and all that its torrent holds once it is sealed. Every step must apply: use `applyStep` to choose them. */
export function assembleBlock(
  rules: Rules,
  parent: ParentBlock,
  target: bigint,
  steps: readonly { readonly step: Uint8Array; readonly after: State }[],
): {
  readonly header: Header
  readonly content: Posted & Pick<BlockContent, 'requests' | 'state'>
  readonly block: Omit<PublishedBlock, 'sealed'>
} {
  const states = steps.map(({ after }) => stateRoot(after))
  const state = steps.at(-1)?.after ?? parent.state
  const packed = steps.map(({ step }) => step)
  const header = deriveHeader(rules, parent, target, packed, states)
  const block = { steps: concat(...steps.map(({ step }) => step)), states: concat(...states.map(toBytes)) }
  return { header, content: { requests: requestsOf(rules, block.steps), state, ...block }, block }
}

/**
 * The header as the contract derives it from what is posted, of which it looks at shapes alone. One state for each step. Throws
 * `RuleError('bad-steps')` where more is requested than there is, or a sum does not fit the header.
 */
export function deriveHeader(
  rules: Pick<Rules, 'chain' | 'bridge'>,
  parent: Omit<ParentBlock, 'state'>,
  target: bigint,
  steps: readonly Uint8Array[],
  states: readonly Hash[],
): Header {
  return headerOf(rules, parent, target, {
    ...sumsOf(steps, requestsIn(steps)),
    stepCount: steps.length,
    growth: 0,
    traceRoot: traceRoot(traceOf(steps, states)),
    state: states.at(-1) ?? parent.header.state,
    lanes: readLanes(parent.header.lanes, steps).lanes,
  })
}

/** What follows from the parent and from sums, however the rows are posted. Throws `RuleError('bad-steps')` as `deriveHeader`. */
export function headerOf(
  rules: Pick<Rules, 'chain' | 'bridge'>,
  parent: Omit<ParentBlock, 'state'>,
  target: bigint,
  content: Amounts & Pick<Header, 'stepCount' | 'growth' | 'traceRoot' | 'state' | 'lanes'>,
): Header {
  const { credits, requested, fee, queueFees, requests, ...rest } = content
  const supply = parent.header.supply + credits
  if (requested > supply)
    throw new RuleError('bad-steps', `expected requests of ${supply} base units at most, got ${requested}`, {})
  // No deposit burns that much, but nobody who makes up a block has to keep to it.
  if (supply - requested > AMOUNT_LIMIT || fee > AMOUNT_LIMIT || queueFees > GWEI_LIMIT)
    throw new RuleError('bad-steps', 'expected steps whose sums fit the header', {})
  return {
    chain: rules.chain,
    bridge: rules.bridge,
    parent: parent.id,
    height: parent.header.height + 1n,
    target,
    ...rest,
    supply: toBaseUnits(supply - requested),
    fee: toBaseUnits(fee),
    queueFees: toGwei(queueFees),
    firstRequest: parent.header.firstRequest + BigInt(parent.header.requestCount),
    requestCount: requests.length,
    requestsRoot: requestsRoot(requests),
  }
}

/** The requests among steps that were judged valid, in step order. */
export function requestsOf(rules: Rules, steps: Uint8Array): BlockRequest[] {
  return splitSteps(steps).flatMap((bytes, step) => {
    const decoded = decodeStep(bytes)
    const packed = decoded && transactionIn(decoded)
    if (packed === undefined || unpackTransaction(packed)?.request !== true) return []
    const verified = verifyPacked(rules, packed)
    if (typeof verified === 'string') return []
    const { tx, infohash } = verified
    if (tx.kind !== 'signed' || tx.bridge === undefined) return []
    return [ofAsset({ step, infohash, from: tx.from, to: tx.bridge.to, tokens: tx.tokens }, tx.asset)]
  })
}

/** What a block adds up to: base units of TTX, but `queueFees`, which is gwei. */
export type Amounts = {
  readonly credits: bigint
  readonly requested: bigint
  readonly fee: bigint
  readonly queueFees: bigint
  readonly requests: readonly Asked[]
}

/** The sums over the steps of the queue among these, and over the requests of the block. Docs/protocol.md section 7.4. */
export function sumsOf(steps: readonly Uint8Array[], requests: readonly Asked[]): Amounts {
  const ofTtx = requests.filter(asksForTtx)
  const requested = ofTtx.reduce((sum, { tokens }) => sum + tokens, 0n)
  const requestFees = ofTtx.reduce((sum, { tokens }) => sum + feeOf(tokens), 0n)
  const decoded = steps.flatMap((bytes) => decodeStep(bytes) ?? [])
  const gross = decoded.flatMap((step) => (step.kind === 'deposit' ? [step.entry.gross] : []))
  return {
    credits: gross.reduce((sum, amount) => sum + netOf(amount), 0n),
    requested,
    fee: gross.reduce((sum, amount) => sum + feeOf(amount), requestFees),
    queueFees: decoded.reduce((sum, step) => sum + queueFeeOf(step), 0n),
    requests,
  }
}

/** What is wrong with a step that calls a forced transaction void, or why that is not known here; undefined for any other step. */
export function voidProblem(
  rules: Rules,
  before: State,
  step: Uint8Array,
  place: QueuePlace | undefined,
  queue: QueueReader,
): 'WrongVoid' | { readonly why: string } | undefined {
  const decoded = decodeStep(step)
  if (decoded?.kind !== 'void') return undefined
  const entry = place && queue(place)
  if (entry?.kind === 'forced' && toHash(keccak(entry.packed)) === decoded.packedHash)
    return isApplicable(rules, before, entry.packed) ? 'WrongVoid' : undefined
  const name = place ? `entry ${place.index} of the lane of ${place.lane}` : 'the entry of a step that is void'
  return { why: `${name} is not known here, or is another one` }
}

function isApplicable(rules: Rules, state: State, packed: Uint8Array): boolean {
  const verified = verifyPacked(rules, packed)
  return typeof verified !== 'string' && applyTransaction(state, verified).reason === 'None'
}
