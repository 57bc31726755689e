// Blobs: an element opens by the truth and by nothing else, and a block names the blobs of its transaction.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DasContextJs } from '@crate-crypto/node-eth-kzg'
import { network } from 'hardhat'
import { type Abi, encodeErrorResult, type Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { loadNativeKzg } from '../../../node/ethereum/blobs/native-kzg.ts'
import { BLOB_BYTES, BLOB_ELEMENTS, elementAt } from '../../../node/protocol/blob.ts'
import { BLS_MODULUS, blobHash, blobTraceRoot, pointOf } from '../../../node/protocol/blob-hash.ts'
import { concat, decodeUint, formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import { parseHash } from '../../../node/protocol/ids.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { readArtifact, TestChain } from '../../support/contract/chain.ts'
import blobVectors from '../../vectors/blob.json' with { type: 'json' }
import { BLOB_HARNESS, BlobTrials } from '../harness/blob-trials.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 1)

/** The first account of every development chain. */
const ACCOUNT = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

const hex = (bytes: Uint8Array): Hex => `0x${formatHex(bytes)}`

describe(`Blob (seed ${seed})`, () => {
  const random = randomOf(seed)
  const pick = (below: number) => Math.floor(random() * below)
  let chain: TestChain
  let trials: BlobTrials

  before(async () => {
    chain = await TestChain.start()
    trials = await BlobTrials.deploy(chain)
  })
  after(() => chain[Symbol.asyncDispose]())

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
      trials.encode('check', hashes, BigInt(element), value, proof)

    it('opens at every kind of place, for less than 52,000 gas', async (t) => {
      const places = [0, 1, 2, 2047, 2048, 4094, BLOB_ELEMENTS - 1, pick(BLOB_ELEMENTS)]
      const elements = places.flatMap((place) => [place, BLOB_ELEMENTS + place])
      const outcomes = await trials.tryEach(
        elements.map((element) => check(element, numberAt(element), openingOf(element))),
      )
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
      await trials.assertRefused(
        'BadOpening',
        wrong.map((each) => check(element, each, proof)),
      )
    })

    it('does not open by the proof of another element, of another blob, or of another commitment', async () => {
      const [value, proof] = [numberAt(9), openingOf(9)]
      const foreign = hex(concat(commitmentOf(1), parseHex(proof).slice(48)))
      const other = BLOB_ELEMENTS + 9
      const wrong = [check(9, value, openingOf(10)), check(9, value, openingOf(other)), check(9, value, foreign)]
      await trials.assertRefused('BadOpening', [...wrong, check(other, value, proof), check(10, value, proof)])
      assert.deepEqual(await trials.refusalsOf([check(9, value, proof)]), [undefined])
    })

    it('does not open by bytes that are not points, nor by fewer or more of them', async () => {
      const [value, proof] = [numberAt(9), openingOf(9)]
      const wrong: Hex[] = ['0x', hex(new Uint8Array(96)), `0x${'ff'.repeat(96)}`, `0x${proof.slice(4)}`, `${proof}00`]
      await trials.assertRefused(
        'BadOpening',
        wrong.map((each) => check(9, value, each)),
      )
    })

    it('does not open on a chain without the precompile, where a call to it succeeds and says nothing', async () => {
      const { provider, close } = await network.create({ override: { hardfork: 'shanghai' } })
      const { abi, deployedBytecode } = await readArtifact(BLOB_HARNESS)
      const address = `0x${'10'.repeat(20)}`
      await provider.request({ method: 'hardhat_setCode', params: [address, deployedBytecode] })
      const ask = (to: string, data: Hex) => provider.request({ method: 'eth_call', params: [{ to, data }] })
      assert.equal(await ask(`0x${'0'.repeat(39)}a`, '0x'), '0x')
      const data = encodeErrorResult({ abi, errorName: 'BadOpening', args: [9n] })
      await assert.rejects(ask(address, check(9, numberAt(9), openingOf(9))), { data })
      const opener = `0x${'0'.repeat(39)}a`
      const none = encodeErrorResult({ abi, errorName: 'NoOpener' })
      await assert.rejects(ask(address, trials.encode('checkOpener', opener)), { data: none })
      await close()
    })
  })

  it('is only posted where elements can be opened, for a price that proofs can pay', async () => {
    const word = (value: bigint) => value.toString(16).padStart(64, '0')
    const answering = (first: bigint, second: bigint, bytes = 64) =>
      `7f${word(first)}6000527f${word(second)}60205260${bytes.toString(16)}6000f3`
    const spending = (rounds: number) => `62${rounds.toString(16).padStart(6, '0')}5b6001900380600457`
    const right = answering(4_096n, BLS_MODULUS)
    const openers: readonly (readonly [string, boolean])[] = [
      [right, true],
      [`${spending(4_000)}${right}`, true],
      [`${spending(8_000)}${right}`, false],
      [answering(4_096n, BLS_MODULUS - 1n), false],
      [answering(4_095n, BLS_MODULUS), false],
      [answering(4_096n, BLS_MODULUS, 65), false],
      [answering(4_096n, BLS_MODULUS, 63), false],
      ['60006000fd', false],
      ['5b600056', false],
      ['', false],
    ]
    const checks: Hex[] = []
    for (const [i, [code]] of openers.entries()) {
      const address = `0x${(0x1_0000 + i).toString(16).padStart(40, '0')}`
      await chain.request('hardhat_setCode', [address, `0x${code}`])
      checks.push(trials.encode('checkOpener', address))
    }
    checks.push(trials.encode('checkOpener', '0x000000000000000000000000000000000000000a'))
    const outcomes = await trials.refusalsOf(checks)
    assert.deepEqual(
      outcomes.map((refusal) => refusal?.name),
      [...openers.map(([, isRight]) => (isRight ? undefined : 'NoOpener')), undefined],
    )
  })

  it('finds the point of each of the 4,096 places without reversing a bit', async (t) => {
    for (let first = 0; first < BLOB_ELEMENTS; first += 512) {
      const [points, gas] = (await trials.call('points', BigInt(first), 512n)) as [bigint[], bigint]
      const expected = Array.from({ length: 512 }, (_, i) => pointOf(first + i))
      assert.deepEqual(points, expected)
      if (first === 0) t.diagnostic(`${gas} gas a point`)
    }
  })

  it('names 1 to 6 blobs by one hash, and no others', async () => {
    for (const { hashes, traceRoot } of blobVectors) assert.equal(await trials.call('traceRootOf', hashes), traceRoot)
    const naming = (hashes: readonly Hex[]) => trials.encode('traceRootOf', hashes)
    const hash: Hex = `0x01${'ab'.repeat(31)}`
    assert.deepEqual(await trials.refusalsOf([naming(Array(6).fill(hash))]), [undefined])
    await trials.assertRefusedAs('BadBlobs', [0n], naming([]))
    await trials.assertRefusedAs('BadBlobs', [7n], naming(Array(7).fill(hash)))
    for (const version of ['00', '02', 'ff']) {
      await trials.assertRefusedAs('BadBlobs', [2n], naming([hash, `0x${version}${'ab'.repeat(31)}`]))
    }
  })

  describe('a transaction', () => {
    const kzg = DasContextJs.create({ usePrecomp: false })
    let address: Hex
    let abi: Abi

    before(async () => {
      address = await chain.deploy(BLOB_HARNESS, [])
      abi = (await readArtifact(BLOB_HARNESS)).abi
    })

    /** Sends one that posts `count` blobs, in the wrapper from before cell proofs, which is the one that this chain knows. */
    async function post(count: number): Promise<readonly Hex[]> {
      const sidecars = Array.from({ length: count }, (_, i) => {
        const blob = new Uint8Array(BLOB_BYTES).fill(i + 1, 1, 32)
        const commitment = kzg.blobToKzgCommitment(blob)
        return { blob: hex(blob), commitment: hex(commitment), proof: hex(kzg.computeBlobKzgProof(blob, commitment)) }
      })
      const hashes = sidecars.map(({ commitment }) => blobHash(parseHex(commitment)))
      const signed = await ACCOUNT.signTransaction({
        type: 'eip4844',
        chainId: await chain.client.getChainId(),
        nonce: await chain.client.getTransactionCount({ address: ACCOUNT.address }),
        to: address,
        data: trials.encode('post'),
        gas: 1_000_000n,
        maxFeePerGas: 10n ** 11n,
        maxFeePerBlobGas: 10n ** 11n,
        blobVersionedHashes: hashes,
        sidecars,
      })
      await chain.request('eth_sendRawTransaction', [signed])
      return hashes
    }
    const read = (functionName: string) => chain.client.readContract({ address, abi, functionName })

    it('posts 1 to 6 blobs, all that it has, in their order', async () => {
      for (const count of [1, 2, 6]) {
        const hashes = await post(count)
        assert.deepEqual(await read('posted'), hashes)
        assert.equal(await read('traceRoot'), blobTraceRoot(hashes.map(parseHash)))
      }
    })

    it('posts neither none nor more than 6', async () => {
      const [none, seven] = [0n, 7n].map((count) => encodeErrorResult({ abi, errorName: 'BadBlobs', args: [count] }))
      const call = chain.request('eth_call', [{ to: address, data: trials.encode('post') }])
      await assert.rejects(call, { data: none })
      await assert.rejects(post(7), { data: seven })
    })
  })
})
