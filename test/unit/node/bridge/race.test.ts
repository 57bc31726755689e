// The race: examples with plain numbers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalTimeOf } from '../../../../node/bridge/final-time.ts'
import { preferredBranch, preferredTip } from '../../../../node/bridge/fork-choice.ts'
import { branchTo } from '../../../../node/bridge/race/eligible.ts'
import { dueCalls } from '../../../../node/bridge/race.ts'
import type { BridgeView } from '../../../../node/bridge/view.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { winnerOf } from '../../../support/bridge/race-definition.ts'
import { HOUR, Refused, ViewedRace } from '../../../support/bridge/viewed-race.ts'

const timesOf = (view: BridgeView, id: Hash, now: bigint) => {
  const { earliest, latest } = finalTimeOf(view, id, toTime(now)) ?? {}
  return { earliest, latest }
}
const ids = (blocks: readonly { readonly id: Hash }[]) => blocks.map(({ id }) => id)

test('an only child can be final a day after its publication, and a rival may still come for half a day', () => {
  const model = new ViewedRace()
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  const child = model.publish(block, 5n, true)
  const { view } = model
  assert.deepEqual(timesOf(view, block, start), { earliest: start + 24n * HOUR, latest: start + 48n * HOUR })
  assert.deepEqual(timesOf(view, block, start + 12n * HOUR), {
    earliest: start + 24n * HOUR,
    latest: start + 24n * HOUR,
  })
  assert.deepEqual(finalTimeOf(view, child, toTime(start))?.earliest, start + 24n * HOUR)
  assert.deepEqual(dueCalls(view, toTime(start + 24n * HOUR - 1n)), [])
  assert.deepEqual(dueCalls(view, toTime(start + 24n * HOUR)), [{ call: 'finalize', block }])
  assert.equal(finalTimeOf(view, model.root, toTime(start)), undefined)
})

test('the heaviest eligible branch is preferred; the earlier block where both weigh the same', () => {
  const model = new ViewedRace()
  const first = model.publish(model.root, 5n, true)
  model.now += HOUR
  const second = model.publish(model.root, 5n, true)
  assert.equal(preferredTip(model.view).id, first)
  const heavier = model.publish(second, 1n, true)
  assert.deepEqual(ids(preferredBranch(model.view)), [second, heavier])
  // Too late to count in this race, although it is the heaviest.
  model.now += 22n * HOUR
  const late = model.publish(first, 50n, true)
  assert.deepEqual(ids(preferredBranch(model.view)), [second, heavier])
  assert.equal(branchTo(model.view, model.root, late, 'contract'), undefined)
  assert.equal(finalTimeOf(model.view, first, toTime(model.now)), undefined)
})

test('a block published exactly 22 hours after the first one is eligible, a second later it is not', () => {
  for (const [seconds, isEligible] of [
    [22n * HOUR, true],
    [22n * HOUR + 1n, false],
  ] as const) {
    const model = new ViewedRace()
    const first = model.publish(model.root, 5n, true)
    model.now += seconds
    const block = model.publish(first, 1n, true)
    assert.equal(branchTo(model.view, model.root, block, 'contract')?.id, isEligible ? first : undefined)
  }
})

test('an invalid block has no say, however heavy, and no call is due for it', () => {
  const model = new ViewedRace()
  const start = model.now
  const bad = model.publish(model.root, 100n, false)
  const onBad = model.publish(bad, 100n, true)
  assert.equal(preferredTip(model.view).id, model.root)
  model.now += HOUR
  const good = model.publish(model.root, 100n, true)
  assert.deepEqual(ids(preferredBranch(model.view)), [good])
  assert.equal(winnerOf(model.view, model.root, 'contract')?.block.id, onBad)
  // The nomination waits for the refutation: until then the contract sees something heavier, or an earlier first.
  model.now = start + 24n * HOUR
  model.nominate(model.root, onBad)
  assert.deepEqual(dueCalls(model.view, toTime(model.now)), [])
  assert.throws(() => model.nominate(model.root, good), Refused)
  model.refute(bad)
  assert.deepEqual(dueCalls(model.view, toTime(start + 25n * HOUR - 1n)), [])
  assert.deepEqual(dueCalls(model.view, toTime(start + 25n * HOUR)), [{ call: 'finalize', block: good }])
})

test('where the slot does not lead there yet, finality is at least an hour away', () => {
  const model = new ViewedRace()
  const start = model.now
  const a = model.publish(model.root, 5n, true)
  model.now += 1n
  const b = model.publish(model.root, 5n, true)
  const above = model.publish(b, 5n, true)
  model.nominate(model.root, a)
  const now = start + 60n * HOUR
  assert.deepEqual(dueCalls(model.view, toTime(now)), [{ call: 'nominate', parent: model.root, block: above }])
  assert.deepEqual(timesOf(model.view, b, now), { earliest: now + HOUR, latest: now + 2n * HOUR })
  model.now = now
  model.nominate(model.root, above)
  assert.deepEqual(timesOf(model.view, b, now), { earliest: now + HOUR, latest: now + HOUR })
  assert.deepEqual(dueCalls(model.view, toTime(now + HOUR)), [{ call: 'finalize', block: b }])
})

test('a path of 128 blocks is eligible, one of 129 is not', () => {
  const model = new ViewedRace()
  let tip = model.root
  const path: Hash[] = []
  for (let i = 0; i < 128; i++) {
    tip = model.publish(tip, 1n, true)
    path.push(tip)
  }
  assert.equal(branchTo(model.view, model.root, tip, 'contract')?.id, path[0])
  assert.throws(() => model.publish(tip, 1n, true), Refused)
})
