// One row out of a block's blobs, as the contract reads it: total, whatever the blobs say; and what a proof of the row opens (docs/protocol.md section 5.2).

import { assert } from './assert.ts'
import { BLOB_ELEMENTS, contentAt, ELEMENT_CONTENT, ENTRY_ELEMENTS, elementsOf, firstStepElement } from './blob.ts'
import { concat, decodeUint } from './bytes.ts'
import { toGrowth } from './header.ts'
import { type Hash, toHash } from './ids.ts'
import { stepSizeAt } from './step.ts'

/** What the blobs state about a step: nobody has judged it. */
type BlobEntry = {
  /** State after the step. */
  readonly state: Hash
  /** The element behind the last one of the step. */
  readonly end: number
  /** Requests of the block up to and including the step. */
  readonly requests: number
  /** Entries that the state has more, up to and including the step: -32,768 to 32,767. */
  readonly growth: number
}

export type BlobRow = {
  /** The entry of the step before; undefined for the first step, before which there is the parent's state, and no request. */
  readonly before: BlobEntry | undefined
  /** The step's own entry; undefined for the last step, whose state and count are the header's, and whose end is not asked for. */
  readonly own: BlobEntry | undefined
  /** The element at which the step begins: where the one before is said to end. */
  readonly begin: number
  /** Undefined if what begins there has no shape. */
  readonly step: Uint8Array | undefined
  /** The element behind the last one of the step; one behind `begin` if it has no shape. */
  readonly end: number
}

/** An element with the proof that it is in its blob: what the precompile of EIP-4844 checks. */
export type ElementOpening = {
  /** All 32 bytes of the element. */
  readonly element: Uint8Array
  /** 48 bytes, of the blob. */
  readonly commitment: Uint8Array
  /** 48 bytes. */
  readonly proof: Uint8Array
}

/** What shows the contract a row of blobs, beside their hashes. */
export type RowProof = {
  /** What counts of the step's elements, those beyond the blobs included: 31 bytes each. The step, and what is behind it in its last element. */
  readonly content: Uint8Array
  /** Entry before, own entry, step: whatever of them there is, and is not beyond the blobs. */
  readonly openings: Uint8Array
}

/** Of the longest step that may ever have a shape. */
const MOST_ELEMENTS = 20

/** Row `index` of a block with `stepCount` steps, `index` being below it. `blobs` are those of its hashes, with whatever is in them. */
export function readRow(blobs: readonly Uint8Array[], stepCount: number, index: number): BlobRow {
  assert(index >= 0 && index < stepCount, 'a row is asked for by the number of a step')
  const before = index === 0 ? undefined : entryAt(blobs, index - 1)
  const own = index === stepCount - 1 ? undefined : entryAt(blobs, index)
  const begin = before?.end ?? firstStepElement(stepCount)
  // The first element says how long the step is, and zeros behind it cannot contradict.
  const first = new Uint8Array(ELEMENT_CONTENT * MOST_ELEMENTS)
  first.set(contentAt(blobs, begin, 1))
  const size = stepSizeAt(first, 0)
  const taken = Math.max(1, elementsOf(size))
  const step = size === 0 ? undefined : contentAt(blobs, begin, taken).slice(0, size)
  return { before, own, begin, step, end: begin + taken }
}

/** The elements that a proof of the row opens, in the order of its bytes: four of entries at most, then the step's. */
export function elementsOfRow(
  blobs: readonly Uint8Array[],
  stepCount: number,
  index: number,
): { readonly entries: readonly number[]; readonly step: readonly number[] } {
  const { before, own, begin, end } = readRow(blobs, stepCount, index)
  const entries = [...(before ? elementsOfEntry(index - 1) : []), ...(own ? elementsOfEntry(index) : [])]
  const isInside = (element: number) => element < BLOB_ELEMENTS * blobs.length
  const step = Array.from({ length: end - begin }, (_, i) => begin + i)
  return { entries: entries.filter(isInside), step: step.filter(isInside) }
}

/** `open` gives the opening of each of `elementsOfRow`. */
export function assembleRowProof(
  blobs: readonly Uint8Array[],
  stepCount: number,
  index: number,
  open: (element: number) => ElementOpening,
): RowProof {
  const { begin, end } = readRow(blobs, stepCount, index)
  const { entries, step } = elementsOfRow(blobs, stepCount, index)
  const whole = entries.map(open).map(({ element, commitment, proof }) => concat(element, commitment, proof))
  // The rest of the element is in the content.
  const tops = step.map(open).map(({ element, commitment, proof }) => concat(element.slice(0, 1), commitment, proof))
  return { content: contentAt(blobs, begin, end - begin), openings: concat(...whole, ...tops) }
}

function entryAt(blobs: readonly Uint8Array[], index: number): BlobEntry {
  const content = contentAt(blobs, ENTRY_ELEMENTS * index, ENTRY_ELEMENTS)
  return {
    state: toHash(content.subarray(0, 32)),
    end: Number(decodeUint(content.subarray(32, 34))),
    requests: Number(decodeUint(content.subarray(34, 36))),
    growth: toGrowth(Number(decodeUint(content.subarray(36, 38)))),
  }
}

function elementsOfEntry(index: number): number[] {
  return Array.from({ length: ENTRY_ELEMENTS }, (_, i) => ENTRY_ELEMENTS * index + i)
}
