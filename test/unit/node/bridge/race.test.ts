// The race: examples with plain numbers, and its model here against the one that the contract is held against.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalTimeOf } from '../../../../node/bridge/final-time.ts'
import { branchTo } from '../../../../node/bridge/race/eligible.ts'
import { dueCalls, preferredBranch, preferredTip } from '../../../../node/bridge/race.ts'
import type { BridgeView } from '../../../../node/bridge/view.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { RaceModel as ContractModel } from '../../../../scripts/assure/models/race.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { winnerOf } from './race-definition.ts'
import { HOUR, RaceModel, Refused } from './race-model.ts'

const timesOf = (view: BridgeView, id: Hash, now: bigint) => {
  const { earliest, latest } = finalTimeOf(view, id, now) ?? {}
  return { earliest, latest }
}
const ids = (blocks: readonly { readonly id: Hash }[]) => blocks.map(({ id }) => id)

test('an only child can be final a day after its publication, and a rival may still come for half a day', () => {
  const model = new RaceModel()
  const start = model.now
  const block = model.publish(model.root, 5n, true)
  const child = model.publish(block, 5n, true)
  const { view } = model
  assert.deepEqual(timesOf(view, block, start), { earliest: start + 24n * HOUR, latest: start + 48n * HOUR })
  assert.deepEqual(timesOf(view, block, start + 12n * HOUR), {
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
  const a = model.publish(model.root, 5n, true)
  model.now += 1n
  const b = model.publish(model.root, 5n, true)
  const above = model.publish(b, 5n, true)
  model.nominate(model.root, a)
  const now = start + 60n * HOUR
  assert.deepEqual(dueCalls(model.view, now), [{ call: 'nominate', parent: model.root, block: above }])
  assert.deepEqual(timesOf(model.view, b, now), { earliest: now + HOUR, latest: now + 2n * HOUR })
  model.now = now
  model.nominate(model.root, above)
  assert.deepEqual(timesOf(model.view, b, now), { earliest: now + HOUR, latest: now + HOUR })
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

test('the model of these tests takes and refuses what the model of the contract does', () => {
  let [taken, refused] = [0, 0]
  for (let seed = 1; seed <= 12; seed++) {
    const random = randomOf(seed)
    const model = new RaceModel()
    const contract = new ContractModel(model.root, model.now)
    const from = (ids: readonly Hash[]) => ids[Math.floor(ids.length * random())] ?? model.final
    const pick = () => from([...model.blocks.keys()].slice(-14))
    const child = () => from(model.blocks.get(model.final)?.children ?? [])
    const both = (what: string, act: () => void, error: () => string | undefined) => {
      let isRefused = false
      try {
        act()
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause
        isRefused = true
      }
      const name = error()
      assert.equal(name !== undefined, isRefused, `seed ${seed} at ${model.now}: ${what}: ${name}`)
      if (isRefused) refused++
      else taken++
    }
    for (let move = 0; move < 600; move++) {
      if (random() < 0.4) model.now += 1_800n * BigInt(Math.floor(16 * random()))
      const isNear = random() < 0.7
      const [parent, work] = [isNear ? model.final : pick(), 10n + BigInt(Math.floor(3 * random()))]
      const luck = random()
      const block = isNear && luck > 0.7 ? child() : pick()
      if (luck < 0.5) {
        let id = `refused ${move}`
        both(
          'publish',
          () => {
            id = model.publish(parent, work, random() < 0.6)
          },
          () => contract.publish({ id, parent, ownWork: work, beside: contract.live(parent).at(-1)?.id }, model.now),
        )
      } else if (luck < 0.7) {
        if (parent === block) continue
        both(
          'nominate',
          () => model.nominate(parent, block),
          () => contract.nominate(parent, block, model.now),
        )
      } else if (luck < 0.9) {
        both(
          'finalize',
          () => model.finalize(block),
          () => contract.finalize(block, model.now),
        )
      } else if (model.blocks.get(block)?.verdict.verdict !== 'valid') {
        both(
          'refute',
          () => model.refute(block),
          () => contract.refute(block),
        )
      }
      assert.equal(model.final, contract.tip.id)
    }
    assert.ok(contract.chain.length > 3, `seed ${seed}: only ${contract.chain.length} blocks became final`)
  }
  assert.ok(taken > 1_000 && refused > 1_000, `${taken} taken, ${refused} refused`)
})
