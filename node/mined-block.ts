// A mined block that is not on Ethereum yet: whether the contract would accept what belongs to it, and whether our own replay does.

import { OperationError } from './errors.ts'
import type { KzgPool } from './ethereum/blobs/kzg-pool.ts'
import { isBlob, MAX_BLOB_STEPS, MAX_BLOBS } from './protocol/blob.ts'
import { BLOB_REQUEST_LIMIT, blobHeadOf, stepsIn } from './protocol/blob-block.ts'
import { blobTraceRoot } from './protocol/blob-hash.ts'
import { type ParentBlock, type QueueReader, requestsOf } from './protocol/block.ts'
import type { BlockContent, BlockRows } from './protocol/block-torrent.ts'
import { concat } from './protocol/bytes.ts'
import { challengeOf, type Header, type SealedHeader } from './protocol/header.ts'
import type { Hash } from './protocol/ids.ts'
import { headerOfContent, replayInParts, type WholeBody } from './protocol/replay.ts'
import { RuleError } from './protocol/rule-error.ts'
import { BYTE_LIMIT, type Rules, STEP_LIMIT } from './protocol/rules.ts'
import type { Posted } from './protocol/trace.ts'
import { inTurns } from './turns.ts'

/** The rows of a block, with the hashes by which its header knows blobs. */
export type KnownRows = Posted | { readonly blobs: readonly Uint8Array[]; readonly hashes: readonly Hash[] }

/** Throws `RuleError('bad-header' | 'bad-steps')` if such rows are those of no block with this header, as far as that costs nothing to see. */
export function checkForm(header: Header, rows: BlockRows, id: Hash): void {
  const isInBlobs = 'blobs' in rows
  const [least, most] = isInBlobs ? [1, MAX_BLOB_STEPS] : [0, STEP_LIMIT]
  if (header.stepCount < least || header.stepCount > most) {
    const message = `expected block ${id} to have ${least} to ${most} steps in ${isInBlobs ? 'blobs' : 'calldata'}`
    throw new RuleError('bad-header', message, { block: id, steps: header.stepCount })
  }
  if (isInBlobs) {
    if (header.requestCount > BLOB_REQUEST_LIMIT) {
      const message = `expected block ${id} to have at most ${BLOB_REQUEST_LIMIT} requests`
      throw new RuleError('bad-header', message, { block: id, requests: header.requestCount })
    }
    const count = rows.blobs.length
    if (count === 0 || count > MAX_BLOBS || !rows.blobs.every(isBlob)) {
      const message = `expected block ${id} to come with 1 to ${MAX_BLOBS} blobs, got ${count}, or what is none`
      throw new RuleError('bad-steps', message, { block: id, blobs: count })
    }
  } else if (rows.steps.length + rows.states.length > BYTE_LIMIT) {
    const message = `block ${id} has more than ${BYTE_LIMIT} bytes of steps and states`
    throw new RuleError('bad-steps', message, { block: id })
  }
}

/** Takes 0.1 to 0.3 s for each blob, on another thread. Throws `RuleError('bad-header')` if the header is that of other blobs. */
export async function findHashes(
  kzg: Pick<KzgPool, 'hashes'>,
  { traceRoot }: Header,
  blobs: readonly Uint8Array[],
  id: Hash,
): Promise<KnownRows> {
  const hashes = await kzg.hashes(blobs)
  if (hashes.every((hash) => hash !== undefined) && blobTraceRoot(hashes) === traceRoot) return { blobs, hashes }
  throw new RuleError('bad-header', `the header of block ${id} is that of other blobs`, { block: id, traceRoot })
}

/**
 * What the torrent of the block is made of, by a replay in turns with everything else. Throws `RuleError` (`bad-steps`, `bad-header`, `invalid-block`) if the contract would refuse it, or
 * a proof refute it, and `OperationError('block-not-judged')` if this node cannot tell.
 */
export async function judgeMined(
  rules: Rules,
  parent: ParentBlock,
  sealed: SealedHeader,
  rows: KnownRows,
  queue: QueueReader,
  id: Hash,
): Promise<BlockContent> {
  const { steps, body } = readRows(sealed.header, rows, id)
  const derived = headerOfContent(rules, parent, sealed.header, body)
  if (challengeOf(derived) !== challengeOf(sealed.header)) {
    throw new RuleError('bad-header', `the header of block ${id} is not what its content makes`, { block: id })
  }
  const verdict = await inTurns(replayInParts(rules, parent, { ...body, sealed }, queue))
  if (verdict.verdict === 'unknown') {
    throw new OperationError('block-not-judged', `block ${id} cannot be judged yet: ${verdict.why}`, { retry: true })
  }
  if (verdict.verdict === 'invalid') {
    const { step, problem } = verdict
    const facts = { block: id, step, problem }
    throw new RuleError('invalid-block', `block ${id} is invalid at step ${step}: ${problem}`, facts)
  }
  const posted = 'blobs' in rows ? { blobs: rows.blobs } : { steps: rows.steps, states: rows.states }
  return { sealed, requests: requestsOf(rules, steps), state: verdict.state, ...posted }
}

/** The packed steps, and what will be posted: of blobs also what is said beside them, which follows from the steps. */
function readRows(
  { stepCount }: Header,
  rows: KnownRows,
  id: Hash,
): { readonly steps: Uint8Array; readonly body: WholeBody } {
  if (!('blobs' in rows)) return { steps: rows.steps, body: rows }
  const steps = stepsIn(rows.blobs, stepCount)
  if (steps === undefined) {
    throw new RuleError('bad-steps', `expected each step of block ${id} to have a shape`, { block: id })
  }
  return { steps: concat(...steps), body: { ...rows, ...blobHeadOf(steps) } }
}
