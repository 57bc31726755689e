// Attacked: the publication of an honest miner. A copier sees it in the mempool and sends the same bytes first, at a higher price.
// What must hold: the payout is part of the work, so the copier pays gas and bond for the miner's block; nothing of it comes back
// to them, another payout needs other work, and the second publication is refused without harm to the miner.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFunctionData, encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { isRefusal, readRefusal } from '../../node/ethereum/refusals.ts'
import { holdBlocks, outbid, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const BOND = 10n ** 18n

test('who copies a publication from the mempool pays for it, and the miner is paid', async (t) => {
  // What is copied here is a call that has all of the block.
  const arena = await Arena.open(t, { settings: { TTX_ROWS: 'calldata' } })
  const { stage, node } = arena
  const { client } = stage.anvil
  const copier = await arena.account('copier')
  const miner = await arena.startMiner()
  const recipient = stranger('recipient')

  await holdBlocks(arena)
  await stage.request(node, holder, [arena.genesis], 1_000_000n, recipient)
  const [copied] = await pendingCalls(arena, ['publish'])
  assert.ok(copied)
  const { functionName, args } = decodeFunctionData({ abi: bridgeAbi, data: copied.input })
  assert.equal(functionName, 'publish')
  const [parent, publication, ...content] = args
  assert.equal(publication.miner.toLowerCase(), miner.account.address, 'the miner pays itself')

  // With another payout it is another digest: worth no more than a random one.
  const stolen = encodeFunctionData({
    abi: bridgeAbi,
    functionName: 'publish',
    args: [parent, { ...publication, miner: copier.address }, ...content],
  })
  await assert.rejects(tryCall(arena, copier.address, stolen), (error) => isRefusal(error, 'InsufficientWork'))

  const copy = await outbid(arena, copier.address, copied, { value: BOND })
  await releaseBlocks(arena)
  const [first, second] = await Promise.all([copy, copied.hash].map((hash) => client.getTransactionReceipt({ hash })))
  assert.equal(first?.status, 'success')
  assert.equal(second?.status, 'reverted', 'the same block twice')
  assert.ok((first?.transactionIndex ?? 9) < (second?.transactionIndex ?? 0))

  // The miner takes the block for published, by whomever, and goes on.
  await miner.running.said(/"published":1/)
  await arena.seen()
  const { blocks } = await readAllBlocks(node)
  const [block] = blocks.filter(({ height }) => height === 1n)
  assert.ok(block)
  assert.equal(block.miner, miner.account.address)
  await arena.skipTo(block.id, 24n * HOUR)
  await arena.startRelayer()
  await arena.until('the request to be paid', async () => (await stage.balanceOf(recipient)) > 0n)
  assert.equal(await stage.balanceOf(recipient), 990_000n)
  assert.equal(await stage.balanceOf(miner.account.address), 10_000n)
  assert.equal(await stage.balanceOf(copier.address), 0n)

  // The bond of the copier is the miner's too.
  await arena.skipTo(block.id, 48n * HOUR)
  const before = await client.getBalance({ address: miner.account.address })
  await arena.until('the bond to be the miner’s', async () => (await arena.record(block.id)).bond === 0n)
  await arena.until('the miner to have it', async () => {
    return (await client.getBalance({ address: miner.account.address })) > before + BOND / 2n
  })
  const owed = await client.readContract({ ...stage.bridge, functionName: 'owed', args: [copier.address] })
  assert.equal(owed, 0n)
  await arena.countMoney()
})

async function tryCall({ stage }: Arena, account: Hex, data: Hex): Promise<void> {
  try {
    await stage.anvil.client.call({ account, to: stage.bridge.address, data, value: BOND })
  } catch (error) {
    throw readRefusal('publish', error) ?? error
  }
}
