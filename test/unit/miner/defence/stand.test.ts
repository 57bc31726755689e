// When a block in defence is needed, where it stands, and how hard it is: as hard as a block, if there is time for that.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { racesOf } from '../../../../miner/defence/races.ts'
import { standsIn, targetsOf, targetWith } from '../../../../miner/defence/stand.ts'
import { targetFloor, workOf } from '../../../../node/protocol/target.ts'
import { toTime, toWork } from '../../../../node/protocol/units.ts'
import { FINAL, idOf, type Planted, START, treeOf } from './tree.ts'

const HOUR = 3_600n
const RACE = { mine: { work: 1_000n }, rival: { minute: 5, work: 1_000n } }

/** What could be done at this hour of the race. */
function stands(
  planted: Readonly<Record<string, Planted>>,
  hours = 1n,
  hashRate = 0,
  own: readonly string[] = ['mine'],
) {
  const races = racesOf(FINAL, treeOf(planted), own.map(idOf))
  return standsIn(races, toTime(START + hours * HOUR), hashRate).map(({ on, first, least, wanted }) => {
    return { on: on.id, first: first, least, wanted }
  })
}

test('beside a rival of the same work, a block as hard as the first is wanted, and any would do', () => {
  assert.deepEqual(stands(RACE), [{ on: idOf('mine'), first: idOf('mine'), least: 1n, wanted: 1_000n }])
})

test('who is half a block ahead is safe, who is less than that ahead is not', () => {
  assert.deepEqual(stands({ ...RACE, child: { on: 'mine', minute: 50, work: 500n } }), [])
  assert.equal(stands({ ...RACE, child: { on: 'mine', minute: 50, work: 499n } }).length, 1)
  const [stand] = stands({ ...RACE, child: { on: 'mine', minute: 50, work: 400n } })
  assert.deepEqual(stand, { on: idOf('child'), first: idOf('mine'), least: 1n, wanted: 600n })
})

test('who is behind needs more than the difference', () => {
  const [stand] = stands({ ...RACE, easy: { on: 'rival', minute: 50, work: 7n } })
  assert.deepEqual(stand, { on: idOf('mine'), first: idOf('mine'), least: 8n, wanted: 1_007n })
})

test('who is behind by time alone needs any block', () => {
  const tied = {
    ...RACE,
    theirs: { on: 'rival', minute: 50, work: 300n },
    ours: { on: 'mine', minute: 60, work: 300n },
  }
  assert.deepEqual(stands(tied)[0]?.least, 1n)
  assert.deepEqual(stands({ ...tied, ours: { on: 'mine', minute: 40, work: 300n } })[0]?.least, 1n)
})

test('with a low hash rate the block is as hard as can be found in time, on average in a third of what is left', () => {
  // 22 hours less two minutes, at 10 hashes an hour.
  const at = (hours: bigint, rate: number) =>
    stands({ mine: { work: 10n ** 9n }, rival: { minute: 5, work: 10n ** 9n } }, hours, rate)[0]?.wanted
  assert.equal(at(10n, 1_000), (1_000n * (12n * HOUR - 120n)) / 3n)
  assert.equal(at(20n, 1_000), (1_000n * (2n * HOUR - 120n)) / 3n)
  assert.equal(at(10n, 10 ** 9), 10n ** 9n)
})

test('a defence that was as hard as could be is not repeated as time goes by', () => {
  const rate = 1_000
  const race = { mine: { work: 10n ** 9n }, rival: { minute: 5, work: 10n ** 9n } }
  const [stand] = stands(race, 2n, rate)
  assert.ok(stand)
  const defended = { ...race, defence: { on: 'mine', minute: 180, work: stand.wanted } }
  for (const hours of [3n, 10n, 21n]) assert.deepEqual(stands(defended, hours, rate), [])
})

test('when the race is over, or a block would come too late, nothing is to be done', () => {
  assert.equal(stands(RACE, 21n).length, 1)
  assert.equal(stands(RACE, 22n).length, 0)
  assert.equal(stands({ ...RACE, easy: { on: 'rival', minute: 50, work: 7n } }, 22n).length, 0)
})

test('of nested races the higher one is defended first, with what the lower ones need as well', () => {
  const nested = {
    base: { work: 1_000n },
    baseRival: { minute: 5, work: 1_000n },
    mine: { on: 'base', minute: 60, work: 1_000n },
    rival: { on: 'base', minute: 65, work: 1_000n },
    easy: { on: 'rival', minute: 130, work: 300n },
  }
  const own = ['base', 'mine']
  assert.deepEqual(stands(nested, 3n, 0, own), [{ on: idOf('mine'), first: idOf('mine'), least: 301n, wanted: 1_300n }])
  const behind = { ...nested, far: { on: 'baseRival', minute: 131, work: 1_500n } }
  assert.deepEqual(stands(behind, 3n, 0, own), [
    { on: idOf('mine'), first: idOf('base'), least: 501n, wanted: 1_300n },
    { on: idOf('easy'), first: idOf('base'), least: 201n, wanted: 1_200n },
  ])
})

test('at stake is what the block would save, and nothing that is lost in a race further above', () => {
  const nested = {
    base: { work: 1_000n },
    baseRival: { minute: 5, work: 1_000n },
    mine: { on: 'base', minute: 60, work: 1_000n },
    rival: { on: 'base', minute: 65, work: 1_000n },
    easy: { on: 'rival', minute: 130, work: 300n },
    far: { on: 'baseRival', minute: 131, work: 1_500n },
  }
  const races = racesOf(FINAL, treeOf(nested), ['base', 'mine'].map(idOf))
  const saved = standsIn(races, toTime(START + 3n * HOUR), 0).map(({ on, own }) => [on.id, ...own])
  assert.deepEqual(
    saved,
    [
      ['mine', 'base', 'mine'],
      ['easy', 'base'],
    ].map((names) => names.map(idOf)),
  )
})

test('who would need more than the hardest block that the rule allows is not defended', () => {
  const behind = (work: bigint) => stands({ ...RACE, theirs: { on: 'rival', minute: 50, work } })
  // Half of a target is twice the work, but for what rounding takes.
  assert.equal(behind(1_900n)[0]?.least, 1_901n)
  assert.deepEqual(behind(2_100n), [])
})

test('a target is within the rule, and so hard that the block counts', () => {
  const stand = (least: bigint, wanted: bigint) => {
    const [on] = treeOf({ mine: { work: 1_000n } })
    assert.ok(on)
    return { on, first: on.id, own: [], least: toWork(least), wanted: toWork(wanted) }
  }
  const floor = targetFloor(targetWith(toWork(1_000n)))
  const ceiling = targetWith(toWork(50n))
  assert.deepEqual(targetsOf(stand(1n, 1_000n), ceiling), { aim: targetWith(toWork(1_000n)), easiest: ceiling })
  assert.deepEqual(targetsOf(stand(501n, 1_007n), ceiling), {
    aim: targetWith(toWork(1_007n)),
    easiest: targetWith(toWork(501n)),
  })
  // Within an hour of its parent a block has to be harder than wanted.
  assert.deepEqual(targetsOf(stand(1n, 1_000n), floor), { aim: floor, easiest: floor })
  assert.deepEqual(targetsOf(stand(1_999n, 2_500n), ceiling), { aim: floor, easiest: targetWith(toWork(1_999n)) })
})

test('a target stands for at least the work that it was made for, seed 4', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 96n }), (work) => {
      const target = targetWith(toWork(work))
      assert.ok(workOf(target) >= work)
      assert.ok(target === 2n ** 256n - 1n || workOf(target + 1n) <= work)
    }),
    { seed: 4 },
  )
})
