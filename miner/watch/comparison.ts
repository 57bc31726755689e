// Two rival blocks side by side: the first step in which they differ, and what that difference is. Pure.

import { type Asset, decodeAsset } from '../../node/protocol/asset.ts'
import { contentAt } from '../../node/protocol/blob.ts'
import { type BlobBlock, statedBy } from '../../node/protocol/blob-block.ts'
import { readRow } from '../../node/protocol/blob-row.ts'
import { equalBytes } from '../../node/protocol/bytes.ts'
import { netOf } from '../../node/protocol/fee.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { type Address, type Hash, type Infohash, toHash } from '../../node/protocol/ids.ts'
import { unpackTransaction } from '../../node/protocol/packed.ts'
import { type Lane, type LanePoints, laneOf } from '../../node/protocol/queue.ts'
import type { Reason, Rules } from '../../node/protocol/rules.ts'
import { decodeStep, readLanes, stepSizeAt, transactionIn } from '../../node/protocol/step.ts'
import { type Posted, type PostedParts, splitStates } from '../../node/protocol/trace.ts'
import { isMemo } from '../../node/protocol/transaction.ts'
import { verifyPacked } from '../../node/protocol/verify.ts'

/** A transaction as far as its bytes tell. Without `from` and `infohash` it is invalid in itself, for the reason `problem`. */
export type TransactionReading = {
  readonly infohash?: Infohash
  readonly from?: Address
  readonly problem?: Reason
  readonly isRequest: boolean
  readonly isIssuance?: true
  /** What it moves; TTX if there is none. */
  readonly asset?: Asset
  /** The payee; of a request the recipient on Ethereum. */
  readonly to: Address
  /** Base units. */
  readonly tokens: bigint
  readonly prev: readonly Infohash[]
  /** Printable ASCII; `badMemo` is one that is not, as bytes. */
  readonly memo?: string
  readonly badMemo?: Uint8Array
}

/** `index` is that of the queue entry in its lane, amounts are base units, fees gwei. */
export type StepReading =
  | { readonly kind: 'transaction'; readonly transaction: TransactionReading }
  | {
      readonly kind: 'applied'
      readonly index: bigint
      readonly fee: bigint
      readonly packedHash: Hash
      readonly transaction: TransactionReading
    }
  | { readonly kind: 'void'; readonly index: bigint; readonly fee: bigint; readonly packedHash: Hash }
  | {
      readonly kind: 'deposit'
      readonly index: bigint
      readonly gross: bigint
      readonly credit: bigint
      readonly to: Address
    }
  | {
      readonly kind: 'entered'
      readonly index: bigint
      readonly fee: bigint
      readonly amount: bigint
      readonly to: Address
      readonly asset: Address
    }
  /** Bytes that are not a step at all; no bridge can have published them, unless they are in blobs. */
  | { readonly kind: 'shapeless'; readonly bytes: Uint8Array }

/** What the other block does about a plain transaction: has it further on, spends the same money by another one, or neither. */
type Fate =
  | { readonly kind: 'later'; readonly step: number }
  | { readonly kind: 'rival'; readonly step: number; readonly infohash: Infohash }
  | { readonly kind: 'absent' }

/** One side of the first difference. `state` is what the block states after the step; `fate` is there for plain transactions. */
export type Side = { readonly reading: StepReading; readonly state?: Hash; readonly fate?: Fate }

/**
 * - `none`: the same steps and states.
 * - `state`: one step, two results: one of the blocks is wrong, or both.
 * - `double-spend`: they spend one output in two ways. `order`: the same transaction at another place. `left-out`: it is in one of them only.
 * - `queue-later`: one of them leaves a queue entry to a later block, which it may for an hour.
 * - `void-or-applied`: they disagree on whether a forced transaction is valid: one of them is wrong.
 * - `entry`: two entries at one place of a lane; `publish` refuses one of them, or it is in blobs and wrong. `shapeless`: bytes that are not a step.
 */
export type Difference =
  | { readonly kind: 'none' }
  | {
      readonly kind:
        | 'state'
        | 'double-spend'
        | 'order'
        | 'left-out'
        | 'queue-later'
        | 'void-or-applied'
        | 'entry'
        | 'shapeless'
      /** Absent where the block has no such step. */
      readonly a?: Side
      readonly b?: Side
    }

export type Comparison = {
  /** Steps at the beginning that are the same in both, with the same states; the number of the first that is not. */
  readonly common: number
  readonly stepsOfA: number
  readonly stepsOfB: number
  readonly difference: Difference
}

/** Total, whatever the bytes are. Both build on one parent, which leaves the queue at `lanes`. */
export function compareBlocks(
  rules: Rules,
  lanes: LanePoints,
  a: Posted | BlobBlock,
  b: Posted | BlobBlock,
): Comparison {
  const [{ steps: inA, states: afterA }, { steps: inB, states: afterB }] = [partsOf(a), partsOf(b)]
  const counts = { stepsOfA: inA.length, stepsOfB: inB.length }
  const isSame = (i: number) => equalBytes(inA[i] ?? NOTHING, inB[i] ?? NOTHING) && afterA[i] === afterB[i]
  let common = 0
  while (common < inA.length && common < inB.length && isSame(common)) common++
  if (common === inA.length && common === inB.length) return { common, ...counts, difference: { kind: 'none' } }

  const read = (steps: readonly Uint8Array[]) => {
    const bytes = steps[common]
    const index = readLanes(lanes, steps).places[common]?.index ?? 0n
    return bytes === undefined ? undefined : readStep(rules, bytes, index)
  }
  const [ofA, ofB] = [read(inA), read(inB)]
  const isOneStep = ofA !== undefined && ofB !== undefined && equalBytes(inA[common] ?? NOTHING, inB[common] ?? NOTHING)
  const fateOfA = isOneStep ? undefined : fateOf(rules, ofA, inB, common)
  const fateOfB = isOneStep ? undefined : fateOf(rules, ofB, inA, common)
  const difference: Difference = {
    kind: isOneStep ? 'state' : kindOf(ofA, ofB, [fateOfA, fateOfB]),
    ...(ofA ? { a: sideOf(ofA, afterA[common], fateOfA) } : {}),
    ...(ofB ? { b: sideOf(ofB, afterB[common], fateOfB) } : {}),
  }
  return { common, ...counts, difference }
}

/** Total. `index` is its number in its lane, if the step is one of the queue's. */
export function readStep(rules: Rules, bytes: Uint8Array, index: bigint): StepReading {
  const step = decodeStep(bytes)
  if (step === undefined) return { kind: 'shapeless', bytes }
  const packed = transactionIn(step)
  const transaction = packed && readTransaction(rules, packed)
  switch (step.kind) {
    case 'void':
      return { kind: 'void', index, fee: step.fee, packedHash: step.packedHash }
    case 'deposit': {
      const { gross, to } = step.entry
      return { kind: 'deposit', index, gross, credit: netOf(gross), to }
    }
    case 'entered': {
      const { fee, amount, to, asset } = step.entry
      return { kind: 'entered', index, fee, amount, to, asset }
    }
    case 'transaction':
      return transaction ? { kind: 'transaction', transaction } : { kind: 'shapeless', bytes }
    case 'applied': {
      const packedHash = toHash(keccak(step.packed))
      return transaction
        ? { kind: 'applied', index, fee: step.fee, packedHash, transaction }
        : { kind: 'shapeless', bytes }
    }
  }
}

const NOTHING = new Uint8Array()

function kindOf(
  a: StepReading | undefined,
  b: StepReading | undefined,
  fates: readonly (Fate | undefined)[],
): Exclude<Difference['kind'], 'none' | 'state'> {
  if (a?.kind === 'shapeless' || b?.kind === 'shapeless') return 'shapeless'
  const [entryA, entryB] = [queueEntryOf(a), queueEntryOf(b)]
  if (entryA !== undefined && entryB !== undefined && laneIn(a) === laneIn(b))
    return entryA === entryB ? 'void-or-applied' : 'entry'
  // Entries of two lanes are in two queues: one of the blocks leaves more of the first lane to a later one.
  if (entryA !== undefined || entryB !== undefined) return 'queue-later'
  if (fates.some((fate) => fate?.kind === 'rival')) return 'double-spend'
  return fates.some((fate) => fate?.kind === 'later') ? 'order' : 'left-out'
}

/** The lane in which the entry of a step waited. */
function laneIn(step: StepReading | undefined): Lane | undefined {
  switch (step?.kind) {
    case 'deposit':
    case 'entered':
      return laneOf(step.kind)
    case 'applied':
    case 'void':
      return laneOf('forced')
    case 'transaction':
    case 'shapeless':
    case undefined:
      return undefined
  }
}

/** The same text for steps that stand for the same entry of the queue; `undefined` for a plain transaction. */
function queueEntryOf(step: StepReading | undefined): string | undefined {
  switch (step?.kind) {
    case 'deposit':
      return `deposit of ${step.gross} to ${step.to}`
    case 'entered':
      return `${step.amount} of ${step.asset} to ${step.to} for ${step.fee}`
    case 'applied':
    case 'void':
      return `forced ${step.packedHash} for ${step.fee}`
    case 'transaction':
    case 'shapeless':
    case undefined:
      return undefined
  }
}

/** What becomes of a plain transaction in the other block from step `from` on; before that both are the same. */
function fateOf(
  rules: Rules,
  step: StepReading | undefined,
  others: readonly Uint8Array[],
  from: number,
): Fate | undefined {
  if (step?.kind !== 'transaction') return undefined
  const { infohash, from: sender, prev } = step.transaction
  if (infohash === undefined) return { kind: 'absent' }
  let rival: Fate | undefined
  for (const [i, bytes] of others.slice(from).entries()) {
    const decoded = decodeStep(bytes)
    const packed = decoded && transactionIn(decoded)
    // Only what spends one of the same transactions, or is this one, is worth the recovery of its sender.
    if (packed === undefined || !unpackTransaction(packed)?.prev.some((each) => prev.includes(each))) continue
    const other = readTransaction(rules, packed)
    if (other?.infohash === infohash) return { kind: 'later', step: from + i }
    // One transaction can leave somebody TTX and another asset: spending the one leaves the other alone.
    if (other?.infohash === undefined || other.from !== sender || other.asset !== step.transaction.asset) continue
    rival ??= { kind: 'rival', step: from + i, infohash: other.infohash }
  }
  return rival ?? { kind: 'absent' }
}

function readTransaction(rules: Rules, packed: Uint8Array): TransactionReading | undefined {
  const fields = unpackTransaction(packed)
  if (fields === undefined) return undefined
  const { request: isRequest, payee: to, tokens, prev, memo } = fields
  const judged = verifyPacked(rules, packed)
  const asset = fields.asset && decodeAsset(fields.asset)
  return {
    ...(typeof judged === 'string' ? { problem: judged } : { infohash: judged.infohash, from: judged.tx.from }),
    ...{ isRequest, to, tokens, prev },
    ...(fields.issuance ? { isIssuance: true } : {}),
    ...(asset === undefined ? {} : { asset }),
    ...(memo === undefined
      ? {}
      : isMemo(memo)
        ? { memo }
        : { badMemo: Uint8Array.from(memo, (each) => each.charCodeAt(0)) }),
  }
}

function sideOf(reading: StepReading, state: Hash | undefined, fate: Fate | undefined): Side {
  return { reading, ...(state === undefined ? {} : { state }), ...(fate === undefined ? {} : { fate }) }
}

/** Whatever is there, however it was posted. */
function partsOf(block: Posted | BlobBlock): PostedParts {
  if (!('blobs' in block)) return { steps: splitAny(block.steps), states: splitStates(block.states) }
  const { blobs, sealed } = block
  const { stepCount } = sealed.header
  const rows = Array.from({ length: stepCount }, (_, i) => readRow(blobs, stepCount, i))
  return {
    // What has no shape is one element, and does not end the rows.
    steps: rows.map(({ step, begin }) => step ?? contentAt(blobs, begin, 1)),
    states: rows.map((row) => statedBy(sealed.header, row).state),
  }
}

/** What has no shape, and all after it, is one last part. */
function splitAny(steps: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < steps.length; ) {
    const size = stepSizeAt(steps, offset) || steps.length - offset
    parts.push(steps.slice(offset, offset + size))
    offset += size
  }
  return parts
}
