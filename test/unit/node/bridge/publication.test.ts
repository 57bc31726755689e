// The work behind a publication: one that an endpoint made up costs what it costs to find one, or is not believed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workProblem } from '../../../../node/bridge/records/publication.ts'
import { blockId, type Header } from '../../../../node/protocol/header.ts'
import type { QueueEntry } from '../../../../node/protocol/queue.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { targetCeiling, targetFloor } from '../../../../node/protocol/target.ts'
import { toBaseUnits, toGwei, toSeconds, toTime } from '../../../../node/protocol/units.ts'
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

test('a publication whose header says what does not follow from its content is not taken in, whatever it says', async () => {
  const driver = new Driver(48)
  const { forge, ethereum } = driver
  const right = forge.make(forge.genesis, [], { transactions: 3 })
  const { header, seal } = right.sealed
  const ask = (made: MadeBlock, change: Partial<Header>): MadeBlock => {
    const sealed = { header: { ...header, ...change }, seal }
    return { ...made, sealed, id: blockId(sealed) }
  }
  const huge: QueueEntry = { kind: 'deposit', gross: 2n ** 128n - 1n, to: seal.miner }
  const lies: readonly (readonly [name: string, block: MadeBlock])[] = [
    ['supply', ask(right, { supply: toBaseUnits(header.supply + 1n) })],
    ['fee', ask(right, { fee: toBaseUnits(header.fee + 1n) })],
    ['queue fees', ask(right, { queueFees: toGwei(1n) })],
    ['first request', ask(right, { firstRequest: header.firstRequest + 1n })],
    ['requests', ask(right, { requestCount: header.requestCount + 1 })],
    ['root of the requests', ask(right, { requestsRoot: header.traceRoot })],
    ['steps', ask(right, { stepCount: header.stepCount - 1 })],
    ['trace', ask(right, { traceRoot: header.state })],
    ['height', ask(right, { height: 2n })],
    [
      'more than a header holds',
      { ...right, steps: encodeStep({ kind: 'deposit', entry: huge }), states: right.states.subarray(0, 32) },
    ],
  ]
  for (const [name, lie] of lies) {
    await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n })
    const { follower } = seen
    await follower.poll()
    driver.mine(published(lie, ethereum.head.time))
    const status = await follower.poll()
    assert.equal(status.state === 'unknown' && status.code, 'ethereum-logs-incomplete', name)
    assert.equal(follower.view.blocks.has(lie.id), false, name)
    ethereum.drop(1)
    driver.mine()
  }
  await using seen = await TestFollower.start(ethereum.connect(), forge.network, { finalityDepth: 8n })
  driver.mine(published(right, ethereum.head.time))
  assert.equal((await seen.follower.poll()).state, 'live')
  assert.ok(seen.follower.view.blocks.has(right.id))
})

/** An empty child of genesis that has, or lacks, the work that its target asks for. */
function search(forge: Forge, target: bigint, isSolved: boolean): MadeBlock {
  for (;;) {
    const block = forge.make(forge.genesis, [], { target })
    if (BigInt(block.id) <= target === isSolved) return block
  }
}
