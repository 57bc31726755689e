// Attacked: the reward of a watcher. Somebody copies its refutation from the mempool and gets ahead of it.
// What must hold: the block dies all the same, the reward is the copier's (a bonus on which nothing depends), the watcher loses the gas
// of one transaction at most, takes it for a success, and kills the next one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdBlocks, mineBlock, outbid, PUBLISHING, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { Arena } from '../support/processes/arena.ts'

const GWEI = 10n ** 9n

test('a copied refutation kills the block, and the watcher goes on', async (t) => {
  const arena = await Arena.open(t)
  const { client } = arena.stage.anvil
  const [liar, copier] = await Promise.all([arena.startLiar(), arena.account('copier')])
  const { parent } = await arena.endow(liar)
  const watcher = await arena.startWatcher()
  const { address } = watcher.account

  await holdBlocks(arena)
  const publication = liar.publish({ parent, lie: 'mint' })
  await pendingCalls(arena, PUBLISHING)
  await mineBlock(arena)
  const wrong = await publication
  const { bond } = await arena.record(wrong.id)
  const [copied] = await pendingCalls(arena, ['refute'])
  assert.ok(copied)
  assert.equal(copied.from, address)
  const copy = await outbid(arena, copier.address, copied)
  await releaseBlocks(arena)
  const [first, second] = await Promise.all([copy, copied.hash].map((hash) => client.getTransactionReceipt({ hash })))
  assert.equal(first?.status, 'success')
  assert.equal(second?.status, 'reverted')
  assert.equal(first?.blockNumber, second?.blockNumber)
  assert.ok(await arena.isRefuted(wrong.id))
  assert.equal(await arena.owed(copier.address), (bond / 2n) * GWEI)
  assert.equal(await arena.owed(address), 0n)

  await watcher.running.said(new RegExp(`${wrong.id}.*killed (by somebody else|before we looked)`))
  assert.equal(await client.getTransactionCount({ address }), 1, 'nothing more is sent about a dead block')

  const next = await liar.publish({ parent, lie: 'phantom-request' })
  await arena.until('the death of the next one', () => arena.isRefuted(next.id))
  await watcher.running.said(new RegExp(`${next.id}.*"killed a wrong block`))
  assert.equal(await client.getTransactionCount({ address }), 2)
  assert.ok((await arena.owed(address)) > 0n)
  await arena.countMoney()
})
