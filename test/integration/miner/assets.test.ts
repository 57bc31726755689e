// The whole way of another asset: a contract enters it, a block credits it, it is paid on, and leaves again; and one that is issued.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type Abi, type Address as ChainAddress, type Hex, parseAbi } from 'viem'
import { Relayer } from '../../../miner/relayer.ts'
import { pay, type Signer } from '../../../node/client/pay.ts'
import { request } from '../../../node/client/request.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { type Address, parseAddress } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../node/protocol/queue.ts'
import { signDigest } from '../../../node/protocol/signature.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { type Account, accountOf, randomOf } from '../../../scripts/assure/models/world.ts'
import { log } from '../../support/log.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

const DAY = 86_400n
const TIME = 1_800_000_000
const ARTIFACT = new URL('../../../artifacts/test/contract/harness/Vault.sol/Vault.json', import.meta.url)
const VAULT_ABI = parseAbi(['function paid(address recipient) view returns (uint256)'])
const alice = accountOf('alice')
const bob = accountOf('bob')

test('an asset is entered by a contract, credited by a block, paid on, and leaves to whom the bridge`s answer names', async (t) => {
  const stage = await Stage.open(t)
  const { rules } = stage.definition
  const node = await stage.node()
  const author = await stage.signer()
  const miner = await stage.miner(node, stage.sender(author))
  const payees = await stage.node()
  const vault = await deployVault(stage)
  const asset = parseAddress(vault.address.toLowerCase())
  const balanceOf = (owner: Address) => payees.call('account_balance', { owner, asset })

  const entry = { kind: 'entered', amount: 1_000n, to: alice.address, asset } as const
  await vault.write('enter', [entry.amount, entry.to], 10n ** 18n)
  const [queued] = await untilSome(stage, 'the entry', async () => {
    return (await payees.call('bridge_queue', { lane: 'assets', from: 0n, count: 10 })).entries
  })
  assert.deepEqual(queued, { ...entry, index: 0n, time: queued?.time, fee: queued?.fee })
  await stage.until('a block that credits it', async () => (await balanceOf(alice.address)).ordered === 1_000n)
  const credit = infohashOf(encodeTransaction(depositTransaction(rules, 0n, { ...entry, fee: queued?.fee ?? fail() })))
  const record = await payees.call('tx_get', { infohash: credit })
  assert.deepEqual([record.status, record.asset], ['ordered', asset])
  // Others may read a block before its miner has the receipt.
  await stage.until('the miner to know of its block', () => miner.status().blocks.published === 1)

  const paid = await pay(payees, signerOf(alice), { to: bob.address, tokens: 300n, asset }, TIME)
  assert.equal(paid.record.asset, asset)
  assert.deepEqual((await balanceOf(bob.address)).outputs, [
    { infohash: paid.infohash, value: 300n, status: 'accepted', own: false },
  ])
  await assert.rejects(pay(payees, signerOf(bob), { to: alice.address, tokens: 301n, asset }, TIME), {
    code: 'insufficient-funds',
  })
  const recipient = stranger('recipient of an asset')
  const left = await request(payees, signerOf(bob), { tokens: 200n, asset, recipient }, TIME)
  assert.equal(left.net, 200n)
  const issued = await pay(payees, signerOf(holder), { to: alice.address, tokens: 5_000n, issuance: true }, TIME)
  assert.equal(issued.record.asset, issued.infohash)
  // None of these is what a block is made for: a request of TTX is.
  const ofTtx = await request(payees, signerOf(holder), { tokens: 1_000_000n, recipient }, TIME)
  await stage.until('a block of all of them', async () => {
    const { ordered } = await balanceOf(bob.address)
    const { assets } = await payees.call('account_assets', { owner: alice.address })
    return ordered === 100n && assets.every((each) => each.spendable === each.ordered)
  })
  const { assets } = await payees.call('account_assets', { owner: alice.address })
  assert.deepEqual(
    new Map(assets.map((each) => [each.asset, each.ordered])),
    new Map<Asset, bigint>([
      [asset, 700n],
      [issued.infohash, 5_000n],
    ]),
  )
  const { transactions } = await payees.call('account_history', { owner: bob.address, asset })
  assert.deepEqual(
    transactions.map(({ infohash }) => infohash),
    [left.infohash, paid.infohash],
  )
  assert.deepEqual(await payees.call('account_history', { owner: bob.address }), { transactions: [] })
  assert.deepEqual(await node.call('bridge_request', { infohash: left.infohash }), {}, 'its block is not final')

  await stage.skip(DAY)
  const proven = await untilSome(stage, 'finality', async () => {
    const { request } = await payees.call('bridge_request', { infohash: left.infohash })
    return request ? [request] : []
  })
  const [proof = fail()] = proven
  assert.deepEqual([proof.asset, proof.recipient, proof.tokens], [asset, recipient, 200n])
  const { abi, address } = stage.bridge
  const sealed = `0x${formatHex(proof.sealed)}` as const
  const args = [sealed, proof.number, proof.leaf, proof.siblings] as const
  const [by, earns] = await stage.anvil.client.readContract({ abi, address, functionName: 'requestOf', args })
  assert.deepEqual([parseAddress(by.toLowerCase()), earns], [parseAddress(author.address.toLowerCase()), true])
  const leave = [sealed, proof.number, proof.step, recipient, proof.tokens, proof.siblings]
  await vault.write('leave', leave)
  assert.equal(await vault.paid(recipient), 200n)
  await assert.rejects(vault.write('leave', leave))

  const { bridging } = await payees.call('tx_where', { infohash: left.infohash })
  assert.deepEqual([bridging?.asset, bridging?.net, bridging?.paid], [asset, 200n, false])
  const { claims } = await payees.call('bridge_claims', {})
  assert.deepEqual(
    claims.map(({ infohash }) => infohash),
    [ofTtx.infohash],
  )
  const relayer = new Relayer(
    { node, sender: stage.sender(await stage.signer()), log, now: Date.now, random: randomOf(1) },
    { pollMs: 50, courtesyMs: 0 },
  )
  stage.stack.use(relayer)
  relayer.start()
  await stage.until('the payment', async () => (await stage.balanceOf(recipient)) === 990_000n)
  await stage.until('nothing left to be claimed', async () => {
    return (await payees.call('bridge_claims', {})).claims.length === 0
  })
})

function signerOf({ address, key }: Account): Signer {
  return { address, sign: (digest) => signDigest(digest, key) }
}

async function untilSome<T>(stage: Stage, what: string, read: () => Promise<T[]>): Promise<T[]> {
  let found: T[] = []
  await stage.until(what, async () => {
    found = await read()
    return found.length > 0
  })
  return found
}

async function deployVault({ anvil, definition }: Stage) {
  const artifact = JSON.parse(await readFile(ARTIFACT, 'utf8')) as { abi: Abi; bytecode: Hex } // as Hardhat writes it
  const { client, account } = anvil
  const hash = await client.deployContract({
    ...{ abi: artifact.abi, bytecode: artifact.bytecode, args: [definition.rules.bridge] },
    ...{ account, chain: null },
  })
  const { contractAddress } = await client.waitForTransactionReceipt({ hash })
  const address: ChainAddress = contractAddress ?? fail()
  return {
    address,
    /** Throws unless it succeeds. */
    write: async (functionName: 'enter' | 'leave', args: readonly unknown[], value = 0n) => {
      const call = { account, address, abi: artifact.abi, functionName, args, value, chain: null }
      const receipt = await client.waitForTransactionReceipt({ hash: await client.writeContract(call) })
      assert.equal(receipt.status, 'success')
    },
    paid: (recipient: Address) =>
      client.readContract({ address, abi: VAULT_ABI, functionName: 'paid', args: [recipient] }),
  }
}

function fail(): never {
  throw new Error('expected something, got nothing')
}
