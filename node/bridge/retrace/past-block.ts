// A final block as nodes hand it to one that retraces the past: all that its replay takes, in one string of bytes.

import { BLOB_BYTES, MAX_BLOBS } from '../../protocol/blob.ts'
import { stepsIn } from '../../protocol/blob-block.ts'
import { readRow } from '../../protocol/blob-row.ts'
import { concat, decodeUint, encodeUint } from '../../protocol/bytes.ts'
import { decodeSealed, encodeSealed, SEALED_BYTES, type SealedHeader } from '../../protocol/header.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { splitSteps, stepSizeAt } from '../../protocol/step.ts'
import type { Posted } from '../../protocol/trace.ts'

/** Rows as they were posted: steps and states, or the blobs. */
export type PastRows = Posted | { readonly blobs: readonly Uint8Array[] }

export type PastBlock = {
  readonly sealed: SealedHeader
  readonly rows: PastRows
  /** The packed forced transactions that its void steps stand for, in their order. */
  readonly voids: readonly Uint8Array[]
}

/** Blobs(1), 0 for a block in calldata, and the length of the rows(4). */
const PREFIX_BYTES = SEALED_BYTES + 5

/**
 * `sealed header ‖ blobs(1) ‖ length(4) ‖ rows(length) ‖ voids`. Rows are `steps ‖ states`, or the blobs without the zeros at their end; each of the voids is
 * `length(4) ‖ packed` (docs/network.md).
 */
export function encodePastBlock({ sealed, rows, voids }: PastBlock): Uint8Array {
  const isInBlobs = 'blobs' in rows
  const bytes = isInBlobs ? withoutZeros(concat(...rows.blobs)) : concat(rows.steps, rows.states)
  const count = isInBlobs ? rows.blobs.length : 0
  const packed = voids.flatMap((each) => [encodeUint(each.length, 4), each])
  return concat(encodeSealed(sealed), encodeUint(count, 1), encodeUint(bytes.length, 4), bytes, ...packed)
}

/** Throws `RuleError`: `bad-header`, or `bad-past` for what has another shape. */
export function decodePastBlock(bytes: Uint8Array): PastBlock {
  if (bytes.length < PREFIX_BYTES) throw badPast('is too short', { bytes: bytes.length })
  const sealed = decodeSealed(bytes.subarray(0, SEALED_BYTES))
  const count = bytes[SEALED_BYTES] ?? 0
  const end = PREFIX_BYTES + Number(decodeUint(bytes.subarray(SEALED_BYTES + 1, PREFIX_BYTES)))
  if (end > bytes.length) throw badPast('ends within its rows', { bytes: bytes.length })
  const rows = bytes.subarray(PREFIX_BYTES, end)
  const voids = voidsIn(bytes.subarray(end), sealed.header.stepCount)
  return { sealed, rows: count === 0 ? postedIn(sealed, rows) : blobsIn(count, rows), voids }
}

/** The steps, each by itself. Throws `RuleError('bad-steps')`. */
export function stepsOfPast({ sealed, rows }: PastBlock): Uint8Array[] {
  if (!('blobs' in rows)) return splitSteps(rows.steps)
  const steps = stepsIn(rows.blobs, sealed.header.stepCount)
  if (steps === undefined)
    throw new RuleError('bad-steps', 'expected each row to hold a step, got one without shape', {})
  return steps
}

/** One after another, up to the first one without shape. */
export function* eachStepOfPast({ sealed, rows }: Pick<PastBlock, 'sealed' | 'rows'>): Generator<Uint8Array> {
  const { stepCount } = sealed.header
  for (let i = 0, offset = 0; i < stepCount; i++) {
    const step =
      'blobs' in rows
        ? readRow(rows.blobs, stepCount, i).step
        : rows.steps.subarray(offset, offset + stepSizeAt(rows.steps, offset))
    if (step === undefined || step.length === 0) return
    offset += step.length
    yield step
  }
}

/** No more than there are steps: millions fit a message otherwise, each of them empty. */
function voidsIn(bytes: Uint8Array, most: number): Uint8Array[] {
  const voids: Uint8Array[] = []
  for (let offset = 0; offset < bytes.length; ) {
    if (voids.length === most) throw badPast('calls more void than it has steps', { most })
    const begin = offset + 4
    const end = begin + (begin <= bytes.length ? Number(decodeUint(bytes.subarray(offset, begin))) : 0)
    if (end > bytes.length || begin > bytes.length) throw badPast('ends within what it calls void', { offset })
    voids.push(bytes.subarray(begin, end))
    offset = end
  }
  return voids
}

function postedIn({ header }: SealedHeader, rows: Uint8Array): Posted {
  const middle = rows.length - 32 * header.stepCount
  if (middle < 0) throw badPast('has fewer states than its header counts steps', { bytes: rows.length })
  return { steps: rows.subarray(0, middle), states: rows.subarray(middle) }
}

function blobsIn(count: number, rows: Uint8Array): PastRows {
  if (count > MAX_BLOBS || rows.length > count * BLOB_BYTES) throw badPast('has more than fits its blobs', { count })
  const all = new Uint8Array(count * BLOB_BYTES)
  all.set(rows)
  return { blobs: Array.from({ length: count }, (_, i) => all.subarray(i * BLOB_BYTES, (i + 1) * BLOB_BYTES)) }
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
}

function badPast(what: string, facts: RuleError['facts']): RuleError {
  return new RuleError('bad-past', `expected a final block with its rows, but it ${what}`, facts)
}
