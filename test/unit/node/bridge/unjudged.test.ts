// What is judged apart, and in which order; and what becomes of all else where a block cannot be judged.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Level } from 'level'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { applyEvent, applyFinding, emptyView } from '../../../../node/bridge/records/fold.ts'
import { unjudged } from '../../../../node/bridge/records/judging/unjudged.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toGwei, toTime, toWork } from '../../../../node/protocol/units.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { Forge, finalized, type MadeBlock, published } from '../../../support/bridge/scenario.ts'

const VALID = { verdict: 'valid', requests: [] } as const

/** A tree of blocks that nobody has judged. */
function tree(seed: number) {
  const forge = new Forge(seed)
  const { id, sealed } = forge.genesis
  const view = emptyView({ id, sealed, publishedAt: toTime(0n), work: toWork(0n), requests: [] })
  let number = 0n
  const grow = (parent: MadeBlock, target?: bigint): MadeBlock => {
    const block = forge.make(parent, [], target === undefined ? {} : { target })
    number += 1n
    const place = { number, hash: block.id, logIndex: 0, transaction: block.id, time: toTime(number) }
    const event = { ...published(block, number), place }
    assert.equal(event.kind, 'published')
    if (event.kind === 'published') applyEvent(view, event, new Map())
    return block
  }
  return { forge, view, grow }
}

test('the heaviest branch is judged first, parents before children, of equal ones the earlier', () => {
  const { forge, view, grow } = tree(1)
  const light = [grow(forge.genesis), grow(forge.genesis)]
  const heavy = grow(forge.genesis)
  const above = grow(heavy)
  const onLight = light.map((each) => grow(each))
  const top = grow(above)
  const order: Hash[] = []
  for (const id of unjudged(view, forge.genesis.id)) {
    order.push(id)
    applyFinding(view, id, VALID)
  }
  const expected = [heavy, above, top, light[0], onLight[0], light[1], onLight[1]]
  assert.deepEqual(
    order,
    expected.map((each) => each?.id),
  )
  assert.deepEqual([...unjudged(view, forge.genesis.id)], [])
})

test('nothing is judged on what is wrong, or on what cannot be judged, and what stands there says so', () => {
  const { forge, view, grow } = tree(2)
  const [wrong, dark, right] = [grow(forge.genesis), grow(forge.genesis), grow(forge.genesis)]
  const children = [wrong, dark, right].map((each) => grow(grow(each)))
  const seen: Hash[] = []
  for (const id of unjudged(view, forge.genesis.id)) {
    seen.push(id)
    const stated = wrong.sealed.header.state
    if (id === wrong.id) applyFinding(view, id, { verdict: 'invalid', step: 0, problem: 'Overspend', stated })
    else if (id === dark.id) applyFinding(view, id, { verdict: 'unknown', why: 'its steps are not on disk' })
    else applyFinding(view, id, VALID)
  }
  assert.equal(seen.length, 5)
  const verdicts = children.map(({ id }) => view.blocks.get(id)?.verdict)
  assert.deepEqual(verdicts[0], { verdict: 'doomed', by: wrong.id })
  assert.equal(verdicts[1]?.verdict, 'unknown')
  assert.equal(verdicts[2]?.verdict, 'valid')
})

test('a block whose steps are gone from the disk is unknown, with the reason, and all else goes on', async () => {
  const driver = new Driver(102)
  const { forge, ethereum } = driver
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { keptSteps: 0 })
  const lost = forge.make(forge.genesis, [], { transactions: 2 })
  const main = forge.make(forge.genesis, [], { transactions: 2 })
  driver.mine(published(lost, ethereum.head.time))
  driver.mine(published(main, ethereum.head.time))
  assert.equal((await seen.follower.poll()).state, 'live')
  await seen.close()
  const level = new Level<string, string>(seen.folder)
  const records = level.sublevel('bridge')
  for (const key of [`body/${lost.id}`, `finding/${lost.id}`]) {
    assert.notEqual(await records.get(key), undefined)
    await records.del(key)
  }
  await level.close()

  await using again = await TestFollower.start(ethereum.connect(), forge.network, { keptSteps: 0 }, seen.folder)
  const { follower } = again
  const alarms: string[] = []
  follower.on('alarm', ({ code }) => alarms.push(code))
  const above = forge.make(lost, [], { transactions: 1 })
  const next = forge.make(main, [], { transactions: 1 })
  driver.mine(published(above, ethereum.head.time))
  driver.mine(published(next, ethereum.head.time))
  assert.equal((await follower.poll()).state, 'live')
  const verdict = follower.view.blocks.get(lost.id)?.verdict
  assert.deepEqual(verdict, { verdict: 'unknown', why: 'its steps are not on disk' })
  assert.equal(follower.view.blocks.get(above.id)?.verdict.verdict, 'unknown')
  assert.deepEqual(
    preferredBranch(follower.view).map(({ id }) => id),
    [main.id, next.id],
  )
  assert.ok(follower.parentBlock(next.id))
  driver.mine()
  await follower.poll()
  assert.deepEqual(alarms, ['block-not-judged'])

  // Not even its finality: that is the contract's word, and no proof that anything is wrong.
  driver.mine(finalized(lost))
  const late = forge.make(above, [], { transactions: 1 })
  driver.mine(published(late, ethereum.head.time))
  const from = lost.sealed.seal.miner
  const packed = new Uint8Array(127)
  driver.mine({ kind: 'forced', index: 0n, from, fee: toGwei(10n), packed, time: toTime(ethereum.head.time + 12n) })
  assert.equal((await follower.poll()).state, 'live')
  assert.deepEqual([follower.view.final, follower.view.death], [lost.id, undefined])
  assert.equal(follower.view.blocks.get(late.id)?.verdict.verdict, 'unknown')
  assert.equal(follower.pending().length, 1)
})

test('a wrong block that becomes final before anybody has judged it is the end of the bridge all the same', async () => {
  const driver = new Driver(103)
  const { forge, ethereum } = driver
  await using test = await TestFollower.start(ethereum.connect(), forge.network, { keptSteps: 0, finalityDepth: 2n })
  const { follower } = test
  const [one, two] = [
    forge.make(forge.genesis, [], { transactions: 1 }),
    forge.make(forge.genesis, [], { transactions: 1 }),
  ]
  const wrong = forge.make(one, [], { transactions: 2, isWrong: true })
  // The state after the first is gone when its child comes, so that nobody knows that the child is wrong.
  for (const block of [one, two, wrong]) driver.mine(published(block, ethereum.head.time))
  driver.mine(finalized(one))
  driver.mine(finalized(wrong))
  driver.mine()
  assert.equal((await follower.poll()).state, 'dead')
  assert.equal(follower.view.death?.block, wrong.id)
  assert.equal(follower.view.final, one.id)
})
