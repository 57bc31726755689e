// The work behind a publication: one that an endpoint made up costs what it costs to find one, or is not believed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workProblem } from '../../../../node/bridge/records/publication.ts'
import { targetCeiling, targetFloor } from '../../../../node/protocol/target.ts'
import { toSeconds, toTime } from '../../../../node/protocol/units.ts'
import { Driver, TestFollower } from '../../../support/bridge/driver.ts'
import { EASIEST, type Forge, type MadeBlock, published } from '../../../support/bridge/scenario.ts'
import type { madeUpId } from '../../../support/miner/made-up-tree.ts'

const PARENT = { target: EASIEST >> 3n, publishedAt: toTime(1_000n) }

test('targets are taken from the floor to the ceiling of that moment, and no id above the target', () => {
  const id = `0x${'00'.repeat(31)}01` as ReturnType<typeof madeUpId>
  for (const elapsed of [0n, 2_699n, 2_700n, 3_600n, 20_000n, 10n ** 9n]) {
    const time = toTime(PARENT.publishedAt + elapsed)
    const [floor, ceiling] = [targetFloor(PARENT.target), targetCeiling(PARENT.target, toSeconds(elapsed), EASIEST)]
    for (const target of [floor, ceiling]) assert.equal(workProblem({ id, target, time }, PARENT, EASIEST), undefined)
    for (const target of [floor - 1n, ceiling + 1n])
      assert.match(workProblem({ id, target, time }, PARENT, EASIEST) ?? '', /out of range/)
  }
  const [time, target] = [toTime(PARENT.publishedAt), targetFloor(PARENT.target)]
  const idOf = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}` as typeof id
  assert.equal(workProblem({ id: idOf(target), target, time }, PARENT, EASIEST), undefined)
  assert.match(workProblem({ id: idOf(target + 1n), target, time }, PARENT, EASIEST) ?? '', /lacks the work/)
  const earlier = toTime(PARENT.publishedAt - 1n)
  assert.match(workProblem({ id, target, time: earlier }, PARENT, EASIEST) ?? '', /before its parent/)
})

test('a block that an endpoint makes up without work is not taken in, and one that was found is', async () => {
  const driver = new Driver(47)
  const { forge, ethereum } = driver
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n, workProblem })
  const { follower } = seen
  await follower.poll()
  // Half the genesis target, which is the most that a child may state at once: one of 8,192 ids or so shows that work.
  const target = EASIEST >> 1n
  const [found, madeUp] = [search(forge, target, true), search(forge, target, false)]
  driver.mine(published(found, ethereum.head.time))
  assert.equal((await follower.poll()).state, 'live')
  assert.ok(follower.view.blocks.has(found.id))
  driver.mine(published(madeUp, ethereum.head.time))
  const status = await follower.poll()
  assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete')
  assert.match((status.state === 'unknown' && status.problem) || '', /lacks the work/)
  assert.equal(follower.view.blocks.has(madeUp.id), false)
})

/** An empty child of genesis that has, or lacks, the work that its target asks for. */
function search(forge: Forge, target: bigint, isSolved: boolean): MadeBlock {
  for (;;) {
    const block = forge.make(forge.genesis, [], { target })
    if (BigInt(block.id) <= target === isSolved) return block
  }
}
