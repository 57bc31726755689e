// The race: examples with plain numbers, and a random adversary against honest watchers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  branchTo,
  dueCalls,
  type FinalTime,
  finalTimeOf,
  preferredBranch,
  preferredTip,
  winnerOf,
} from '../../../../node/bridge/race.ts'
import { descent } from '../../../../node/bridge/view.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { randomOf } from '../../../world.ts'
import { HOUR, RaceModel, Refused } from './race-model.ts'

const ids = (blocks: readonly { readonly id: Hash }[]) => blocks.map(({ id }) => id)

test('an only child can be final a day after its publication, and a rival may still come for half a day', () => {
  const model = new RaceModel()
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  const child = model.publish(block, 5n, true)
  const { view } = model
  assert.deepEqual(finalTimeOf(view, block, start), { earliest: start + 24n * HOUR, latest: start + 48n * HOUR })
  assert.deepEqual(finalTimeOf(view, block, start + 12n * HOUR), {
    earliest: start + 24n * HOUR,
    latest: start + 24n * HOUR,
  })
  assert.deepEqual(finalTimeOf(view, child, start)?.earliest, start + 24n * HOUR)
  assert.deepEqual(dueCalls(view, start + 24n * HOUR - 1n), [])
  assert.deepEqual(dueCalls(view, start + 24n * HOUR), [{ call: 'finalize', block }])
  assert.equal(finalTimeOf(view, model.root, start), undefined)
})

test('the heaviest eligible branch is preferred; the earlier block where both weigh the same', () => {
  const model = new RaceModel()
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
  assert.equal(finalTimeOf(model.view, first, model.now), undefined)
})

test('a block published exactly 22 hours after the first one is eligible, a second later it is not', () => {
  for (const [seconds, isEligible] of [
    [22n * HOUR, true],
    [22n * HOUR + 1n, false],
  ] as const) {
    const model = new RaceModel()
    const first = model.publish(model.root, 5n, true)
    model.now += seconds
    const block = model.publish(first, 1n, true)
    assert.equal(branchTo(model.view, model.root, block, 'contract')?.id, isEligible ? first : undefined)
  }
})

test('an invalid block has no say, however heavy, and no call is due for it', () => {
  const model = new RaceModel()
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
  assert.deepEqual(dueCalls(model.view, model.now), [])
  assert.throws(() => model.nominate(model.root, good), Refused)
  model.refute(bad)
  assert.deepEqual(dueCalls(model.view, start + 25n * HOUR - 1n), [])
  assert.deepEqual(dueCalls(model.view, start + 25n * HOUR), [{ call: 'finalize', block: good }])
})

test('where the slot does not lead there yet, finality is at least an hour away', () => {
  const model = new RaceModel()
  const start = model.now
  const [a, b] = [model.publish(model.root, 5n, true), model.publish(model.root, 6n, true)]
  model.nominate(model.root, a)
  const now = start + 60n * HOUR
  assert.deepEqual(dueCalls(model.view, now), [{ call: 'nominate', parent: model.root, block: b }])
  assert.deepEqual(finalTimeOf(model.view, b, now), { earliest: now + HOUR, latest: now + 2n * HOUR })
  model.now = now
  model.nominate(model.root, b)
  assert.deepEqual(finalTimeOf(model.view, b, now), { earliest: now + HOUR, latest: now + HOUR })
  assert.deepEqual(dueCalls(model.view, now + HOUR), [{ call: 'finalize', block: b }])
})

test('a path of 128 blocks is eligible, one of 129 is not', () => {
  const model = new RaceModel()
  let tip = model.root
  const path: Hash[] = []
  for (let i = 0; i < 128; i++) {
    tip = model.publish(tip, 1n, true)
    path.push(tip)
  }
  assert.equal(branchTo(model.view, model.root, tip, 'contract')?.id, path[0])
  assert.throws(() => model.publish(tip, 1n, true), Refused)
})

const TICK = 600n

for (let seed = 1; seed <= 12; seed++) {
  test(`honest watchers make the preferred branch final when it was predicted (seed ${seed})`, () => {
    const random = randomOf(seed)
    const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
    const model = new RaceModel()
    const predicted = new Map<Hash, FinalTime[]>()
    const preferred = new Set<Hash>()
    const eagerness = random() * 0.04

    for (let tick = 0; tick < 1_500; tick++) {
      model.now += TICK
      const blocks = [...descent(model.view, model.final)]
      attack(model, random, eagerness, blocks)
      // Bad blocks are refuted within a day of their publication.
      for (const { id, verdict, refuted, publishedAt, finality } of blocks) {
        if (verdict.verdict === 'valid' || refuted || finality) continue
        if (random() < 0.05 || model.now > publishedAt + 23n * HOUR) model.refute(id)
      }
      // Everything that is due, and what becomes due by it.
      for (let calls = dueCalls(model.view, model.now); calls.length > 0; calls = dueCalls(model.view, model.now)) {
        for (const call of calls) {
          if (call.call === 'nominate') model.nominate(call.parent, call.block)
          else {
            assert.equal(call.block, ids(preferredBranch(model.view))[0])
            model.finalize(call.block)
            check(call.block)
          }
        }
      }
      observe()
    }
    const raced = [...model.finalAt.keys()].filter((id) => {
      return model.slots.has(model.blocks.get(id)?.sealed.header.parent ?? id)
    })
    assert.ok(raced.length > 1, 'there was hardly any race')
    assert.ok(model.finalAt.size > 3, `only ${model.finalAt.size} blocks became final`)

    /** A prediction holds for a block that stays on the preferred branch. */
    function observe(): void {
      const branch = ids(preferredBranch(model.view))
      for (const id of preferred) {
        if (branch.includes(id)) continue
        preferred.delete(id)
        predicted.delete(id)
      }
      for (const id of branch) {
        const time = finalTimeOf(model.view, id, model.now)
        assert.ok(time && time.earliest <= time.latest)
        preferred.add(id)
        predicted.set(id, [...(predicted.get(id) ?? []), time])
      }
    }

    function check(id: Hash): void {
      assert.equal(model.blocks.get(id)?.verdict.verdict, 'valid')
      for (const { earliest, latest } of predicted.get(id) ?? []) {
        assert.ok(model.now >= earliest, `final ${earliest - model.now} s before the earliest time`)
        // A nomination and a finalization may each wait for the next tick.
        const slack = 2n * TICK
        assert.ok(model.now <= latest + slack, `final ${model.now - latest} s after the latest time`)
      }
      predicted.delete(id)
      preferred.delete(id)
    }

    function attack(model: RaceModel, random: () => number, eagerness: number, blocks: readonly { id: Hash }[]): void {
      const attempt = (act: () => void) => {
        try {
          act()
        } catch (error) {
          if (!(error instanceof Refused)) throw error
        }
      }
      if (random() < 0.05) attempt(() => model.publish(preferredTip(model.view).id, 10n, true))
      if (random() < eagerness) {
        const parent = pick(blocks)
        if (parent) attempt(() => model.publish(parent.id, 10n + BigInt(Math.floor(random() * 3)), random() < 0.6))
      }
      if (random() < 0.02) {
        const [parent, block] = [pick(blocks), pick(blocks)]
        if (parent && block && parent.id !== block.id) attempt(() => model.nominate(parent.id, block.id))
      }
    }
  })
}
