// Attacked: watchers, by each other. Two of them, each with a node of its own, refute the same blocks at the same time.
// What must hold: exactly one refutation of a block counts, the other watcher wastes one reverted transaction at most, takes the death
// for a success, and neither of them stops or hinders the other.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdBlocks, mineBlock, PUBLISHING, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { type Actor, Arena } from '../support/processes/arena.ts'

test('two watchers race, and both succeed', async (t) => {
  const arena = await Arena.open(t)
  const { client } = arena.stage.anvil
  const [liar, peer] = await Promise.all([arena.startLiar(), arena.startNode()])
  const first = await arena.startWatcher('first')
  const { parent } = await arena.endow(liar)

  // Ethereum takes its time: both refutations are in the mempool, and go into one block. What only waits there is not a success yet: it may
  // be a decoy that never gets into a block, so the second watcher sends its own although it sees the first one's.
  await holdBlocks(arena)
  const publication = liar.publish({ parent, lie: 'mint' })
  await pendingCalls(arena, PUBLISHING)
  await mineBlock(arena)
  const slow = await publication
  await pendingCalls(arena, ['refute'])
  const watchers = [first, await arena.startWatcher('second', peer)]
  const both = await pendingCalls(arena, ['refute'], 2)
  assert.deepEqual(new Set(both.map(({ from }) => from)), new Set(watchers.map(({ account }) => account.address)))
  await releaseBlocks(arena)
  const statuses = await Promise.all(
    both.map(async ({ hash }) => (await client.getTransactionReceipt({ hash })).status),
  )
  assert.deepEqual(statuses.toSorted(), ['reverted', 'success'])
  await killedOnce(watchers, slow.id)

  // Ethereum is quick: the second to come may see in time that the block is dead.
  for (const lie of ['phantom-request', 'wrong-change', 'request-kept'] as const) {
    const { id } = await liar.publish({ parent, lie, rival: true })
    await arena.until(`the death of ${lie}`, () => arena.isRefuted(id))
    await killedOnce(watchers, id)
  }

  assert.equal((await arena.refutations()).length, 4)
  for (const { account, running } of watchers) {
    assert.ok((await client.getTransactionCount({ address: account.address })) <= 4, 'one for each block at most')
    assert.equal(running.child.exitCode, null)
    assert.doesNotMatch(running.err, /"level":"(error|fatal)".*"msg":"(?!.*WRONG)/)
  }
  await arena.countMoney()
})

/** One says that it killed the block, the other that somebody else did. */
async function killedOnce(watchers: readonly Actor[], id: string): Promise<void> {
  for (const { running } of watchers)
    await running.said(new RegExp(`${id}.*killed (a wrong block|by somebody else|before we looked)`))
  const own = watchers.filter(({ running }) => new RegExp(`${id}.*"killed a wrong block`).test(running.err))
  assert.equal(own.length, 1)
}
