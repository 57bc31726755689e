// Ethereum takes back what a node has called final for good. Must hold: up to the node's finality depth it follows, deeper it says that
// something is wrong, and keeps to what it had; it never lets go of what was final without a word.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { comparable } from '../../support/bridge/driver.ts'
import { assertLive, LiedTo, PATIENT } from './lied-to.ts'

const DEPTH = 20
const SEED = 201

test(`a reorganisation below the finality depth, whatever was seen in between (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED)
  for (const isTight of [true, false]) {
    for (const too of [0, 1, 2 + Math.floor(random() * 8)]) {
      await t.test(`${too} blocks too deep, ${isTight ? 'seen block by block' : 'seen now and then'}`, async () => {
        await using scene = await LiedTo.open(SEED)
        const { anvil } = scene.live
        const victim = await scene.pair({ finalityDepth: BigInt(DEPTH) }, PATIENT)
        const { follower } = victim
        const block = await scene.finalizeOne()
        // Now and then: the newest checkpoint before the finality is far below it.
        for (let i = 0; i < Math.max(DEPTH, DEPTH + too - 1); i++) {
          if (isTight || i % 7 === 6) await assertLive(follower)
          await anvil.client.mine({ blocks: 1 })
        }
        await scene.assertKnowsTheTruth(victim)
        assert.equal(follower.settled.id, block.id)
        const before = comparable(follower.view)
        await anvil.reorganise(DEPTH + too)
        if (too === 0) {
          // Its finality is the last block that stays.
          await scene.assertKnowsTheTruth(victim)
          return
        }
        const status = await follower.poll()
        assert.equal(status.state === 'unknown' ? status.code : status.state, 'ethereum-deep-reorganisation')
        assert.deepEqual(
          victim.alarms.map(({ code }) => code),
          ['ethereum-deep-reorganisation'],
        )
        assert.deepEqual(comparable(follower.view), before)
        assert.equal(follower.settled.id, block.id)
        await assert.doesNotReject(follower.poll())
      })
    }
  }
})

test('what was final is taken back and comes again: the node goes on by itself', async () => {
  await using scene = await LiedTo.open(SEED + 1)
  const { anvil } = scene.live
  const victim = await scene.pair({ finalityDepth: BigInt(DEPTH) }, PATIENT)
  const { follower } = victim
  const block = await scene.finalizeOne()
  for (let i = 0; i <= DEPTH; i++) {
    if (i % 7 === 6) await assertLive(follower)
    await anvil.client.mine({ blocks: 1 })
  }
  await assertLive(follower)
  assert.equal(follower.settled.id, block.id)
  await anvil.reorganise(DEPTH + 2)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' ? status.code : status.state, 'ethereum-deep-reorganisation')
  // Anybody finalizes it again.
  await anvil.warp(BigInt((await scene.live.record(block.id)).publishedAt) + 86_400n)
  await scene.live.finalize(block)
  // Believed again once no reorganisation may take it back.
  assert.equal((await follower.poll()).state, 'unknown')
  await anvil.client.mine({ blocks: DEPTH })
  await scene.assertKnowsTheTruth(victim)
  assert.equal(follower.view.final, block.id)
})
