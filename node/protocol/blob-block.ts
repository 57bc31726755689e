// A block whose rows are in blobs: what is said of it in calldata, its header, and its replay (docs/protocol.md sections 5.2 and 5.3).

import { applyStep } from './apply.ts'
import { assert } from './assert.ts'
import { decodeAsset } from './asset.ts'
import { MAX_BLOB_STEPS, MAX_BLOBS, type WrittenRow } from './blob.ts'
import { blobTraceRoot } from './blob-hash.ts'
import { type BlobRow, readRow } from './blob-row.ts'
import {
  finish,
  headerOf,
  type ParentBlock,
  type QueueReader,
  type Replay,
  sumsOf,
  type Verdict,
  voidProblem,
} from './block.ts'
import { concat, decodeUint, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Header, type SealedHeader, toGrowth } from './header.ts'
import { type Hash, toAddress, toBytes, toHash } from './ids.ts'
import { type Asked, requestLeaf, requestsIn } from './requests.ts'
import { RuleError } from './rule-error.ts'
import type { Rules } from './rules.ts'
import { type State, stateRoot } from './state.ts'
import { decodeStep, encodeStep, laneOfStep, readLanes, type Step, splitSteps, stepEntryHash } from './step.ts'
import type { Posted } from './trace.ts'
import { toBaseUnits } from './units.ts'

/** Requests in a block whose rows are in blobs. */
export const BLOB_REQUEST_LIMIT = 500
/** Entries by which such a block may make the state larger, and what each entry of the queue that it consumes adds to that. */
export const GROWTH_LIMIT = 2_048
const QUEUE_GROWTH = 4
/** step(2) ‖ kind(1) ‖ recipient(20) ‖ amount(16), and asset(20) behind it unless the kind is that of TTX. */
const REQUEST_BYTES = 39
const ASSET_ID_BYTES = 20

/** What the contract itself acts on, as its event carries it. */
export type BlobHead = {
  /** Packed steps of the queue, those of forced transactions in their short form: like void ones. */
  readonly entries: Uint8Array
  /** 39 or 59 bytes each: `step(2) ‖ kind(1) ‖ recipient(20) ‖ amount(16)`, and `asset(20)` unless the kind is 0. */
  readonly requests: Uint8Array
}

/** All that the contract's event tells of the content. */
export type BlobPosted = BlobHead & {
  /** Versioned, of the blobs. */
  readonly hashes: readonly Hash[]
}

/** A published block, with the blobs of its hashes, whatever is in them. */
export type BlobBlock = BlobPosted & { readonly sealed: SealedHeader; readonly blobs: readonly Uint8Array[] }

/** A step of a block that is made, the state after it, and how many entries that has more than the one before. */
export type AppliedStep = { readonly step: Uint8Array; readonly after: State; readonly growth: number }

/** The rows of a block of these steps, to be written into blobs. */
export function blobRowsOf(steps: readonly AppliedStep[]): WrittenRow[] {
  let [requests, growth] = [0, 0]
  return steps.map((each) => {
    requests += requestsIn([each.step]).length
    growth += each.growth
    return { step: each.step, state: stateRoot(each.after), requests, growth }
  })
}

/** What is said in calldata of a block of these steps. */
export function blobHeadOf(steps: readonly Uint8Array[]): BlobHead {
  const entries = steps.flatMap((bytes) => {
    const step = decodeStep(bytes)
    return step === undefined || laneOfStep(step) === undefined ? [] : [shortForm(step)]
  })
  const requests = requestsIn(steps).map(encodeRequest)
  return { entries: concat(...entries), requests: concat(...requests) }
}

/** The parts of a head. Throws `RuleError('bad-steps')` where the contract refuses it. */
export function splitHead(head: BlobHead): { readonly entries: Uint8Array[]; readonly requests: Asked[] } {
  const entries = splitSteps(head.entries)
  for (const [i, entry] of entries.entries()) {
    const kind = decodeStep(entry)?.kind
    if (kind !== 'deposit' && kind !== 'entered' && kind !== 'void')
      throw new RuleError(
        'bad-steps',
        `expected deposits, entries of assets and forced transactions in short form, entry ${i} is none`,
        {},
      )
  }
  return { entries, requests: splitRequests(head.requests) }
}

/** What a head says of a request. */
export function encodeRequest({ step, to, tokens, asset }: Asked): Uint8Array {
  const id = asset === undefined || asset[0] === 0 ? [] : [asset.subarray(1)]
  return concat(encodeUint(step, 2), encodeUint(asset?.[0] ?? 0, 1), toBytes(to), encodeUint(tokens, 16), ...id)
}

/** Throws `RuleError('bad-steps')` unless these are whole records of kinds that there are, and not too many. */
function splitRequests(bytes: Uint8Array): Asked[] {
  const requests: Asked[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const kind = bytes[offset + 2] ?? 0
    const size = REQUEST_BYTES + (kind === 0 ? 0 : ASSET_ID_BYTES)
    const isKind = kind === 0 || decodeAsset(Uint8Array.of(kind, ...new Uint8Array(ASSET_ID_BYTES))) !== undefined
    if (!isKind || offset + size > bytes.length || requests.length === BLOB_REQUEST_LIMIT) {
      const message = `expected at most ${BLOB_REQUEST_LIMIT} requests, of TTX in ${REQUEST_BYTES} bytes each`
      throw new RuleError('bad-steps', message, { bytes: bytes.length })
    }
    const at = (from: number, to: number) => bytes.subarray(offset + from, offset + to)
    const asked = {
      step: Number(decodeUint(at(0, 2))),
      to: toAddress(at(3, 23)),
      tokens: toBaseUnits(decodeUint(at(23, 39))),
    }
    requests.push(kind === 0 ? asked : { ...asked, asset: concat(at(2, 3), at(39, 59)) })
    offset += size
  }
  return requests
}

/**
 * The header as the contract derives it from a head and the hashes of the blobs; it looks at no row. Throws `RuleError('bad-steps')` where the
 * contract refuses the head.
 */
export function deriveBlobHeader(
  rules: Pick<Rules, 'chain' | 'bridge'>,
  parent: Omit<ParentBlock, 'state'>,
  target: bigint,
  block: BlobHead & {
    readonly hashes: readonly Hash[]
    readonly stepCount: number
    readonly growth: number
    readonly state: Hash
  },
): Header {
  const { hashes, stepCount, growth, state } = block
  const { entries, requests } = splitHead(block)
  const { lanes, places } = readLanes(parent.header.lanes, entries)
  const least = Math.max(1, entries.length, requests.length)
  if (stepCount < least || stepCount > MAX_BLOB_STEPS || places.length !== entries.length) {
    const facts = { steps: stepCount, entries: entries.length, requests: requests.length }
    throw new RuleError(
      'bad-steps',
      `expected 1 to ${MAX_BLOB_STEPS} steps, those of the queue first, lane by lane`,
      facts,
    )
  }
  if (hashes.length === 0 || hashes.length > MAX_BLOBS || !hashes.every((hash) => hash.startsWith('0x01')))
    throw new RuleError('bad-steps', `expected the versioned hashes of 1 to ${MAX_BLOBS} blobs`, {
      blobs: hashes.length,
    })
  const limit = growthLimit(entries.length)
  if (toGrowth(growth) > limit) {
    throw new RuleError('bad-steps', `expected a block that makes the state larger by at most ${limit} entries`, {
      growth,
    })
  }
  return headerOf(rules, parent, target, {
    ...sumsOf(entries, requests),
    stepCount,
    growth: toGrowth(growth),
    traceRoot: blobTraceRoot(hashes),
    state,
    lanes,
  })
}

/** By how many entries a block that consumes this many of the queue may make the state larger. */
export function growthLimit(consumed: number): number {
  return GROWTH_LIMIT + QUEUE_GROWTH * consumed
}

/** Replays a published block on its parent and says which step is the first wrong one, if any. Total, whatever is in the blobs. */
export function replayBlobs(rules: Rules, parent: ParentBlock, block: BlobBlock, queue: QueueReader): Verdict {
  return finish(replayRows(rules, parent, block, queue))
}

/** The same with pauses. */
export function* replayRows(rules: Rules, parent: ParentBlock, block: BlobBlock, queue: QueueReader): Replay {
  const judge = rowJudgeOf(rules, parent, block, queue)
  let state = parent.state
  for (let i = 0; i < block.sealed.header.stepCount; i++) {
    const verdict = judge(state, i)
    if (verdict.verdict !== 'valid') return verdict
    state = verdict.state
    yield
  }
  return { verdict: 'valid', state }
}

/** Judges single rows of a published block, each by its number and on the true state before it: if a row is right, `state` is the one after it. */
export function rowJudgeOf(
  rules: Rules,
  parent: Pick<ParentBlock, 'header'>,
  block: BlobBlock,
  queue: QueueReader,
): (state: State, index: number) => Verdict {
  const { header } = block.sealed
  const before = parent.header.lanes
  const { entries, requests } = splitHead(block)
  const { places } = readLanes(before, entries)
  return (state, i) => {
    const row = readRow(block.blobs, header.stepCount, i)
    const stated = statedBy(header, row)
    const problem = misstated(row, i, stated, entries[i], requests, header)
    if (problem !== undefined) return { verdict: 'invalid', step: i, problem, stated: stated.state }
    const { step } = row
    assert(step !== undefined, 'a step without shape is a problem')
    const applied = applyStep(rules, state, places[i]?.index ?? 0n, step)
    if (applied.reason !== 'None') return { verdict: 'invalid', step: i, problem: applied.reason, stated: stated.state }
    const expected = stateRoot(applied.state)
    if (expected !== stated.state)
      return { verdict: 'invalid', step: i, problem: 'WrongState', stated: stated.state, expected }
    if (toGrowth((row.before?.growth ?? 0) + applied.growth) !== stated.growth)
      return { verdict: 'invalid', step: i, problem: 'WrongGrowth', stated: stated.state }
    const voided = voidProblem(rules, state, step, places[i], queue)
    if (voided === 'WrongVoid') return { verdict: 'invalid', step: i, problem: voided, stated: stated.state }
    if (voided !== undefined) return { verdict: 'unknown', step: i, why: voided.why }
    return { verdict: 'valid', state: applied.state }
  }
}

/** The steps and states of a block that was found right. */
export function postedIn({ sealed, blobs }: Pick<BlobBlock, 'sealed' | 'blobs'>): Posted {
  const { header } = sealed
  const rows = Array.from({ length: header.stepCount }, (_, i) => readRow(blobs, header.stepCount, i))
  const steps = rows.map(({ step }) => {
    assert(step !== undefined, 'each step of a right block has a shape')
    return step
  })
  return { steps: concat(...steps), states: concat(...rows.map((row) => toBytes(statedBy(header, row).state))) }
}

/** The steps in blobs of anybody, each where the one before is said to end; undefined if one of them has no shape. */
export function stepsIn(blobs: readonly Uint8Array[], stepCount: number): Uint8Array[] | undefined {
  const steps = Array.from({ length: stepCount }, (_, i) => readRow(blobs, stepCount, i).step)
  return steps.every((step) => step !== undefined) ? steps : undefined
}

/** What a block states after one of its steps: of the last one in its header. */
export function statedBy(header: Header, row: BlobRow) {
  return row.own ?? { state: header.state, end: row.end, requests: header.requestCount, growth: header.growth }
}

/** The first thing that is wrong with a row without its being replayed, in the order in which the contract asks. */
function misstated(
  row: BlobRow,
  index: number,
  stated: ReturnType<typeof statedBy>,
  entry: Uint8Array | undefined,
  requests: readonly Asked[],
  header: Header,
) {
  if (row.step === undefined) return 'Malformed'
  if (stated.end !== row.end) return 'WrongEnd'
  const decoded = decodeStep(row.step)
  const expected = entry && decodeStep(entry)
  if ((decoded && stepEntryHash(decoded)) !== (expected && stepEntryHash(expected))) return 'WrongEntry'
  const number = row.before?.requests ?? 0
  const [asked] = requestsIn([row.step])
  const count = number + (asked === undefined ? 0 : 1)
  if (stated.requests !== count || count > header.requestCount) return 'WrongRequests'
  if (asked === undefined) return undefined
  const listed = requests[number]
  return listed && requestLeaf(listed) === requestLeaf({ ...asked, step: index }) ? undefined : 'OtherRequest'
}

function shortForm(step: Step): Uint8Array {
  if (step.kind !== 'applied') return encodeStep(step)
  return encodeStep({ kind: 'void', fee: step.fee, packedHash: toHash(keccak(step.packed)) })
}
