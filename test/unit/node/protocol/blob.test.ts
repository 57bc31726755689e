// Rows in blobs: what is written is read again, and the reader answers on any bytes, as the contract does.
// Long: one list of what is written and read.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BLOB_BYTES,
  BLOB_ELEMENTS,
  contentAt,
  elementAt,
  elementsOf,
  firstStepElement,
  isBlob,
  MAX_BLOB_STEPS,
  MAX_BLOBS,
  type WrittenRow,
  writeBlobs,
} from '../../../../node/protocol/blob.ts'
import { blobHash, blobTraceRoot, pointOf } from '../../../../node/protocol/blob-hash.ts'
import { assembleRowProof, type BlobRow, elementsOfRow, readRow } from '../../../../node/protocol/blob-row.ts'
import { concat, encodeUint, parseHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toHash } from '../../../../node/protocol/ids.ts'
import { stepSizeAt } from '../../../../node/protocol/step.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const MODULUS = '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'

/** Steps of each shape, with bytes that are never zero where they may be anything. */
const SHAPES: Readonly<Record<string, Uint8Array>> = {
  deposit: concat(Uint8Array.of(1), new Uint8Array(36).fill(0xd1)),
  void: concat(Uint8Array.of(3), new Uint8Array(40).fill(0xd3)),
  'shortest transaction': concat(Uint8Array.of(4), packed(1, 0)),
  'usual transaction': concat(Uint8Array.of(4), packed(3, 20)),
  'longest transaction': concat(Uint8Array.of(4), packed(8, 140)),
  'longest step': concat(Uint8Array.of(2), new Uint8Array(8).fill(0xfe), packed(8, 140)),
}

function packed(inputs: number, memo: number): Uint8Array {
  return concat(Uint8Array.of(inputs - 1, memo), new Uint8Array(105 + 20 * inputs + memo).fill(0xaa))
}

function stateOf(number: number) {
  return toHash(keccak(encodeUint(number, 4)))
}

/** `count` rows of shapes that take turns, and a request in every third. */
function rowsOf(count: number, steps = Object.values(SHAPES)): WrittenRow[] {
  return Array.from({ length: count }, (_, i) => {
    const step = steps[i % steps.length] ?? new Uint8Array()
    return { step, state: stateOf(i), requests: Math.floor((i + 2) / 3), growth: 3 - 2 * i }
  })
}

/** What counts for a verdict. */
function readAll(blobs: readonly Uint8Array[], count: number): BlobRow[] {
  return Array.from({ length: count }, (_, i) => readRow(blobs, count, i))
}

function changed(blobs: readonly Uint8Array[], element: number, byte: number, value: number): Uint8Array[] {
  const copies = blobs.map((blob) => blob.slice())
  const blob = copies[Math.floor(element / BLOB_ELEMENTS)]
  assert(blob)
  blob[32 * (element % BLOB_ELEMENTS) + byte] = value
  return copies
}

describe('rows in blobs', () => {
  for (const count of [1, 2, 3, 17, 700]) {
    it(`are read as they were written: ${count} steps`, () => {
      const rows = rowsOf(count)
      const blobs = writeBlobs(rows)
      let begin = firstStepElement(count)
      rows.forEach(({ step, state, requests, growth }, i) => {
        const row = readRow(blobs, count, i)
        assert.deepEqual(row.step, step)
        assert.deepEqual([row.begin, row.end], [begin, begin + elementsOf(step.length)])
        begin = row.end
        assert.deepEqual(row.own, i === count - 1 ? undefined : { state, end: row.end, requests, growth })
        assert.deepEqual(row.before, i === 0 ? undefined : readRow(blobs, count, i - 1).own)
      })
    })
  }

  it('take as few blobs as hold them', () => {
    const deposit = SHAPES['deposit'] ?? new Uint8Array()
    // A deposit takes two elements, and so does an entry.
    assert.equal(writeBlobs(rowsOf(1024, [deposit])).length, 1)
    assert.equal(writeBlobs(rowsOf(1025, [deposit])).length, 2)
    assert.equal(writeBlobs(rowsOf(MAX_BLOB_STEPS, [deposit])).length, 4)
    assert(writeBlobs(rowsOf(2)).every((blob) => blob.length === BLOB_BYTES))
  })

  it('are 3,500 steps of five elements in six blobs, and not one more', () => {
    const step = concat(Uint8Array.of(4), packed(1, 27))
    assert.equal(elementsOf(step.length), 5)
    assert.equal(writeBlobs(rowsOf(MAX_BLOB_STEPS, [step])).length, MAX_BLOBS)
    assert.throws(() => writeBlobs(rowsOf(MAX_BLOB_STEPS + 1, [step])), { code: 'bad-steps' })
  })

  it('are refused where they need more than six blobs, and where there are none', () => {
    const longest = SHAPES['longest step'] ?? new Uint8Array()
    const most = Math.floor((MAX_BLOBS * BLOB_ELEMENTS) / (2 + elementsOf(longest.length)))
    assert.equal(writeBlobs(rowsOf(most, [longest])).length, MAX_BLOBS)
    assert.throws(() => writeBlobs(rowsOf(most + 1, [longest])), { code: 'bad-steps' })
    assert.throws(() => writeBlobs([]), { code: 'bad-steps' })
  })

  it('leave everything else zero, and are blobs whatever the steps say', () => {
    const full = new Uint8Array(41).fill(0xff)
    full[0] = 3
    const blobs = writeBlobs(rowsOf(2, [full]))
    assert(blobs.every(isBlob))
    const [blob = new Uint8Array()] = blobs
    const counts = concat(encodeUint(6, 2), encodeUint(0, 2), encodeUint(3, 2))
    const entry = concat(parseHex(stateOf(0)), counts)
    const expected = new Uint8Array(BLOB_BYTES)
    expected.set(entry.subarray(0, 31), 1)
    expected.set(entry.subarray(31), 33)
    for (const begin of [4, 6]) {
      expected.set(full.subarray(0, 31), 32 * begin + 1)
      expected.set(full.subarray(31), 32 * (begin + 1) + 1)
    }
    assert(Buffer.compare(blob, expected) === 0)
  })

  it('are the same whatever is in the bytes that do not count', () => {
    const count = 5
    const blobs = writeBlobs(rowsOf(count))
    const rows = readAll(blobs, count)
    const used = readRow(blobs, count, count - 1).end
    const silent: [element: number, byte: number][] = [
      // The first byte of any element, and the spare ones of an entry.
      ...Array.from({ length: used }, (_, element): [number, number] => [element, 0]),
      ...Array.from({ length: 24 }, (_, i): [number, number] => [1, 8 + i]),
      // The entry that the last step does not have, what is behind a step in its last element, and what is behind the last step.
      [2 * count - 2, 20],
      [2 * count - 1, 3],
      [readRow(blobs, count, 0).end - 1, 31],
      [used, 1],
      [BLOB_ELEMENTS - 1, 31],
    ]
    for (const [element, byte] of silent) {
      assert.deepEqual(readAll(changed(blobs, element, byte, 0x73), count), rows, `element ${element}, byte ${byte}`)
    }
  })

  it('change with each byte that counts', () => {
    const count = 3
    const blobs = writeBlobs(rowsOf(count))
    const rows = readAll(blobs, count)
    for (let byte = 0; byte < 38; byte++) {
      const [element, place] = byte < 31 ? [0, byte + 1] : [1, byte - 30]
      const before = elementAt(blobs, element)[place] ?? 0
      assert.notDeepEqual(readAll(changed(blobs, element, place, before ^ 1), count), rows, `byte ${byte}`)
    }
    for (const { begin, step } of rows) {
      assert(step)
      for (let byte = 0; byte < step.length; byte++) {
        const element = begin + Math.floor(byte / 31)
        const place = 1 + (byte % 31)
        const other = changed(blobs, element, place, (elementAt(blobs, element)[place] ?? 0) ^ 1)
        assert.notDeepEqual(readAll(other, count), rows, `byte ${byte} of the step at ${begin}`)
      }
    }
  })

  it('have no step where the first byte is zero, or no kind, or a flag is set that means nothing', () => {
    const blobs = writeBlobs(rowsOf(2, [SHAPES['usual transaction'] ?? new Uint8Array()]))
    const { begin } = readRow(blobs, 2, 1)
    for (const [byte, value] of [
      [1, 0],
      [1, 6],
      [1, 255],
      [2, 0x80],
      [3, 141],
    ] as const) {
      const row = readRow(changed(blobs, begin, byte, value), 2, 1)
      assert.deepEqual([row.step, row.end], [undefined, begin + 1])
    }
  })

  it('read as zeros beyond the blobs, so that a step whose last bytes are zeros may end there', () => {
    const step = concat(Uint8Array.of(1), new Uint8Array(30).fill(7), new Uint8Array(6))
    const blobs = writeBlobs(rowsOf(2))
    const far = encodeUint(BLOB_ELEMENTS - 1, 2)
    const [high = 0, low = 0] = far
    let moved = changed(changed(blobs, 1, 2, high), 1, 3, low)
    step.subarray(0, 31).forEach((byte, i) => {
      moved = changed(moved, BLOB_ELEMENTS - 1, i + 1, byte)
    })
    const row = readRow(moved, 2, 1)
    assert.deepEqual([row.begin, row.step, row.end], [BLOB_ELEMENTS - 1, step, BLOB_ELEMENTS + 1])
    assert.deepEqual(elementsOfRow(moved, 2, 1), { entries: [0, 1], step: [BLOB_ELEMENTS - 1] })
    // Wholly beyond there is nothing that has a shape.
    const beyond = readRow(changed(changed(blobs, 1, 2, 0xff), 1, 3, 0xff), 2, 1)
    assert.deepEqual([beyond.begin, beyond.step, beyond.end], [65_535, undefined, 65_536])
    assert.deepEqual(elementsOfRow(changed(changed(blobs, 1, 2, 0xff), 1, 3, 0xff), 2, 1).step, [])
  })

  it('are there for every number of steps in blobs of garbage, however few the blobs are', () => {
    const random = randomOf(seed)
    for (let run = 0; run < 20; run++) {
      const blobs = Array.from({ length: 1 + (run % 2) }, () => {
        return new Uint8Array(BLOB_BYTES).map(() => Math.floor(random() * (random() < 0.5 ? 6 : 256)))
      })
      for (let i = 0; i < 200; i++) {
        const count = 1 + Math.floor(random() * 2 ** 32)
        const index = Math.floor(random() * Math.min(count, 5000))
        const row = readRow(blobs, count, index)
        assert(row.step === undefined || stepSizeAt(row.step, 0) === row.step.length)
        assert.equal(row.end - row.begin, row.step ? elementsOf(row.step.length) : 1)
      }
    }
  })

  for (const [name, step] of Object.entries(SHAPES)) {
    it(`need no more than the first 31 bytes to tell the size: ${name}`, () => {
      const first = new Uint8Array(1_000)
      first.set(step.subarray(0, 31))
      assert.equal(stepSizeAt(first, 0), step.length)
    })
  }
})

describe('a proof of a row', () => {
  const open = (element: number) => ({
    element: new Uint8Array(32).fill(element),
    commitment: new Uint8Array(48).fill(0xc0),
    proof: new Uint8Array(48).fill(0xf0),
  })

  it('opens both entries and the step, the first row one entry less, and so the last', () => {
    const count = 3
    const blobs = writeBlobs(rowsOf(count, [SHAPES['deposit'] ?? new Uint8Array()]))
    assert.deepEqual(elementsOfRow(blobs, count, 0), { entries: [0, 1], step: [6, 7] })
    assert.deepEqual(elementsOfRow(blobs, count, 1), { entries: [0, 1, 2, 3], step: [8, 9] })
    assert.deepEqual(elementsOfRow(blobs, count, 2), { entries: [2, 3], step: [10, 11] })
    assert.deepEqual(elementsOfRow(writeBlobs(rowsOf(1)), 1, 0), { entries: [], step: [2, 3] })
  })

  it('has whole elements of entries, of the step the first byte of each, and the rest of these in one piece', () => {
    const count = 2
    const step = SHAPES['void'] ?? new Uint8Array()
    const { content, openings } = assembleRowProof(writeBlobs(rowsOf(count, [step])), count, 1, open)
    assert.deepEqual(content, concat(step, new Uint8Array(62 - step.length)))
    const rest = concat(new Uint8Array(48).fill(0xc0), new Uint8Array(48).fill(0xf0))
    const whole = [0, 1].map((element) => concat(new Uint8Array(32).fill(element), rest))
    const tops = [6, 7].map((element) => concat(Uint8Array.of(element), rest))
    assert.deepEqual(openings, concat(...whole, ...tops))
  })
})

describe('blobs', () => {
  it('have elements below the modulus, each of them', () => {
    const [blob = new Uint8Array()] = writeBlobs(rowsOf(1))
    assert(isBlob(blob))
    for (const place of [0, 1, BLOB_ELEMENTS - 1]) {
      const other = blob.slice()
      other.set(parseHex(MODULUS), 32 * place)
      assert(!isBlob(other))
      other[32 * place + 31] = 0
      assert(isBlob(other), 'the greatest element there is')
      other[32 * place] = 0x74
      assert(!isBlob(other))
    }
    assert(!isBlob(blob.subarray(1)))
    assert(!isBlob(concat(blob, Uint8Array.of(0))))
  })

  it('are read element by element, and as zeros beyond', () => {
    const blobs = [new Uint8Array(BLOB_BYTES).fill(1), new Uint8Array(BLOB_BYTES).fill(2)]
    assert.deepEqual(elementAt(blobs, BLOB_ELEMENTS - 1), new Uint8Array(32).fill(1))
    assert.deepEqual(elementAt(blobs, BLOB_ELEMENTS), new Uint8Array(32).fill(2))
    assert.deepEqual(elementAt(blobs, 2 * BLOB_ELEMENTS), new Uint8Array(32))
    const across = concat(new Uint8Array(31).fill(2), new Uint8Array(31))
    assert.deepEqual(contentAt(blobs, 2 * BLOB_ELEMENTS - 1, 2), across)
  })

  it('have hashes of their commitments, and a block the hash of these', () => {
    // The commitment of a blob of zeros is the point at infinity.
    const commitment = concat(Uint8Array.of(0xc0), new Uint8Array(47))
    const hash = blobHash(commitment)
    assert.equal(hash, '0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014')
    const twice = concat(Uint8Array.of(2), parseHex(hash), parseHex(hash))
    assert.equal(blobTraceRoot([hash, hash]), toHash(keccak(twice)))
  })

  it('list the values of their polynomial at all 4,096th roots of unity, in bit-reversed order', () => {
    const points = Array.from({ length: BLOB_ELEMENTS }, (_, place) => pointOf(place))
    const modulus = BigInt(`0x${MODULUS}`)
    assert.equal(new Set(points).size, BLOB_ELEMENTS)
    assert.equal(points[0], 1n)
    assert.equal(points[1], modulus - 1n)
    // So that neighbours are opposite, and the squares of each pair are the points of half as many.
    points.forEach((point, place) => {
      assert.equal((point * point) % modulus, points[place >> 1])
    })
  })
})
