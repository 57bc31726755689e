// Rows in blobs on a real chain: six blobs in a transaction with cell proofs, read back from the beacon route, and opened there.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Abi, encodeFunctionData, type Hex, parseGwei, toBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { z } from 'zod'
import { wrapBlobTransaction } from '../../../../node/ethereum/blobs/envelope.ts'
import { KzgPool, type Sidecar } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { MAX_BLOBS, type WrittenRow, writeBlobs } from '../../../../node/protocol/blob.ts'
import { blobTraceRoot } from '../../../../node/protocol/blob-hash.ts'
import { assembleRowProof, elementsOfRow, readRow } from '../../../../node/protocol/blob-row.ts'
import { concat, encodeUint, formatHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { type Address, parseAddress, toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { Anvil } from '../../../support/chain/anvil.ts'
import { readArtifact } from '../../../support/contract/chain.ts'

/** Takes seven elements, as a usual payment does. */
const SIZE = 200
const COUNT = 2_700
/** The first account of every development chain. */
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
const beaconAnswer = z.object({ data: z.array(z.string().startsWith('0x')) })

function rows(): WrittenRow[] {
  return Array.from({ length: COUNT }, (_, i) => {
    // A transaction of two inputs with a memo that fills it up.
    const head = Uint8Array.of(4, 1, SIZE - 1 - 107 - 40)
    const body = concat(keccak(encodeUint(i, 4)), new Uint8Array(SIZE - head.length - 32).fill(i))
    const state = toHash(keccak(encodeUint(i, 8)))
    return { step: concat(head, body), state, requests: Math.min(i, 500), growth: 2 - i }
  })
}

describe('rows in blobs on a chain', () => {
  const written = rows()
  const blobs = writeBlobs(written)
  const pool = new KzgPool()
  let anvil: Anvil
  let abi: Abi
  let harness: Address
  let sidecar: Sidecar
  let blockNumber: bigint

  async function deploy(name: string): Promise<{ abi: Abi; address: Address }> {
    const artifact = await readArtifact(`test/contract/harness/${name}.sol/${name}.json`)
    const { contractAddress } = await anvil.client.getTransactionReceipt({
      hash: await anvil.send(undefined, artifact.bytecode),
    })
    assert(contractAddress)
    return { abi: artifact.abi, address: parseAddress(contractAddress.toLowerCase()) }
  }

  /** Mines a transaction that carries the blobs. */
  async function post(to: Address, data: Hex) {
    const signed = await account.signTransaction({
      type: 'eip4844',
      chainId: 31_337,
      nonce: await anvil.client.getTransactionCount({ address: account.address }),
      to,
      data,
      gas: 1_000_000n,
      maxFeePerGas: parseGwei('10'),
      maxPriorityFeePerGas: 0n,
      maxFeePerBlobGas: parseGwei('10'),
      blobVersionedHashes: sidecar.hashes,
    })
    const serializedTransaction = wrapBlobTransaction(signed, sidecar)
    const hash = await anvil.client.sendRawTransaction({ serializedTransaction })
    const receipt = await anvil.client.waitForTransactionReceipt({ hash, pollingInterval: 10 })
    assert.equal(receipt.status, 'success')
    return receipt
  }

  const read = (functionName: string, args: readonly unknown[] = []) =>
    anvil.client.readContract({ address: harness, abi, functionName, args })

  before(async () => {
    anvil = await Anvil.start()
    const deployed = await deploy('BlobHarness')
    abi = deployed.abi
    harness = deployed.address
    sidecar = await pool.sidecar(blobs)
  })
  after(async () => {
    await pool.stop()
    await anvil[Symbol.asyncDispose]()
  })

  it('are posted by a transaction of six blobs, and the contract knows their hashes', async (t) => {
    assert.equal(blobs.length, MAX_BLOBS)
    const receipt = await post(harness, encodeFunctionData({ abi, functionName: 'post' }))
    blockNumber = receipt.blockNumber
    assert.deepEqual(await read('posted'), sidecar.hashes)
    assert.equal(await read('traceRoot'), blobTraceRoot(sidecar.hashes))
    t.diagnostic(`${receipt.gasUsed} gas, ${receipt.blobGasUsed} of blobs`)
  })

  it('come back from the beacon route, and are known by their hashes', async () => {
    const answer = await fetch(`${anvil.url}/eth/v1/beacon/blobs/${blockNumber}`)
    const { data } = beaconAnswer.parse(await answer.json())
    const found = data.map((blob) => toBytes(blob))
    assert.deepEqual(await pool.hashes(found), sidecar.hashes)
    for (const i of [0, 1, COUNT - 1]) assert.deepEqual(readRow(found, COUNT, i).step, written[i]?.step)
  })

  it('are opened on the chain wherever they are, for 53,000 gas an element', async (t) => {
    const across = written.findIndex((_, i) => {
      const { begin, end } = readRow(blobs, COUNT, i)
      return Math.floor(begin / 4_096) !== Math.floor((end - 1) / 4_096)
    })
    // 2,048 has entries on both sides of the boundary of two blobs.
    for (const index of [0, 1, 2_048, across, COUNT - 1]) {
      const { entries, step } = elementsOfRow(blobs, COUNT, index)
      const elements = [...entries, ...step]
      const openings = new Map((await pool.openings(blobs, elements)).map((opening, i) => [elements[i], opening]))
      const proof = assembleRowProof(blobs, COUNT, index, (element) => {
        const opening = openings.get(element)
        assert(opening)
        return opening
      })
      const [content, packed] = [`0x${formatHex(proof.content)}`, `0x${formatHex(proof.openings)}`]
      const args = [sidecar.hashes, BigInt(COUNT), BigInt(index), content, packed]
      const [, own, size, gas] = (await read('open', args)) as [
        unknown,
        { state: Hex; requests: bigint; growth: bigint },
        bigint,
        bigint,
      ]
      const isLast = index === COUNT - 1
      assert.equal(size, BigInt(SIZE))
      assert.equal(own.state, isLast ? ZERO_HASH : written[index]?.state)
      assert.equal(own.requests, isLast ? 0n : BigInt(written[index]?.requests ?? -1))
      assert.equal(own.growth, isLast ? 0n : BigInt.asUintN(16, BigInt(2 - index)))
      const each = Number(gas) / elements.length
      assert(each > 50_000 && each < 53_000, `${each} gas an element`)
      const hash = await anvil.send(harness, encodeFunctionData({ abi, functionName: 'open', args }))
      const { gasUsed } = await anvil.client.getTransactionReceipt({ hash })
      t.diagnostic(
        `row ${index}: ${elements.length} elements, ${each.toFixed(0)} gas each, ${gasUsed} for the transaction`,
      )
    }
  })

  it('are posted through another contract as well, which sees the same hashes', async () => {
    const other = await deploy('BlobHarness')
    const repeater = await deploy('Repeater')
    const inner = encodeFunctionData({ abi, functionName: 'post' })
    const data = encodeFunctionData({ abi: repeater.abi, functionName: 'act', args: [other.address, 1n, inner] })
    await post(repeater.address, data)
    const posted = await anvil.client.readContract({ address: other.address, abi, functionName: 'posted' })
    assert.deepEqual(posted, sidecar.hashes)
  })
})
