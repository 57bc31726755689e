// bridge_history: every block that was ever published, in order, from disk and memory, with the money that it moves.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHistory } from '../../../../node/client/all-blocks.ts'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { requestsOf } from '../../../../node/protocol/block.ts'
import { type Hash, keyOf } from '../../../../node/protocol/ids.ts'
import { decodeStep, splitSteps } from '../../../../node/protocol/step.ts'
import { blockHandlers } from '../../../../node/rpc/handlers/blocks.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, type MadeBlock } from '../../../support/bridge/scenario.ts'
import { serve } from '../../../support/rpc/serve.ts'

test('all blocks are listed by height, those on disk too, page by page, each with what it moves', async (t) => {
  const driver = new Driver(91)
  const { forge, ethereum } = driver
  const seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 5n, stepBlocks: 9n })
  t.after(() => seen[Symbol.asyncDispose]())
  const { follower } = seen
  for (let round = 0; round < 60; round++) {
    driver.run(1 + Math.floor(forge.world.random() * 3))
    const { final, records } = ethereum.contract()
    const next = [...records].find(([, each]) => each.parent === keyOf(final) && !each.refuted)
    const child = next && forge.blocks.get(next[0])
    const parent = forge.blocks.get(final)
    if (child?.isValid) driver.mine(finalized(child))
    else if (parent) driver.extend(parent)
    assert.equal((await follower.poll()).state, 'live')
  }
  const node = createNodeClient(await serve(t, blockHandlers({ follower })))
  const { records } = ethereum.contract()
  const { blocks, status } = await readHistory(node, 0n)
  assert.equal(status.state, 'live')
  assert.notEqual(follower.view.root, forge.genesis.id)
  const inMemory = blocks.filter(({ id }) => follower.view.blocks.has(id))
  assert.ok(inMemory.length > 1 && inMemory.length < blocks.length, 'some are on disk, and some are not')

  assert.deepEqual(new Set(blocks.map(({ id }) => id)), new Set(records.keys()))
  assert.equal(blocks.length, records.size)
  for (const [i, block] of blocks.entries()) {
    const before = blocks[i - 1]
    const isAfter =
      before === undefined ||
      block.height > before.height ||
      (block.height === before.height && block.publishedAt >= before.publishedAt)
    assert.ok(isAfter, `block ${i} at height ${block.height}`)
    const record = records.get(block.id)
    assert.deepEqual([block.refuted, block.final], [record?.refuted, record?.final], block.id)
  }
  assert.ok(
    blocks.some(({ refuted, id }) => refuted && !follower.view.blocks.has(id)),
    'refuted ones are on disk too',
  )

  let withMoney = 0
  for (const { id, requested, deposited, fee, final } of blocks) {
    const made = forge.blocks.get(id)
    if (made === undefined || !final || id === forge.genesis.id) continue
    assert.deepEqual([requested, deposited], moneyIn(made), id)
    assert.equal(fee, made.sealed.header.fee)
    if (requested !== 0n && deposited !== 0n) withMoney++
  }
  assert.ok(withMoney > 0, 'some have both')
  assert.equal(blocks[0]?.requested, undefined, 'genesis has nothing below it')

  for (const from of [2n ** 64n - 1n, 2n ** 64n, 10n ** 77n])
    assert.deepEqual((await node.call('bridge_history', { from })).blocks, [], `${from} is above all`)

  const pages: Hash[] = []
  for (let after: Hash | undefined, count = 0; count === 0 || after !== undefined; count++) {
    const page = await node.call('bridge_history', { limit: 7, ...(after ? { after } : {}) })
    assert.ok(page.blocks.length <= 7)
    pages.push(...page.blocks.map(({ id }) => id))
    after = page.next
  }
  assert.deepEqual(
    pages,
    blocks.map(({ id }) => id),
  )
  const from = await readHistory(node, 5n)
  assert.deepEqual(
    from.blocks,
    blocks.filter(({ height }) => height >= 5n),
  )
  assert.deepEqual((await readHistory(node, 1_000_000n)).blocks, [])
  await assert.rejects(node.call('bridge_history', { after: `0x${'7'.repeat(64)}` as Hash }), { code: 'page-gone' })

  /** Base units that its requests of TTX ask for, and that its deposits have burned. */
  function moneyIn({ steps }: MadeBlock): [bigint, bigint] {
    const asked = requestsOf(forge.network.rules, steps).filter(({ asset }) => asset === undefined)
    const burned = splitSteps(steps).map((bytes) => {
      const step = decodeStep(bytes)
      return step?.kind === 'deposit' ? step.entry.gross : 0n
    })
    return [asked.reduce((sum, { tokens }) => sum + tokens, 0n), burned.reduce((sum, gross) => sum + gross, 0n)]
  }
})
