// The follower on an Ethereum in memory: reorganisations, restarts, verdicts.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { isDisplaced } from '../../../support/bridge/displaced.ts'
import { comparable, Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { finalized, published } from '../../../support/bridge/scenario.ts'

// A follower that keeps hardly any state judges apart what another one judges at once.
for (const [seed, keptSteps] of [[1], [2], [3], [4, 0], [5, 5], [6, 20], [7, 0]] as const) {
  test(`after random reorganisations of 1 to 20 blocks the view is that of a fresh follower (seed ${seed}, ${keptSteps ?? 'all'} steps kept)`, async () => {
    const driver = new Driver(seed)
    const { forge, ethereum } = driver
    const { random } = forge.world
    const options = { finalityDepth: 24n, stepBlocks: 7n }
    const kept = keptSteps === undefined ? options : { ...options, keptSteps }
    await using old = await TestFollower.start(ethereum.connect(), forge.network, kept)
    driver.run(10)
    for (let round = 0; round < 12; round++) {
      if (random() < 0.7) driver.reorganise(1 + Math.floor(random() * 20))
      else driver.run(1 + Math.floor(random() * 12))
      const status = await old.follower.poll()
      assert.equal(
        status.state,
        'live',
        JSON.stringify(status, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
      )
      await using fresh = await TestFollower.start(ethereum.connect(), forge.network, options)
      await fresh.follower.poll()
      assert.deepEqual(comparable(old.follower.view), comparable(fresh.follower.view))
      assert.deepEqual(
        old.follower.branch().blocks.map(({ id, steps }) => [id, steps]),
        fresh.follower.branch().blocks.map(({ id, steps }) => [id, steps]),
      )
    }
    for (const { id, verdict } of old.follower.view.blocks.values()) {
      const made = forge.blocks.get(id)
      if (!isDisplaced(old.follower.view, id)) assert.equal(verdict.verdict === 'valid', made?.isValid)
    }
    for (const { id, sealed } of preferredBranch(old.follower.view).slice(keptSteps === undefined ? 0 : -1)) {
      const parent = old.follower.parentBlock(id)
      assert.ok(parent)
      assert.equal(stateRoot(parent.state), sealed.header.state)
    }
  })
}

test('a restart at any moment goes on where it was', async () => {
  const driver = new Driver(11)
  const { forge, ethereum } = driver
  const folder = await mkdtemp(join(tmpdir(), 'ttx-bridge-'))
  try {
    for (let round = 0; round < 10; round++) {
      driver.run(8)
      if (round % 3 === 2) driver.reorganise(5)
      await using again = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n }, folder)
      await using fresh = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n })
      await Promise.all([again.follower.poll(), fresh.follower.poll()])
      assert.equal(again.follower.status.state, 'live')
      assert.deepEqual(comparable(again.follower.view), comparable(fresh.follower.view))
      assert.equal(again.follower.settled.id, fresh.follower.settled.id)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what stands beside a final block is judged until that is final for good, since Ethereum may take it back', async () => {
  const driver = new Driver(12)
  const { forge, ethereum } = driver
  const options = { finalityDepth: 8n }
  await using test = await TestFollower.start(ethereum.connect(), forge.network, options)
  const { follower } = test
  const [one, two] = [1, 2].map(() => forge.make(forge.genesis, [], { transactions: 1 }))
  assert.ok(one && two)
  for (const block of [one, two]) driver.mine(published(block, ethereum.head.time))
  driver.mine(finalized(one))
  const above = forge.make(two, [], { transactions: 1 })
  driver.mine(published(above, ethereum.head.time))
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.final, one.id)
  ethereum.drop(2)
  driver.mine(finalized(two))
  driver.mine(published(above, ethereum.head.time))
  driver.mine()
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.final, two.id)
  assert.equal(follower.view.blocks.get(above.id)?.verdict.verdict, 'valid')
  // And no longer than that.
  for (let i = 0; i < 8; i++) driver.mine()
  const late = forge.make(one, [], { transactions: 1 })
  driver.mine(published(late, ethereum.head.time))
  assert.equal((await follower.poll()).state, 'live')
  assert.equal(follower.view.blocks.get(late.id)?.verdict.verdict, 'displaced')
})
