// A bridge whose past is wrong is dead: the node says so once, and orders nothing any more.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alarm } from '../../../../../node/bridge/answers.ts'
import { Driver, TestFollower } from '../../../../support/bridge/driver.ts'

test('after a wrong block was found in the past, the bridge is dead and no branch is told', async () => {
  const driver = new Driver(29)
  const { forge, ethereum } = driver
  const first = forge.make(forge.genesis, [], { transactions: 2 })
  driver.grow(forge.genesis, first)
  await using started = await TestFollower.start(ethereum.connect(), forge.network)
  const { follower } = started
  const alarms: Alarm[] = []
  let branches = 0
  follower.on('alarm', (alarm) => alarms.push(alarm))
  follower.on('branch', () => branches++)
  assert.equal((await follower.poll()).state, 'live')
  assert.ok(branches > 0)

  const before = branches
  for (let i = 0; i < 2; i++) follower.condemn(first.id, 'its third step')
  assert.deepEqual(
    alarms.map(({ code, facts }) => [code, facts['block']]),
    [['bridge-dead', first.id]],
  )
  assert.match(alarms[0]?.message ?? '', /its third step/)
  driver.grow(first, forge.make(first, [], { transactions: 2 }))
  assert.equal((await follower.poll()).state, 'dead')
  assert.equal(branches, before)
})
