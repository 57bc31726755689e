// Rows in blobs: the vectors and garbage are read as the spec reads them, and nothing but the truth is shown.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { loadNativeKzg } from '../../../node/ethereum/blobs/native-kzg.ts'
import { BLOB_BYTES, BLOB_ELEMENTS, elementAt } from '../../../node/protocol/blob.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { assembleRowProof, readRow } from '../../../node/protocol/blob-row.ts'
import { concat, formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import blobVectors from '../../vectors/blob.json' with { type: 'json' }
import { BlobTrials } from '../harness/blob-trials.ts'

type Vector = (typeof blobVectors)[number]
type Entry = { readonly state: Hex; readonly end: bigint; readonly requests: bigint; readonly growth: bigint }
type Opened = readonly [before: Entry, own: Entry, size: bigint, gas: bigint]

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const runs = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 600) / 40)
/** Bytes of an element of an entry and of one of a step, as a proof has them. */
const WHOLE = 128
const TOP = 97

const hex = (bytes: Uint8Array): Hex => `0x${formatHex(bytes)}`

describe(`a row in blobs (seed ${seed})`, () => {
  const random = randomOf(seed)
  const pick = (below: number) => Math.floor(random() * below)
  let chain: TestChain
  let trials: BlobTrials

  before(async () => {
    chain = await TestChain.start()
    trials = await BlobTrials.deploy(chain)
  })
  after(() => chain[Symbol.asyncDispose]())

  const opening = ({ hashes, stepCount, index, content, openings }: Vector) =>
    trials.encode('open', hashes, BigInt(stepCount), BigInt(index), content, openings)
  const opened = (data: Hex) => trials.decode('open', data) as Opened

  for (const vector of blobVectors) {
    it(`is read as the spec reads it: ${vector.name}`, async (t) => {
      const { hashes, stepCount, index, content, openings } = vector
      const answer = await trials.call('open', hashes, BigInt(stepCount), BigInt(index), content, openings)
      const [before, own, size, gas] = answer as Opened
      const { begin, end, stateBefore, requestsBefore, growthBefore, state, requests, growth } = vector
      const expected = { state: stateBefore, end: begin, requests: requestsBefore, growth: growthBefore }
      assert.deepEqual(before, inContract(expected))
      assert.deepEqual(own, inContract({ state, end, requests, growth }))
      assert.equal(size, BigInt(vector.size))
      t.diagnostic(`${gas} gas for ${(openings.length - 2) / 2} bytes of openings`)
    })
  }

  it(`of garbage is read as the spec reads it (${runs} rows)`, async () => {
    const kzg = loadNativeKzg()
    const made = Array.from({ length: 2 }, () => {
      // Small bytes, which have shapes and small ends more often; any bytes; and zeros.
      const [most, full] = [pick(2) === 0 ? 6 : 256, random()]
      return new Uint8Array(BLOB_BYTES).map((_, i) => (random() < full ? pick(i % 32 === 0 ? 0x73 : most) : 0))
    })
    const known = made.map((blob) => ({ blob, commitment: kzg.commit(blob) }))
    for (let run = 0; run < runs; run++) {
      const some = [[0], [1], [0, 1], [1, 0]][pick(4)] ?? []
      const chosen = some.flatMap((i) => known[i] ?? [])
      const blobs = chosen.map(({ blob }) => blob)
      const stepCount = 1 + pick([3, 2_048, 5_000][pick(3)] ?? 1)
      const index = pick(stepCount)
      const proof = assembleRowProof(blobs, stepCount, index, (element) => {
        const { blob, commitment } = chosen[Math.floor(element / BLOB_ELEMENTS)] ?? assert.fail('beyond the blobs')
        return { element: elementAt(blobs, element), commitment, proof: kzg.prove(blob, element % BLOB_ELEMENTS) }
      })
      const hashes = chosen.map(({ commitment }) => blobHash(commitment))
      const args = [hashes, BigInt(stepCount), BigInt(index), hex(proof.content), hex(proof.openings)]
      const [before, own, size] = (await trials.call('open', ...args)) as Opened
      const row = readRow(blobs, stepCount, index)
      const nothing = { state: ZERO_HASH, requests: 0, growth: 0 }
      assert.deepEqual(before, inContract({ ...nothing, ...row.before, end: row.begin }))
      assert.deepEqual(own, inContract({ ...nothing, end: row.end, ...row.own }))
      assert.equal(size, BigInt(row.step?.length ?? 0))
    }
  })

  it('is not shown by any changed byte of its proof, nor by one too few or too many', async () => {
    for (const name of ['row 1 of 4', 'a step that ends in zeros beyond the blobs', 'a step of kind 0']) {
      const vector = vectorOf(name)
      const [content, openings] = [parseHex(vector.content), parseHex(vector.openings)]
      const places = Array.from({ length: 20 }, () => pick(openings.length))
      const flipped = places.map((place) => opening({ ...vector, openings: hex(flip(openings, place, pick(8))) }))
      await trials.assertRefused('BadOpening', flipped)
      const others = Array.from(content, (_, place) => hex(flip(content, place, pick(8))))
      const refusals = await trials.refusalsOf(others.map((other) => opening({ ...vector, content: other })))
      for (const refusal of refusals) {
        // Another length of the step changes how much has to be brought.
        assert.match(refusal?.name ?? 'accepted', /^(BadOpening|BadRowLength|BeyondBlobs)$/)
      }
      const zero = Uint8Array.of(0)
      const wrong = [openings.slice(0, -1), openings.slice(0, -TOP), new Uint8Array(), concat(openings, zero)]
      wrong.push(concat(openings, openings.slice(-TOP)))
      await trials.assertRefused(
        'BadRowLength',
        wrong.map((each) => opening({ ...vector, openings: hex(each) })),
      )
      const lengths = [new Uint8Array(), content.slice(0, -1), concat(content, zero)]
      await trials.assertRefused(
        'BadRowLength',
        lengths.map((each) => opening({ ...vector, content: hex(each) })),
      )
    }
  })

  it('has a shape although its content is cut off: what is missing convicts nobody', async () => {
    const vector = vectorOf('row 1 of 4')
    const length = BigInt((vector.content.length - 2) / 2)
    for (let elements = 1; 31n * BigInt(elements) < length; elements++) {
      const content = vector.content.slice(0, 2 + 62 * elements)
      const openings = vector.openings.slice(0, 2 + 2 * (4 * WHOLE + elements * TOP))
      await trials.assertRefusedAs(
        'BadRowLength',
        [length, BigInt(31 * elements)],
        opening({ ...vector, content, openings }),
      )
    }
  })

  it('is not that of another number, nor of other blobs, nor of fewer, nor of the same in another order', async () => {
    const vector = vectorOf('row 1 of 4')
    await trials.assertRefusedAs('BadOpening', [2n], opening({ ...vector, index: 2 }))
    await trials.assertRefusedAs('BadOpening', [BigInt(vector.begin)], opening({ ...vector, stepCount: 2 }))
    await trials.assertRefusedAs('NoSuchStep', [4n, 4n], opening({ ...vector, index: 4 }))
    await trials.assertRefusedAs('BadOpening', [0n], opening({ ...vector, hashes: vectorOf('the only row').hashes }))
    const across = vectorOf('a step across two blobs')
    await trials.assertRefusedAs('BadOpening', [0n], opening({ ...across, hashes: across.hashes.toReversed() }))
    const fewer = opening({ ...across, hashes: across.hashes.slice(0, 1) })
    await trials.assertRefusedAs('BeyondBlobs', [BigInt(BLOB_ELEMENTS)], fewer)
  })

  it('has its elements in order: two that are swapped are refused', async () => {
    const vector = vectorOf('row 1 of 4')
    const [content, openings] = [parseHex(vector.content), parseHex(vector.openings)]
    const begin = BigInt(vector.begin)
    const swapped = (first: number, width: number) =>
      opening({ ...vector, openings: hex(swap(openings, first, width)) })
    await trials.assertRefusedAs('BadOpening', [0n], swapped(0, WHOLE))
    await trials.assertRefusedAs('BadOpening', [2n], swapped(2 * WHOLE, WHOLE))
    await trials.assertRefusedAs('BadOpening', [begin], swapped(4 * WHOLE, TOP))
    const moved = opening({ ...vector, content: hex(swap(content, 31, 31)) })
    await trials.assertRefusedAs('BadOpening', [begin + 1n], moved)
  })

  it('is zero beyond the blobs, and whatever else is brought for it is refused', async () => {
    const vector = vectorOf('a step that ends in zeros beyond the blobs')
    for (const place of [31, 36, 61]) {
      const content = hex(flip(parseHex(vector.content), place, 0))
      await trials.assertRefusedAs('BeyondBlobs', [BigInt(BLOB_ELEMENTS)], opening({ ...vector, content }))
    }
  })

  it('is never misread for want of gas: the answer is the same, or there is none', async () => {
    const right = vectorOf('the only row')
    const wrong = { ...right, openings: hex(flip(parseHex(right.openings), 0, 0)) }
    const amounts = Array.from({ length: 90 }, (_, i) => 5_000n * BigInt(i))
    const [truth] = await trials.tryEach([opening(right)])
    assert(truth?.isAnswer)
    const [, own, size] = opened(truth.data)
    const answers = await trials.tryEach(
      amounts.map(() => opening(right)),
      amounts,
    )
    answers.forEach(({ isAnswer, data }, i) => {
      if (isAnswer) assert.deepEqual(opened(data).slice(1, 3), [own, size])
      else assert((amounts[i] ?? 0n) < 400_000n, `${amounts[i]} gas is enough`)
    })
    assert(answers.some(({ isAnswer }) => isAnswer) && answers.some(({ isAnswer }) => !isAnswer))
    const lies = await trials.tryEach(
      amounts.map(() => opening(wrong)),
      amounts,
    )
    assert(lies.every(({ isAnswer }) => !isAnswer))
  })
})

/** The contract counts growth modulo 2^16. */
function inContract(entry: { state: string; end: number; requests: number; growth: number }): Entry {
  const { state, end, requests, growth } = entry
  return { state: state as Hex, end: BigInt(end), requests: BigInt(requests), growth: BigInt(growth & 0xffff) }
}

function vectorOf(name: string): Vector {
  const vector = blobVectors.find((each) => each.name === name)
  assert(vector, name)
  return vector
}

function flip(bytes: Uint8Array, place: number, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === place ? byte ^ (1 << bit) : byte))
}

/** Two neighbours of `width` bytes, the first of which begins at `first`. */
function swap(bytes: Uint8Array, first: number, width: number): Uint8Array {
  const [middle, end] = [first + width, first + 2 * width]
  return concat(bytes.slice(0, first), bytes.slice(middle, end), bytes.slice(first, middle), bytes.slice(end))
}
