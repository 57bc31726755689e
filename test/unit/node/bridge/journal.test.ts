// What the follower keeps on disk: all of a step or nothing, and nothing is told that is not there.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeDatabase } from '../../../../node/bridge/records/disk/encoding.ts'
import { comparable, Driver, TestFollower } from '../../../support/bridge/driver.ts'

test('a disk that refuses to write changes nothing, and following goes on when it works again', async () => {
  const driver = new Driver(81)
  const { forge, ethereum } = driver
  let isBroken = false
  const wrap = (database: BridgeDatabase): BridgeDatabase => {
    const batch = database.batch.bind(database) as (...args: unknown[]) => unknown
    const failing = async (...args: unknown[]) => {
      if (isBroken) throw new Error('no space left on device')
      return batch(...args)
    }
    return new Proxy(database, {
      get: (target, name) => {
        const value: unknown = name === 'batch' ? failing : Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  await using test = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n }, undefined, wrap)
  const { follower } = test
  driver.run(15)
  assert.equal((await follower.poll()).state, 'live')
  const before = comparable(follower.view)
  let changes = 0
  follower.on('view', () => changes++)
  isBroken = true
  driver.reorganise(6)
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'database-failed')
  assert.deepEqual(comparable(follower.view), before)
  assert.equal(changes, 0)
  isBroken = false
  assert.equal((await follower.poll()).state, 'live')
  await using fresh = await TestFollower.start(ethereum.connect(), forge.network)
  await fresh.follower.poll()
  assert.deepEqual(comparable(follower.view), comparable(fresh.follower.view))
})

test('the steps of a branch can be read after a reorganisation has taken it away', async () => {
  const driver = new Driver(82)
  const { forge, ethereum } = driver
  await using test = await TestFollower.start(ethereum.connect(), forge.network)
  const block = forge.make(forge.genesis, [], { transactions: 2 })
  driver.grow(forge.genesis, block)
  await test.follower.poll()
  const branch = test.follower.branch()
  ethereum.drop(1)
  driver.mine()
  driver.mine()
  await test.follower.poll()
  assert.equal(test.follower.branch().blocks.length, 0)
  assert.equal(branch.blocks[0]?.steps.length, 2)
})

test('where nothing happens on the bridge, nothing is told', async () => {
  const driver = new Driver(83)
  await using test = await TestFollower.start(driver.ethereum.connect(), driver.forge.network)
  driver.run(10)
  await test.follower.poll()
  const told: string[] = []
  for (const event of ['view', 'branch', 'alarm', 'status'] as const) test.follower.on(event, () => told.push(event))
  for (let i = 0; i < 3; i++) {
    driver.mine()
    await test.follower.poll()
  }
  assert.deepEqual(told, ['status', 'status', 'status'])
})

test('a listener that throws does not stop the follower', async () => {
  const driver = new Driver(84)
  await using test = await TestFollower.start(driver.ethereum.connect(), driver.forge.network)
  test.follower.on('view', () => {
    throw new Error('a bug in a listener')
  })
  driver.run(10)
  assert.equal((await test.follower.poll()).state, 'live')
})

test('a restarted follower tells the view and the branch once, as soon as Ethereum has confirmed them', async () => {
  const driver = new Driver(85)
  driver.run(30)
  await using first = await TestFollower.start(driver.ethereum.connect(), driver.forge.network, { finalityDepth: 6n })
  await first.follower.poll()
  await first.close()
  await using again = await TestFollower.start(
    driver.ethereum.connect(),
    driver.forge.network,
    { finalityDepth: 6n },
    first.folder,
  )
  const told: string[] = []
  for (const event of ['view', 'branch'] as const) again.follower.on(event, () => told.push(event))
  await again.follower.poll()
  await again.follower.poll()
  assert.deepEqual(told, ['view', 'branch'])
})
