// Blocks in blobs, from the miner's plan to the contract: what is published there is what was found, and replays as right.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { hexToBytes } from 'viem'
import { publishBlobsGas } from '../../../node/ethereum/calls.ts'
import { replayBlobs } from '../../../node/protocol/blob-block.ts'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { parseHash } from '../../../node/protocol/ids.ts'
import { toGasPrice } from '../../../node/protocol/units.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

const REQUESTS = 40

test('a block in blobs is mined, published once, and is what the beacon chain then has', async (t) => {
  const { stage, node, genesis } = await open(t)
  const sender = stage.sender(await stage.signer())
  const folder = await stage.folder()
  let last = genesis
  for (let i = 0; i < REQUESTS; i++) last = await stage.request(node, holder, [last], 1_000_000n, stranger(`${i}`))
  const miner = await stage.miner(node, sender, { rows: 'blobs', folder })
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  await miner.stop()
  const [published] = await publications(stage)
  assert.ok(published)
  const sealed = decodeSealed(hexToBytes(published.args.header))
  assert.deepEqual([sealed.header.stepCount, sealed.header.requestCount], [REQUESTS, REQUESTS])
  const beacon = await fetch(`${stage.anvil.url}/eth/v1/beacon/blobs/${published.blockNumber}`)
  const { data } = (await beacon.json()) as { data: string[] }
  const block = {
    sealed,
    hashes: published.args.hashes.map(parseHash),
    entries: hexToBytes(published.args.entries),
    requests: hexToBytes(published.args.requests),
    blobs: data.map((text) => parseHex(text.slice(2))),
  }
  const { rules, genesisBlock, genesis: file } = stage.definition
  const parent = { id: stage.genesisId(), header: genesisBlock.header, state: genesisState(file) }
  assert.equal(replayBlobs(rules, parent, block, () => undefined).verdict, 'valid')
  const { gasUsed } = await stage.anvil.client.getTransactionReceipt({ hash: published.transactionHash })
  t.diagnostic(`${gasUsed} gas`)
  assert.ok(gasUsed <= publishBlobsGas(REQUESTS))
  // As long as it may have to be published again.
  const names = await readdir(folder)
  assert.deepEqual(names.map((name) => name.split('.').at(-1)).toSorted(), ['blobs', 'json', 'money'])
})

test('where blobs cost more than calldata, blocks are posted there', async (t) => {
  const { stage, node, genesis } = await open(t)
  const sender = stage.sender(await stage.signer())
  // An endpoint's word: anvil begins at a wei, and gas costs a gwei there.
  sender.ethereum.blobBaseFee = () => sender.ethereum.tip()
  const miner = await stage.miner(node, sender)
  await stage.request(node, holder, [genesis], 1_000_000n, stranger('a'))
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  assert.deepEqual(await publications(stage), [])
})

test('a block whose blobs are dearer than what the account pays waits, and one in calldata takes its place', async (t) => {
  const { stage, node, genesis } = await open(t)
  const sender = stage.sender(await stage.signer(), { maxFeePerBlobGas: toGasPrice(1n) })
  let last = genesis
  // As many as are cheaper in blobs.
  for (let i = 0; i < 20; i++) last = await stage.request(node, holder, [last], 1_000_000n, stranger(`${i}`))
  const miner = await stage.miner(node, sender)
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  assert.deepEqual(await publications(stage), [])
  const { found, lost } = miner.status().blocks
  assert.deepEqual([found, lost], [2, 1])
})

test('who is told to use blobs and pays too little for them has one block found, holds it, and says why', async (t) => {
  const { stage, node, genesis } = await open(t)
  const sender = stage.sender(await stage.signer(), { maxFeePerBlobGas: toGasPrice(1n) })
  await stage.request(node, holder, [genesis], 1_000_000n, stranger('a'))
  const miner = await stage.miner(node, sender, { rows: 'blobs' })
  await stage.until('the reason', () => /blobs are too dear: .*blob gas/.test(miner.status().reason))
  const { work, blocks } = miner.status()
  assert.deepEqual([work?.rows, work?.blobs, work?.blobFee, blocks.found], ['blobs', 1, 131_072n, 1])
})

async function open(t: Parameters<typeof Stage.open>[0]) {
  const stage = await Stage.open(t)
  return { stage, node: await stage.node(), genesis: genesisInfohash(stage.definition.genesis) }
}

async function publications(stage: Stage) {
  const { abi, address } = stage.bridge
  const filter = { abi, address, eventName: 'BlobsPublished', fromBlock: 0n, strict: true } as const
  return await stage.anvil.client.getContractEvents(filter)
}
