// Which races our own blocks are in, and who leads there: by hand, and on random trees held against what the nodes prefer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { racesOf } from '../../../../miner/defence/races.ts'
import { FINAL, idOf, type Planted, START, treeOf } from './tree.ts'

const HOURS = 60

/** The first blocks, the leaders on either side, and our own blocks at stake, by name. */
function told(planted: Readonly<Record<string, Planted>>, ...own: readonly string[]) {
  const names = new Map(['final', ...Object.keys(planted)].map((name) => [idOf(name), name]))
  return racesOf(FINAL, treeOf(planted), own.map(idOf)).map(({ first, ours, theirs, own: at }) =>
    [first.id, ours.id, theirs.id, ...at].map((id) => names.get(id)).join(' '),
  )
}

test('without a right rival there is no race', () => {
  assert.deepEqual(told({ mine: {} }, 'mine'), [])
  assert.deepEqual(told({ mine: {}, wrong: { minute: 5, isRight: false } }, 'mine'), [])
  assert.deepEqual(told({ mine: {}, child: { on: 'mine', minute: 60 } }, 'mine', 'child'), [])
  assert.deepEqual(told({}, 'mine'), [])
})

test('who is not on the branch of the first earns nothing there, and has nothing to lose', () => {
  const tree = { first: {}, mine: { minute: 5 }, above: { on: 'mine', minute: 70 } }
  assert.deepEqual(told(tree, 'mine', 'above'), [])
  // Not even where it leads.
  assert.deepEqual(told({ ...tree, more: { on: 'above', minute: 130 } }, 'mine'), [])
})

test('a refuted first leaves its place to the next', () => {
  assert.deepEqual(told({ wrong: { isRight: false }, mine: { minute: 5 }, rival: { minute: 9 } }, 'mine'), [
    'mine mine rival mine',
  ])
})

test('what stands on a wrong block counts for nobody', () => {
  const tree = {
    mine: {},
    rival: { minute: 5 },
    wrong: { on: 'rival', minute: 70, work: 5_000n, isRight: false },
    doomed: { on: 'wrong', minute: 80, isRight: false },
  }
  assert.deepEqual(told(tree, 'mine'), ['mine mine rival mine'])
})

test('the leader has most work, then the earlier time', () => {
  const tree = {
    mine: {},
    rival: { minute: 5 },
    other: { minute: 6 },
    late: { on: 'other', minute: 130, work: 700n },
    early: { on: 'rival', minute: 120, work: 700n },
    light: { on: 'rival', minute: 121, work: 600n },
    child: { on: 'mine', minute: 125, work: 300n },
  }
  assert.deepEqual(told(tree, 'mine'), ['mine child early mine'])
})

test('what comes later than 22 hours after the first does not count', () => {
  const tree = (minute: number) => ({ mine: {}, rival: { minute: 5 }, child: { on: 'rival', minute } })
  assert.deepEqual(told(tree(22 * HOURS), 'mine'), ['mine mine child mine'])
  assert.deepEqual(told(tree(22 * HOURS + 1), 'mine'), ['mine mine rival mine'])
})

test('a block 129 above has no say, however heavy', () => {
  const onRival = Array.from({ length: 129 }, (_, i): [string, Planted] => [
    `rival ${i + 2}`,
    { on: i === 0 ? 'rival' : `rival ${i + 1}`, minute: 6 + i, work: i === 128 ? 5_000n : 1n },
  ])
  const tree = { mine: {}, rival: { minute: 5 }, ...Object.fromEntries(onRival) }
  assert.deepEqual(told(tree, 'mine'), ['mine mine rival 128 mine'])
})

test('an own block is at stake in each race below it, and the lowest comes first', () => {
  const tree = {
    base: {},
    baseRival: { minute: 5 },
    mine: { on: 'base', minute: 60 },
    rival: { on: 'base', minute: 65 },
    other: { on: 'mine', minute: 120 },
    alsoMine: { on: 'other', minute: 180 },
  }
  assert.deepEqual(told(tree, 'alsoMine', 'mine'), [
    'base alsoMine baseRival mine alsoMine',
    'mine alsoMine rival mine alsoMine',
  ])
  assert.deepEqual(told(tree, 'base'), ['base alsoMine baseRival base'])
})

test('the better of the two leaders is the block that the rule makes win, seed 3', () => {
  const block = fc.record({
    on: fc.nat(30),
    minute: fc.nat(30),
    work: fc.integer({ min: 1, max: 4 }),
    isRight: fc.integer({ min: 0, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(block, { minLength: 2, maxLength: 30 }), (blocks) => {
      const planted: Record<string, Planted> = {}
      let minute = 0
      for (const [i, { on, minute: later, work, isRight }] of blocks.entries()) {
        minute += later * 4 + 1
        const below = on % (i + 1)
        const parent = below === i ? 'final' : `${below}`
        const isDoomed = planted[parent]?.isRight === false
        planted[`${i}`] = { on: parent, minute, work: BigInt(work) * 100n, isRight: isRight > 0 && !isDoomed }
      }
      const tree = treeOf(planted)
      const own = Object.keys(planted).map(idOf)
      const [lowest] = racesOf(FINAL, tree, own).filter(({ first }) => first.parent === FINAL)
      const siblings = tree.filter((each) => each.isRight && each.parent === FINAL)
      assert.equal(lowest !== undefined, siblings.length > 1)
      if (lowest === undefined) return
      const counting = tree.filter((each) => each.isRight && each.publishedAt <= lowest.until)
      const best = counting.toSorted((a, b) => Number(b.work - a.work) || Number(a.publishedAt - b.publishedAt))[0]
      assert.ok(best && [lowest.ours.id, lowest.theirs.id].includes(best.id))
      assert.equal(lowest.first.publishedAt, siblings.map(({ publishedAt }) => publishedAt).toSorted()[0])
      assert.equal(lowest.until, lowest.first.publishedAt + 22n * 3_600n)
      assert.ok(lowest.first.publishedAt > START)
    }),
    { seed: 3, numRuns: 300 },
  )
})
