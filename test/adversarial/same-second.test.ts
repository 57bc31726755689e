// Attacked: a published block, by another one that was held back until that one could be seen, in the same block of Ethereum.
// What must hold: the later one is refused, whichever id is the smaller; a second later it comes as the rival that it is, and loses.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFunctionData, decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { nominateCall } from '../../node/ethereum/calls.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { keyOf, parseAddress, parseHash } from '../../node/protocol/ids.ts'
import { holdBlocks, mineBlock, outbid, type Pending, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'

const BOND = 10n ** 18n

test('a block that was held back does not displace the one in whose second it comes', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const { client } = stage.anvil
  const liars = await Promise.all(['one', 'two'].map((name) => arena.startLiar(name)))
  await stage.skip(24n * HOUR)

  await holdBlocks(arena)
  // What is held back here is a call that has all of the block.
  // Neither counts: another transaction takes the place of the one, and the other one comes too late.
  for (const liar of liars) void liar.publish({ content: 'empty', data: 'calldata' }).catch(() => undefined)
  const found = await Promise.all(
    (await pendingCalls(arena, ['publish'], 2)).map(async (call) => ({ call, id: await idOf(arena, call) })),
  )
  // Held back is the one of the smaller id, which would win by that.
  const [held, first] = found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  assert.ok(held && first)
  const data = besideOf(held.call, first.id)
  const { address } = await arena.account('anybody')
  const ahead = await outbid(arena, address, first.call, { value: BOND })
  // Only its own miner can publish it beside another one. It takes the place of that miner's first call, which would
  // come back to the mempool if it were only dropped: whoever waits for it sends it again.
  const behind = await outbid(arena, held.call.from, held.call, {
    value: BOND,
    data,
    nonce: held.call.nonce,
    below: 1n,
  })
  await mineBlock(arena)
  const receipts = await Promise.all([ahead, behind].map((hash) => client.getTransactionReceipt({ hash })))
  assert.deepEqual(
    receipts.map(({ status }) => status),
    ['success', 'reverted'],
  )
  assert.equal(receipts[0]?.blockNumber, receipts[1]?.blockNumber)
  assert.equal((await arena.record(held.id)).publishedAt, 0)

  // In the next one it is a rival like any other: as heavy, later, and behind.
  await releaseBlocks(arena)
  await stage.anvil.send(stage.bridge.address, data, BOND, parseAddress(held.call.from.toLowerCase()))
  assert.ok((await arena.record(held.id)).publishedAt > (await arena.record(first.id)).publishedAt)
  assert.equal((await arena.record(held.id)).work, (await arena.record(first.id)).work)
  const sender = await arena.sender('anybody')
  await arena.send(sender, nominateCall(stage.genesisId(), held.id))
  await arena.send(sender, nominateCall(stage.genesisId(), first.id))
  const again = sender.send(nominateCall(stage.genesisId(), held.id))
  await assert.rejects(again, (error) => isRefusal(error, 'NotHeavier'))
  await arena.countMoney()
})

/** The block's id is what the call would answer. */
async function idOf({ stage }: Arena, { from, input }: Pending) {
  const { data } = await stage.anvil.client.call({ account: from, to: stage.bridge.address, data: input, value: BOND })
  assert.ok(data)
  return parseHash(decodeFunctionResult({ abi: bridgeAbi, functionName: 'publish', data }))
}

/** The same call beside a block. */
function besideOf({ input }: Pending, beside: Hex): Hex {
  const { functionName, args } = decodeFunctionData({ abi: bridgeAbi, data: input })
  assert.equal(functionName, 'publish')
  const [parent, publication, ...content] = args
  return encodeFunctionData({
    abi: bridgeAbi,
    functionName: 'publish',
    args: [parent, { ...publication, beside: keyOf(parseHash(beside)) }, ...content],
  })
}
