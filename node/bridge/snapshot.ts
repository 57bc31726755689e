// Beginning at a final block instead of genesis: its content is checked against its header, and its header against the contract.

import { OperationError } from '../errors.ts'
import type { KzgPool } from '../ethereum/blobs/kzg-pool.ts'
import type { Chain, ChainBlock } from '../ethereum/chain.ts'
import { blobHeadOf, stepsIn } from '../protocol/blob-block.ts'
import { blobTraceRoot } from '../protocol/blob-hash.ts'
import { type BlockFile, outputsIn, rowsIn } from '../protocol/block-torrent.ts'
import { blockId, decodeSealed, type Header } from '../protocol/header.ts'
import type { Infohash } from '../protocol/ids.ts'
import { LANES, NO_LENGTHS } from '../protocol/queue.ts'
import { isInBlobs, postedOf, type WholeBody } from '../protocol/replay.ts'
import { requestsIn, requestsRoot } from '../protocol/requests.ts'
import { RuleError } from '../protocol/rule-error.ts'
import type { Rules } from '../protocol/rules.ts'
import { type State, stateInParts, stateRoot } from '../protocol/state.ts'
import { type Posted, splitPosted, traceOf, traceRoot } from '../protocol/trace.ts'
import type { Time } from '../protocol/units.ts'
import { inTurns } from '../turns.ts'
import type { ViewRoot } from './records/fold.ts'
import { requestPlaces } from './view.ts'

/** A sealed header (417 bytes) and the files of its torrent; `outputs.bin` is needed, the rows (steps and states, or blobs) are welcome. */
export type Snapshot = {
  readonly sealed: Uint8Array
  readonly files: readonly BlockFile[]
  /** Under which they were fetched: other nodes can have them from here. */
  readonly torrent?: Infohash
}

export type CheckedSnapshot = {
  readonly root: ViewRoot
  readonly state: State
  readonly outputs: Uint8Array
  /** The content of the block; absent if the files have none, or that of another one. */
  readonly posted?: WholeBody
  /** The last block of Ethereum without anything that matters after the snapshot. */
  readonly origin: ChainBlock
}

/** The state whose outputs these are (`outputs.bin`), in parts. Throws `RuleError('bad-snapshot')` unless it is the header's. */
export function* stateOfSnapshot(header: Pick<Header, 'state'>, outputs: Uint8Array): Generator<undefined, State> {
  const state = yield* stateInParts(outputsIn(outputs))
  if (stateRoot(state) === header.state) return state
  throw new RuleError(
    'bad-snapshot',
    'expected outputs.bin to hold the state of the block, got another one; fetch it again',
    {
      expected: header.state,
      got: stateRoot(state),
    },
  )
}

/**
 * Throws `RuleError('bad-snapshot')` or `RuleError('bad-header')` if the content is not what the header commits to, and
 * `OperationError('snapshot-not-final')` if the contract does not call the block final, and the signal's reason. Without `kzg`, blobs are left
 * aside.
 */
export async function checkSnapshot(
  chain: Chain,
  { rules, deployedBlock: deployed }: { readonly rules: Rules; readonly deployedBlock: bigint },
  snapshot: Snapshot,
  { kzg, signal }: { readonly kzg?: Pick<KzgPool, 'hashes'> | undefined; readonly signal?: AbortSignal } = {},
): Promise<CheckedSnapshot> {
  const sealed = decodeSealed(snapshot.sealed)
  const id = blockId(sealed)
  const outputs = snapshot.files.find(({ name }) => name === 'outputs.bin')?.bytes ?? new Uint8Array()
  const state = await inTurns(stateOfSnapshot(sealed.header, outputs), signal)
  const head = await chain.head()
  const { records, lanes } = await chain.read(head.hash, NO_LENGTHS, [id])
  const [record] = records
  if (record === undefined || !record.final) {
    throw new OperationError(
      'snapshot-not-final',
      `expected block ${id} to be final on Ethereum, but it is not; use the snapshot of a final block`,
      { facts: { block: id } },
    )
  }
  // What follows the block: its children, and the first entry of each lane that it left.
  let time = record.publishedAt
  for (const lane of LANES) {
    const { count } = sealed.header.lanes[lane]
    const queued = lanes[lane].length > count ? await chain.queueTime(head.hash, { lane, index: count }) : time
    if (queued < time) time = queued
  }
  const origin = await lastBefore(chain, time, deployed > 0n ? deployed - 1n : 0n, head)
  const posted = await contentOf(sealed.header, snapshot.files, kzg)
  const steps = posted && postedOf({ sealed, ...posted }).steps
  const root = {
    id,
    sealed,
    publishedAt: record.publishedAt,
    work: record.work,
    requests: steps === undefined ? [] : requestPlaces(rules, steps),
    ...(posted && isInBlobs(posted) ? { blobs: posted.hashes } : {}),
    ...(snapshot.torrent === undefined ? {} : { torrent: snapshot.torrent }),
  }
  return { root, state, outputs, origin, ...(posted ? { posted } : {}) }
}

/** `undefined` unless these are the rows of the block. */
async function contentOf(
  header: Header,
  files: readonly BlockFile[],
  kzg: Pick<KzgPool, 'hashes'> | undefined,
): Promise<WholeBody | undefined> {
  try {
    const rows = rowsIn(files)
    if (!('blobs' in rows)) return isContent(header, rows) ? rows : undefined
    return kzg && (await blobContent(header, rows.blobs, kzg))
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}

function isContent(header: Header, posted: Posted): boolean {
  const { steps, states } = splitPosted(posted)
  return traceRoot(traceOf(steps, states)) === header.traceRoot
}

/** What is said beside the blobs is not in the torrent: it follows from the steps of a right block. */
async function blobContent(
  header: Header,
  blobs: readonly Uint8Array[],
  kzg: Pick<KzgPool, 'hashes'>,
): Promise<WholeBody | undefined> {
  const hashes = await kzg.hashes(blobs)
  if (!hashes.every((hash) => hash !== undefined) || blobTraceRoot(hashes) !== header.traceRoot) return undefined
  const steps = stepsIn(blobs, header.stepCount)
  if (steps === undefined || requestsRoot(requestsIn(steps)) !== header.requestsRoot) return undefined
  return { hashes, blobs, ...blobHeadOf(steps) }
}

/** The newest block of Ethereum before `time`, or block `low`. */
export async function lastBefore(chain: Chain, time: Time, lowest: bigint, head: ChainBlock): Promise<ChainBlock> {
  let [low, high] = [lowest, head.number]
  while (low + 1n < high) {
    const middle = (low + high) / 2n
    const block = await chain.blockAt(middle)
    if (block !== undefined && block.time < time) low = middle
    else high = middle
  }
  const block = await chain.blockAt(low)
  if (block !== undefined) return block
  throw new OperationError('ethereum-moved', `expected block ${low} of Ethereum, got none; try again`, { retry: true })
}
