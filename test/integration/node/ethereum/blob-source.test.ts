// Blobs of a block on a real chain, found at anvil's own URL, beside endpoints that are behind, no longer have them, or lie.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Hex, parseGwei } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { BeaconEndpoint } from '../../../../node/ethereum/blobs/beacon.ts'
import { BlobSource, type BlobSupplier, type WantedBlobs } from '../../../../node/ethereum/blobs/blob-source.ts'
import { wrapBlobTransaction } from '../../../../node/ethereum/blobs/envelope.ts'
import { KzgPool, type Sidecar } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { BLOB_BYTES } from '../../../../node/protocol/blob.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { Anvil } from '../../../support/chain/anvil.ts'
import { aboutBlobs, BeaconServer, respond, respondBlobs } from '../../../support/chain/beacon-server.ts'
import { log } from '../../../support/log.ts'

/** The first accounts of every development chain. */
const accounts = [
  privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'),
  privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'),
] as const
const going = new AbortController().signal
const blobOf = (number: number) => new Uint8Array(BLOB_BYTES).fill(number, 1, 32)

describe('blobs of a block on a chain', () => {
  const pool = new KzgPool()
  const first = [blobOf(1), blobOf(2)]
  const second = [blobOf(3), blobOf(1), blobOf(4)]
  let anvil: Anvil
  /** Another one, on which nothing happens. */
  let behind: Anvil
  let sidecars: readonly [Sidecar, Sidecar]
  let block: WantedBlobs['block']

  const now = () => 1_000 * Number(block.time)
  const endpoint = (url: string) => new BeaconEndpoint(url, { now })
  const source = (...suppliers: BlobSupplier[]) => new BlobSource({ log, now, pool, suppliers })

  async function send(account: (typeof accounts)[number], sidecar: Sidecar): Promise<Hex> {
    const signed = await account.signTransaction({
      type: 'eip4844',
      chainId: 31_337,
      nonce: 0,
      to: account.address,
      gas: 1_000_000n,
      maxFeePerGas: parseGwei('10'),
      maxPriorityFeePerGas: 0n,
      maxFeePerBlobGas: parseGwei('10'),
      blobVersionedHashes: sidecar.hashes,
    })
    return await anvil.client.sendRawTransaction({ serializedTransaction: wrapBlobTransaction(signed, sidecar) })
  }

  before(async () => {
    ;[anvil, behind] = await Promise.all([Anvil.start(), Anvil.start()])
    sidecars = [await pool.sidecar(first), await pool.sidecar(second)]
    await anvil.client.setAutomine(false)
    const sent = [await send(accounts[0], sidecars[0]), await send(accounts[1], sidecars[1])]
    await anvil.client.mine({ blocks: 1 })
    const { number, timestamp, transactions } = await anvil.client.getBlock()
    assert.deepEqual(new Set(transactions), new Set(sent), 'both are in one block')
    block = { number, time: toTime(timestamp) }
  })
  after(async () => {
    await pool.stop()
    await Promise.all([anvil[Symbol.asyncDispose](), behind[Symbol.asyncDispose]()])
  })

  it('come from anvil, each transaction its own, whatever else is in the block', async () => {
    const found = source(endpoint(anvil.url))
    assert.deepEqual(await found.find({ hashes: sidecars[0].hashes, block }, going), first)
    assert.deepEqual(await found.find({ hashes: sidecars[1].hashes, block }, going), second)
  })

  it('are those of anvil because it has no validators, no slots, and its own way with several hashes', async () => {
    const genesis = await fetch(`${anvil.url}/eth/v1/beacon/genesis`)
    const { data } = (await genesis.json()) as { data: Record<string, string> }
    assert.equal(data['genesis_validators_root'], ZERO_HASH)
    assert.equal((await fetch(`${anvil.url}/eth/v1/config/spec`)).status, 404)
    const query = sidecars[0].hashes.map((hash) => `versioned_hashes=${hash}`).join('&')
    const some = await fetch(`${anvil.url}/eth/v1/beacon/blobs/${block.number}?${query}`)
    assert.equal(((await some.json()) as { data: string[] }).data.length, 1)
  })

  it('come from anvil beside one that is behind, one that has nothing, one that hangs, and one that lies', async (t) => {
    const servers = await Promise.all([BeaconServer.start(), BeaconServer.start(), BeaconServer.start()])
    t.after(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())))
    const [pruned, hanging, liar] = servers
    const slots = { data: { genesis_time: `${block.time - 24n}`, genesis_validators_root: '0x01' } }
    for (const server of servers)
      server.lie = ({ pathname }, response) =>
        pathname === '/eth/v1/beacon/genesis'
          ? respond(response, slots)
          : server === hanging
            ? aboutBlobs(() => true)(new URL(pathname, server.url), response, response.req)
            : pathname === '/eth/v1/beacon/blobs/2'
              ? respondBlobs(response, server === pruned ? [] : [blobOf(5), blobOf(6)])
              : undefined
    const suppliers = [behind.url, pruned.url, hanging.url, liar.url, anvil.url].map(endpoint)
    const found = source(...suppliers)
    assert.deepEqual(await found.find({ hashes: sidecars[1].hashes, block }, going), second)
    for (const server of [pruned, hanging, liar]) assert(server.count('/eth/v1/beacon/blobs/2') > 0)
    const others = source(...suppliers.slice(0, 2), suppliers[3] ?? endpoint(liar.url))
    await assert.rejects(others.find({ hashes: sidecars[1].hashes, block }, going), {
      code: 'blobs-missing',
      retry: true,
      message: /\(blobs-absent\) and http:.*\(blobs-absent\) and http:.*\(blobs-wrong\)/,
    })
  })

  it('are gone with a block that Ethereum took back', async () => {
    await anvil.reorganise(1)
    const found = source(endpoint(anvil.url))
    await assert.rejects(found.find({ hashes: sidecars[0].hashes, block }, going), {
      code: 'blobs-missing',
      retry: true,
      facts: { block: `${block.number}`, found: 0, wanted: 2, sources: [`${anvil.url} (blobs-absent)`] },
    })
  })
})
