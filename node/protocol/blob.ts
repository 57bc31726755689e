// The layout of a block's rows in EIP-4844 blobs: field elements, numbered through all blobs, of which 31 bytes each count (docs/protocol.md section 5.2).

import { assert } from './assert.ts'
import { compareBytes, concat, encodeUint, parseHex } from './bytes.ts'
import { type Hash, toBytes } from './ids.ts'
import { RuleError } from './rule-error.ts'

export const BLOB_BYTES = 131_072
/** Field elements of a blob. */
export const BLOB_ELEMENTS = 4_096
/** As many as a transaction may carry on Ethereum. */
export const MAX_BLOBS = 6
/** Steps of a block whose rows are in blobs. */
export const MAX_BLOB_STEPS = 3_500
/** Bytes of an element that count: the lower ones of its 32, so that no content has to fear the modulus. */
export const ELEMENT_CONTENT = 31
/** Each step but the last has an entry of two elements. */
export const ENTRY_ELEMENTS = 2

/** Of the scalar field of BLS12-381: what an element is below. */
const MODULUS = parseHex('73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001')

/** Rows of a block as its miner has them: a step, the state after it, and of the block up to and including it its requests, and the entries that the state has more. */
export type WrittenRow = {
  readonly step: Uint8Array
  readonly state: Hash
  readonly requests: number
  readonly growth: number
}

/** Elements that a step of `size` bytes takes. */
export function elementsOf(size: number): number {
  return Math.ceil(size / ELEMENT_CONTENT)
}

/** The element at which the first step of a block begins. */
export function firstStepElement(stepCount: number): number {
  return ENTRY_ELEMENTS * stepCount
}

/**
 * As few blobs as hold the rows of a block, zero wherever the layout says nothing. It knows no rules: whether a step has a shape, and
 * a state is right, is for the reader to say. Throws `RuleError('bad-steps')` if they do not fit.
 */
export function writeBlobs(rows: readonly WrittenRow[]): Uint8Array[] {
  if (rows.length === 0 || rows.length > MAX_BLOB_STEPS) {
    const facts = { steps: rows.length, most: MAX_BLOB_STEPS }
    throw new RuleError(
      'bad-steps',
      `expected 1 to ${MAX_BLOB_STEPS} steps to write into blobs, got ${rows.length}`,
      facts,
    )
  }
  const begin = firstStepElement(rows.length)
  const elements = rows.reduce((sum, { step }) => sum + elementsOf(step.length), begin)
  const count = Math.ceil(elements / BLOB_ELEMENTS)
  if (count > MAX_BLOBS) {
    const facts = { elements, most: MAX_BLOBS * BLOB_ELEMENTS }
    throw new RuleError('bad-steps', `expected steps for at most ${MAX_BLOBS} blobs, these take ${count}`, facts)
  }
  const blobs = Array.from({ length: count }, () => new Uint8Array(BLOB_BYTES))
  let at = begin
  rows.forEach(({ step, state, requests, growth }, i) => {
    writeContent(blobs, at, step)
    at += elementsOf(step.length)
    if (i === rows.length - 1) return
    const counts = concat(encodeUint(at, 2), encodeUint(requests, 2), encodeUint(growth & 0xffff, 2))
    writeContent(blobs, ENTRY_ELEMENTS * i, concat(toBytes(state), counts))
  })
  return blobs
}

/** Whether bytes of anybody are a blob: the length, and each element below the modulus. Of others there is no commitment. */
export function isBlob(bytes: Uint8Array): boolean {
  if (bytes.length !== BLOB_BYTES) return false
  for (let i = 0; i < BLOB_BYTES; i += 32) {
    if ((bytes[i] ?? 0) >= 0x73 && compareBytes(bytes.subarray(i, i + 32), MODULUS) >= 0) return false
  }
  return true
}

/** All 32 bytes of an element; zeros beyond the blobs. */
export function elementAt(blobs: readonly Uint8Array[], element: number): Uint8Array {
  const bytes = new Uint8Array(32)
  const start = 32 * (element % BLOB_ELEMENTS)
  bytes.set(blobs[Math.floor(element / BLOB_ELEMENTS)]?.subarray(start, start + 32) ?? [])
  return bytes
}

/** What counts of `count` elements, one after another: 31 bytes each, zeros beyond the blobs. */
export function contentAt(blobs: readonly Uint8Array[], element: number, count: number): Uint8Array {
  const content = new Uint8Array(ELEMENT_CONTENT * count)
  for (let i = 0; i < count; i++) content.set(elementAt(blobs, element + i).subarray(1), ELEMENT_CONTENT * i)
  return content
}

function writeContent(blobs: readonly Uint8Array[], element: number, content: Uint8Array): void {
  for (let i = 0; i < elementsOf(content.length); i++) {
    const blob = blobs[Math.floor((element + i) / BLOB_ELEMENTS)]
    assert(blob !== undefined, 'there are blobs for all that is written')
    const part = content.subarray(ELEMENT_CONTENT * i, ELEMENT_CONTENT * (i + 1))
    blob.set(part, 32 * ((element + i) % BLOB_ELEMENTS) + 1)
  }
}
