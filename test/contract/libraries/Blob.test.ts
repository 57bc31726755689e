// The opener of rows in blobs: the vectors are read as the spec reads them, and nothing but the truth is.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { network } from 'hardhat'
import { type Abi, decodeErrorResult, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { loadNativeKzg } from '../../../node/ethereum/blobs/native-kzg.ts'
import { BLOB_BYTES, BLOB_ELEMENTS, elementAt } from '../../../node/protocol/blob.ts'
import { BLS_MODULUS, blobHash, pointOf } from '../../../node/protocol/blob-hash.ts'
import { concat, decodeUint, formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { readArtifact, TestChain } from '../../support/contract/chain.ts'
import blobVectors from '../../vectors/blob.json' with { type: 'json' }
import { deployHarness, type Harness } from '../harness/deploy.ts'

type Vector = (typeof blobVectors)[number]
type Entry = { readonly state: Hex; readonly end: bigint; readonly requests: bigint }
type Opened = readonly [before: Entry, own: Entry, size: bigint, gas: bigint]
/** The custom error of a call that was refused; no name where it came without one. */
type Refusal = { readonly name: string; readonly args: readonly unknown[] }
type Outcome = { readonly isAnswer: boolean; readonly data: Hex }

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const ARTIFACT = 'test/contract/harness/BlobHarness.sol/BlobHarness.json'
/** Bytes of an element of an entry and of one of a step, as a proof has them. */
const WHOLE = 128
const TOP = 97
/** Gas for the row with the most elements; what is refused by the precompile burns all of it. */
const ENOUGH = 1_200_000n
/** Calls in a call. */
const BATCH = 10

const hex = (bytes: Uint8Array): Hex => `0x${formatHex(bytes)}`

describe(`Blob (seed ${seed})`, () => {
  const random = randomOf(seed)
  const pick = (below: number) => Math.floor(random() * below)
  let chain: TestChain
  let harness: Harness
  let abi: Abi

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'BlobHarness')
    abi = (await readArtifact(ARTIFACT)).abi
  })
  after(() => chain[Symbol.asyncDispose]())

  const opening = ({ hashes, stepCount, index, content, openings }: Vector) =>
    encodeFunctionData({
      abi,
      functionName: 'open',
      args: [hashes, BigInt(stepCount), BigInt(index), content, openings],
    })
  const opened = (data: Hex) => decodeFunctionResult({ abi, functionName: 'open', data }) as Opened

  /** Many calls of the harness in one: a call that reverts as a whole takes a second. */
  async function tryEach(calls: readonly Hex[], gas = calls.map(() => ENOUGH)): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (let first = 0; first < calls.length; first += BATCH) {
      const until = first + BATCH
      const some = await harness.call('tryEach', calls.slice(first, until), gas.slice(first, until))
      outcomes.push(...(some as Outcome[]))
    }
    return outcomes
  }

  async function refusalsOf(calls: readonly Hex[]): Promise<(Refusal | undefined)[]> {
    return (await tryEach(calls)).map(({ isAnswer, data }) => {
      if (isAnswer) return undefined
      if (data === '0x') return { name: '', args: [] }
      const { errorName: name, args = [] } = decodeErrorResult({ abi, data })
      return { name, args }
    })
  }

  /** That each of these is refused with this error. */
  async function assertRefused(name: string, calls: readonly Hex[]): Promise<void> {
    const names = (await refusalsOf(calls)).map((refusal) => refusal?.name)
    assert.deepEqual(names, Array(calls.length).fill(name))
  }

  async function assertRefusedAs(name: string, args: readonly unknown[], call: Hex): Promise<void> {
    assert.deepEqual(await refusalsOf([call]), [{ name, args }])
  }

  describe('a row', () => {
    for (const vector of blobVectors) {
      it(`is read as the spec reads it: ${vector.name}`, async (t) => {
        const { hashes, stepCount, index, content, openings } = vector
        const answer = await harness.call('open', hashes, BigInt(stepCount), BigInt(index), content, openings)
        const [before, own, size, gas] = answer as Opened
        const [begin, end] = [BigInt(vector.begin), BigInt(vector.end)]
        const requestsBefore = BigInt(vector.requestsBefore)
        assert.deepEqual(before, { state: vector.stateBefore, end: begin, requests: requestsBefore })
        assert.deepEqual(own, { state: vector.state, end, requests: BigInt(vector.requests) })
        assert.equal(size, BigInt(vector.size))
        t.diagnostic(`${gas} gas for ${(openings.length - 2) / 2} bytes of openings`)
      })
    }

    it('is not shown by any changed byte of its proof, nor by one too few or too many', async () => {
      for (const name of ['row 1 of 4', 'a step that ends in zeros beyond the blobs', 'a step of kind 0']) {
        const vector = vectorOf(name)
        const [content, openings] = [parseHex(vector.content), parseHex(vector.openings)]
        const places = Array.from({ length: 20 }, () => pick(openings.length))
        const flipped = places.map((place) => opening({ ...vector, openings: hex(flip(openings, place, pick(8))) }))
        await assertRefused('BadOpening', flipped)
        const others = Array.from(content, (_, place) => hex(flip(content, place, pick(8))))
        const refusals = await refusalsOf(others.map((other) => opening({ ...vector, content: other })))
        for (const refusal of refusals) {
          // Another length of the step changes how much has to be brought.
          assert.match(refusal?.name ?? 'accepted', /^(BadOpening|BadRowLength|BeyondBlobs)$/)
        }
        const zero = Uint8Array.of(0)
        const wrong = [openings.slice(0, -1), openings.slice(0, -TOP), new Uint8Array(), concat(openings, zero)]
        wrong.push(concat(openings, openings.slice(-TOP)))
        await assertRefused(
          'BadRowLength',
          wrong.map((each) => opening({ ...vector, openings: hex(each) })),
        )
        const lengths = [new Uint8Array(), content.slice(0, -1), concat(content, zero)]
        await assertRefused(
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
        await assertRefusedAs(
          'BadRowLength',
          [length, BigInt(31 * elements)],
          opening({ ...vector, content, openings }),
        )
      }
    })

    it('is not that of another number, nor of other blobs, nor of fewer, nor of the same in another order', async () => {
      const vector = vectorOf('row 1 of 4')
      await assertRefusedAs('BadOpening', [2n], opening({ ...vector, index: 2 }))
      await assertRefusedAs('BadOpening', [BigInt(vector.begin)], opening({ ...vector, stepCount: 2 }))
      await assertRefusedAs('NoSuchStep', [4n, 4n], opening({ ...vector, index: 4 }))
      await assertRefusedAs('BadOpening', [0n], opening({ ...vector, hashes: vectorOf('the only row').hashes }))
      const across = vectorOf('a step across two blobs')
      await assertRefusedAs('BadOpening', [0n], opening({ ...across, hashes: across.hashes.toReversed() }))
      const fewer = opening({ ...across, hashes: across.hashes.slice(0, 1) })
      await assertRefusedAs('BeyondBlobs', [BigInt(BLOB_ELEMENTS)], fewer)
    })

    it('has its elements in order: two that are swapped are refused', async () => {
      const vector = vectorOf('row 1 of 4')
      const [content, openings] = [parseHex(vector.content), parseHex(vector.openings)]
      const begin = BigInt(vector.begin)
      const swapped = (first: number, width: number) =>
        opening({ ...vector, openings: hex(swap(openings, first, width)) })
      await assertRefusedAs('BadOpening', [0n], swapped(0, WHOLE))
      await assertRefusedAs('BadOpening', [2n], swapped(2 * WHOLE, WHOLE))
      await assertRefusedAs('BadOpening', [begin], swapped(4 * WHOLE, TOP))
      const moved = opening({ ...vector, content: hex(swap(content, 31, 31)) })
      await assertRefusedAs('BadOpening', [begin + 1n], moved)
    })

    it('is zero beyond the blobs, and whatever else is brought for it is refused', async () => {
      const vector = vectorOf('a step that ends in zeros beyond the blobs')
      for (const place of [31, 36, 61]) {
        const content = hex(flip(parseHex(vector.content), place, 0))
        await assertRefusedAs('BeyondBlobs', [BigInt(BLOB_ELEMENTS)], opening({ ...vector, content }))
      }
    })

    it('is never misread for want of gas: the answer is the same, or there is none', async () => {
      const right = vectorOf('the only row')
      const wrong = { ...right, openings: hex(flip(parseHex(right.openings), 0, 0)) }
      const amounts = Array.from({ length: 90 }, (_, i) => 5_000n * BigInt(i))
      const [truth] = await tryEach([opening(right)])
      assert(truth?.isAnswer)
      const [, own, size] = opened(truth.data)
      const answers = await tryEach(
        amounts.map(() => opening(right)),
        amounts,
      )
      answers.forEach(({ isAnswer, data }, i) => {
        if (isAnswer) assert.deepEqual(opened(data).slice(1, 3), [own, size])
        else assert((amounts[i] ?? 0n) < 400_000n, `${amounts[i]} gas is enough`)
      })
      assert(answers.some(({ isAnswer }) => isAnswer) && answers.some(({ isAnswer }) => !isAnswer))
      const lies = await tryEach(
        amounts.map(() => opening(wrong)),
        amounts,
      )
      assert(lies.every(({ isAnswer }) => !isAnswer))
    })
  })

  describe('an element', () => {
    const blobs = [0, 1].map(() => new Uint8Array(BLOB_BYTES).map((_, i) => pick(i % 32 === 0 ? 0x73 : 256)))
    const kzg = loadNativeKzg()
    const commitments = blobs.map((blob) => kzg.commit(blob))
    const hashes = commitments.map(blobHash)
    const commitmentOf = (blob: number) => commitments[blob] ?? new Uint8Array()
    const numberAt = (element: number) => decodeUint(elementAt(blobs, element))
    const openingOf = (element: number) => {
      const blob = Math.floor(element / BLOB_ELEMENTS)
      const proof = kzg.prove(blobs[blob] ?? new Uint8Array(), element % BLOB_ELEMENTS)
      return hex(concat(commitmentOf(blob), proof))
    }
    const check = (element: number, value: bigint, proof: Hex) =>
      encodeFunctionData({ abi, functionName: 'check', args: [hashes, BigInt(element), value, proof] })

    it('opens at every kind of place, for less than 52,000 gas', async (t) => {
      const places = [0, 1, 2, 2047, 2048, 4094, BLOB_ELEMENTS - 1, pick(BLOB_ELEMENTS)]
      const elements = places.flatMap((place) => [place, BLOB_ELEMENTS + place])
      const outcomes = await tryEach(elements.map((element) => check(element, numberAt(element), openingOf(element))))
      outcomes.forEach(({ isAnswer, data }, i) => {
        assert(isAnswer, `element ${elements[i]}`)
        const gas = BigInt(data)
        assert(gas > 50_000n && gas < 52_000n, `${gas} gas for element ${elements[i]}`)
        t.diagnostic(`${gas} gas for element ${elements[i]}`)
      })
    })

    it('does not open by another value, not even by one that is the same modulo the modulus', async () => {
      const element = Array.from({ length: 4_096 }, (_, i) => i).find((i) => numberAt(i) < 2n ** 256n - BLS_MODULUS)
      assert(element !== undefined)
      const [value, proof] = [numberAt(element), openingOf(element)]
      const wrong = [value + 1n, 0n, value ^ (1n << 255n), value + BLS_MODULUS, 2n ** 256n - 1n]
      await assertRefused(
        'BadOpening',
        wrong.map((each) => check(element, each, proof)),
      )
    })

    it('does not open by the proof of another element, of another blob, or of another commitment', async () => {
      const [value, proof] = [numberAt(9), openingOf(9)]
      const foreign = hex(concat(commitmentOf(1), parseHex(proof).slice(48)))
      const other = BLOB_ELEMENTS + 9
      const wrong = [check(9, value, openingOf(10)), check(9, value, openingOf(other)), check(9, value, foreign)]
      await assertRefused('BadOpening', [...wrong, check(other, value, proof), check(10, value, proof)])
      assert.deepEqual(await refusalsOf([check(9, value, proof)]), [undefined])
    })

    it('does not open by bytes that are not points, nor by fewer or more of them', async () => {
      const [value, proof] = [numberAt(9), openingOf(9)]
      const wrong: Hex[] = ['0x', hex(new Uint8Array(96)), `0x${'ff'.repeat(96)}`, `0x${proof.slice(4)}`, `${proof}00`]
      await assertRefused(
        'BadOpening',
        wrong.map((each) => check(9, value, each)),
      )
    })

    it('does not open on a chain without the precompile, where a call to it succeeds and says nothing', async () => {
      const { provider, close } = await network.create({ override: { hardfork: 'shanghai' } })
      const address = `0x${'10'.repeat(20)}`
      await provider.request({
        method: 'hardhat_setCode',
        params: [address, (await readArtifact(ARTIFACT)).deployedBytecode],
      })
      const ask = (to: string, data: Hex) => provider.request({ method: 'eth_call', params: [{ to, data }] })
      assert.equal(await ask(`0x${'0'.repeat(39)}a`, '0x'), '0x')
      await assert.rejects(ask(address, check(9, numberAt(9), openingOf(9))), /BadOpening\(9\)/)
      await close()
    })
  })

  it('finds the point of each of the 4,096 places without reversing a bit', async (t) => {
    for (let first = 0; first < BLOB_ELEMENTS; first += 512) {
      const [points, gas] = (await harness.call('points', BigInt(first), 512n)) as [bigint[], bigint]
      const expected = Array.from({ length: 512 }, (_, i) => pointOf(first + i))
      assert.deepEqual(points, expected)
      if (first === 0) t.diagnostic(`${gas} gas a point`)
    }
  })

  it('names 1 to 6 blobs by one hash, and no others', async () => {
    for (const { hashes, traceRoot } of blobVectors) assert.equal(await harness.call('traceRootOf', hashes), traceRoot)
    const naming = (hashes: readonly Hex[]) => encodeFunctionData({ abi, functionName: 'traceRootOf', args: [hashes] })
    const hash: Hex = `0x01${'ab'.repeat(31)}`
    assert.deepEqual(await refusalsOf([naming(Array(6).fill(hash))]), [undefined])
    await assertRefusedAs('BadBlobs', [0n], naming([]))
    await assertRefusedAs('BadBlobs', [7n], naming(Array(7).fill(hash)))
    for (const version of ['00', '02', 'ff']) {
      await assertRefusedAs('BadBlobs', [2n], naming([hash, `0x${version}${'ab'.repeat(31)}`]))
    }
  })

  it('is not posted by a transaction without blobs', async () => {
    const address = await chain.deploy(ARTIFACT, [])
    const call = chain.client.simulateContract({ address, abi, functionName: 'post' })
    await assert.rejects(call, /BadBlobs/)
  })
})

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
