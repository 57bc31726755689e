// Vectors of rows in blobs: blobs by the elements that are not zero, rows as both sides read them, and their proofs.

import { loadNativeKzg } from '../../node/ethereum/blobs/native-kzg.ts'
import { BLOB_BYTES, BLOB_ELEMENTS, elementAt, writeBlobs } from '../../node/protocol/blob.ts'
import { blobHash, blobTraceRoot } from '../../node/protocol/blob-hash.ts'
import { assembleRowProof, readRow } from '../../node/protocol/blob-row.ts'
import { concat, encodeText, encodeUint, formatHex } from '../../node/protocol/bytes.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { toBytes, toHash, ZERO_HASH } from '../../node/protocol/ids.ts'

type Case = {
  readonly name: string
  readonly blobs: readonly Uint8Array[]
  readonly stepCount: number
  readonly index: number
}

const hex = (bytes: Uint8Array) => `0x${formatHex(bytes)}`
const stateOf = (number: number) => toHash(keccak(encodeText(`state ${number}`)))
const filler = (length: number) => new Uint8Array(length).map((_, i) => 1 + (i % 255))
const deposit = concat(Uint8Array.of(1), filler(36))
const forcedVoid = concat(Uint8Array.of(3), filler(40))
const payment = concat(Uint8Array.of(4, 1, 9), filler(105 + 40 + 9))
const longest = concat(Uint8Array.of(2), filler(8), Uint8Array.of(0x1f, 140), filler(105 + 160 + 140))

/** `first` and what follows it in the low bytes of elements, into a copy. */
function put(blobs: readonly Uint8Array[], first: number, content: Uint8Array): Uint8Array[] {
  const copies = blobs.map((blob) => blob.slice())
  for (let i = 0; 31 * i < content.length; i++) {
    const blob = copies[Math.floor((first + i) / BLOB_ELEMENTS)]
    blob?.set(content.subarray(31 * i, 31 * (i + 1)), 32 * ((first + i) % BLOB_ELEMENTS) + 1)
  }
  return copies
}

function entry(state: number, end: number, requests: number, growth: number): Uint8Array {
  return concat(toBytes(stateOf(state)), encodeUint(end, 2), encodeUint(requests, 2), encodeUint(growth & 0xffff, 2))
}

/** Of a block of `count` steps that says of step `count - 2` that it ends at `end`, where the last one then is. */
function lastAt(blobs: number, count: number, end: number, step: Uint8Array): Uint8Array[] {
  const empty = Array.from({ length: blobs }, () => new Uint8Array(BLOB_BYTES))
  return put(put(empty, end, step), 2 * (count - 2), entry(1, end, 1, -3))
}

function cases(): Case[] {
  const steps = [deposit, payment, longest, forcedVoid]
  const written = writeBlobs(
    steps.map((step, i) => ({ step, state: stateOf(i), requests: Math.min(i, 1), growth: 2 - 3 * i })),
  )
  const noisy = written.map((blob) => blob.map((byte, i) => (i % 32 === 0 && i < 2_048 ? (i / 32) % 0x73 : byte)))
  const spare = put(noisy, 2, concat(entry(1, 65_535, 65_535, -1), filler(24)))
  const rows = steps.map((_, index) => ({ name: `row ${index} of 4`, blobs: written, stepCount: 4, index }))
  const shapeless = (name: string, step: Uint8Array) => {
    return { name, blobs: lastAt(1, 2, 9, step), stepCount: 2, index: 1 }
  }
  return [
    ...rows,
    {
      name: 'the only row',
      blobs: writeBlobs([{ step: payment, state: stateOf(0), requests: 0, growth: 0 }]),
      stepCount: 1,
      index: 0,
    },
    { name: 'bytes that do not count are full', blobs: spare, stepCount: 4, index: 1 },
    { name: 'the greatest end and count', blobs: spare, stepCount: 4, index: 2 },
    { name: 'a step across two blobs', blobs: lastAt(2, 2, BLOB_ELEMENTS - 3, payment), stepCount: 2, index: 1 },
    {
      name: 'an entry in the second blob, of a step in the first',
      blobs: put(lastAt(2, BLOB_ELEMENTS / 2 + 1, 9, deposit), BLOB_ELEMENTS, entry(2, 11, 1, 32_767)),
      stepCount: BLOB_ELEMENTS / 2 + 2,
      index: BLOB_ELEMENTS / 2,
    },
    {
      name: 'a step that ends in zeros beyond the blobs',
      blobs: lastAt(1, 2, BLOB_ELEMENTS - 1, concat(deposit.subarray(0, 31), new Uint8Array(6))),
      stepCount: 2,
      index: 1,
    },
    { name: 'a step beyond the blobs', blobs: lastAt(1, 2, 65_535, deposit), stepCount: 2, index: 1 },
    {
      name: 'entries beyond the blobs, and a step where an entry is',
      blobs: put(written, 0, forcedVoid),
      stepCount: 2_100,
      index: 2_098,
    },
    shapeless('a step of kind 0', new Uint8Array()),
    shapeless('a step of kind 5', concat(Uint8Array.of(5), payment.subarray(1))),
    shapeless('a flag that means nothing', concat(Uint8Array.of(4, 0x21), payment.subarray(2))),
    shapeless('a memo of 141', concat(Uint8Array.of(4, 1, 141), filler(300))),
  ]
}

/** Sparse: number and value of each element that is not zero. */
function elementsIn(blobs: readonly Uint8Array[]): Record<string, string> {
  const numbers = Array.from({ length: BLOB_ELEMENTS * blobs.length }, (_, i) => i)
  const values = numbers.map((number) => [String(number), hex(elementAt(blobs, number))] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== ZERO_HASH))
}

export function blobVectors() {
  const kzg = loadNativeKzg()
  return cases().map(({ name, blobs, stepCount, index }) => {
    const commitments = blobs.map((blob) => kzg.commit(blob))
    const row = readRow(blobs, stepCount, index)
    const { content, openings } = assembleRowProof(blobs, stepCount, index, (element) => {
      const [blob, commitment] = [Math.floor(element / BLOB_ELEMENTS)].flatMap((i) => [blobs[i], commitments[i]])
      if (!blob || !commitment) throw new RangeError(`element ${element} is beyond the blobs`)
      return { element: elementAt(blobs, element), commitment, proof: kzg.prove(blob, element % BLOB_ELEMENTS) }
    })
    const hashes = commitments.map(blobHash)
    return {
      name,
      blobs: blobs.length,
      elements: elementsIn(blobs),
      hashes,
      traceRoot: blobTraceRoot(hashes),
      stepCount,
      index,
      begin: row.begin,
      stateBefore: row.before?.state ?? ZERO_HASH,
      requestsBefore: row.before?.requests ?? 0,
      growthBefore: row.before?.growth ?? 0,
      state: row.own?.state ?? ZERO_HASH,
      requests: row.own?.requests ?? 0,
      growth: row.own?.growth ?? 0,
      end: row.own?.end ?? row.end,
      size: row.step?.length ?? 0,
      content: hex(content),
      openings: hex(openings),
    }
  })
}
