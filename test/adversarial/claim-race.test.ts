// Attacked: payments, by claiming single requests out of a batch that is in the mempool, and by two relayers that claim the same.
// What must hold: a batch passes over what is paid already, everybody is paid exactly once, and neither relayer stops.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFunctionData, encodeFunctionData } from 'viem'
import { UNIT } from '../../node/protocol/rules.ts'
import { holdBlocks, outbid, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const REQUESTS = 5
const GROSS = UNIT / 100n

test('a batch of claims cannot be spoilt', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const [liar, spoiler] = await Promise.all([arena.startLiar(), arena.account('spoiler')])
  const { parent, left } = await arena.endow(liar)
  let prev = left
  const requests = Array.from({ length: REQUESTS }, (_, i) => {
    const request = arena.signRequest(holder, [prev], GROSS, stranger(`recipient ${i}`))
    prev = request.infohash
    return request.packed
  })
  const block = await liar.publish({ parent, content: requests })
  const watcher = await arena.startWatcher()
  await arena.skipTo(block.id, 24n * HOUR)
  await arena.until('its finality', () => arena.isFinal(block.id))
  await watcher.running.stop()

  await holdBlocks(arena)
  const relayers = await Promise.all(['one', 'other'].map((name) => arena.startRelayer(name)))
  const batches = await pendingCalls(arena, ['claimMany'], 2)
  const [batch] = batches
  assert.ok(batch)
  const { args } = decodeFunctionData({ abi: stage.bridge.abi, data: batch.input })
  const [sealed, claims] = args as unknown as [`0x${string}`, readonly [never]] // of `claimMany`
  assert.equal(claims.length, REQUESTS)
  const data = encodeFunctionData({ abi: stage.bridge.abi, functionName: 'claim', args: [sealed, claims[0]] })
  const single = await outbid(arena, spoiler.address, batch, { data })
  await releaseBlocks(arena)
  const receipts = await Promise.all(
    [single, ...batches.map(({ hash }) => hash)].map((hash) => stage.anvil.client.getTransactionReceipt({ hash })),
  )
  for (const { status } of receipts) assert.equal(status, 'success')
  assert.equal(new Set(receipts.map(({ blockNumber }) => blockNumber)).size, 1, 'all in one block')
  for (let i = 0; i < REQUESTS; i++) await arena.paid(stranger(`recipient ${i}`), (GROSS * 99n) / 100n)
  for (const { running } of relayers) assert.equal(running.child.exitCode, null)
  await arena.countMoney()
})
