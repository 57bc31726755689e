// The plan of a ladder: no takes in any order lose a unit along the curve, nothing is given that is not there, and what is still good stays.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { byPrice, PPM } from '../../../../../node/client/maker/curve.ts'
import {
  type Free,
  type Inventory,
  type LadderOptions,
  type Plan,
  planLadder,
  SIDES,
  type Side,
  type Standing,
} from '../../../../../node/client/maker/ladder.ts'
import type { Infohash } from '../../../../../node/protocol/ids.ts'
import { MAX_TOKENS } from '../../../../../node/protocol/rules.ts'

const SEED = 20_261_130
const OPTIONS: LadderOptions = { rungs: 5, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }
const START: Inventory = { base: 1_000_000n, quote: 2_000_000n }

const tokens = fc.integer({ min: 1, max: 128 }).chain((bits) => fc.bigInt(1n, 2n ** BigInt(bits) - 1n))
const inventory: fc.Arbitrary<Inventory> = fc.record({ base: tokens, quote: tokens })
const options: fc.Arbitrary<LadderOptions> = fc.record({
  rungs: fc.integer({ min: 1, max: 8 }),
  size: fc.bigInt(100n, PPM / 2n),
  fee: fc.bigInt(100n, PPM / 2n),
  keep: fc.constant({ base: 0n, quote: 0n }),
})
const choices = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 })

let count = 0
const idOf = () => (count++).toString(16).padStart(40, '0') as Infohash

/** As if all that is made stood; nearest to the price first. */
function standingOf({ kept, made }: Plan): Standing[] {
  const all = [...kept, ...made.map(({ side, give, want }) => ({ side, give, want, id: idOf(), isTaken: false }))]
  return SIDES.flatMap((side) => all.filter((rung) => rung.side === side).toSorted(byPrice))
}

function take({ base, quote }: Inventory, { side, give, want }: Pick<Standing, 'side' | 'give' | 'want'>): Inventory {
  return side === 'sell' ? { base: base - give, quote: quote + want } : { base: base + want, quote: quote - give }
}

const product = ({ base, quote }: Inventory) => base * quote
const pick = <T>(items: readonly T[], choice: number): T | undefined => items[choice % items.length]

test('whichever rungs are taken, and in whatever order, the product is never below that of the beginning', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const property = fc.property(inventory, options, choices, (start, chosen, order) => {
    let left = standingOf(planLadder(start, [], [], chosen))
    let now = start
    for (const choice of order) {
      const rung = pick(left, choice)
      if (rung === undefined) return
      left = left.filter((each) => each !== rung)
      now = take(now, rung)
      assert(product(now) >= product(start))
      assert(now.base > 0n && now.quote > 0n)
    }
  })
  fc.assert(property, { seed: SEED, numRuns: 1_500 })
})

test('the same over many plans: takes that wait for a block, blocks, and takes that lose', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const property = fc.property(inventory, options, choices, (start, chosen, moves) => {
    let ordered = start
    let standing: Standing[] = []
    for (const [i, choice] of moves.entries()) {
      const plan = planLadder(ordered, standing, [], chosen)
      assert(plan.kept.length + plan.made.length <= 4 * chosen.rungs + standing.filter((rung) => rung.isTaken).length)
      // What is withdrawn may still be taken as long as no block says so; here a block does.
      standing = standing.filter((rung) => !plan.withdrawn.includes(rung))
      for (const rung of standingOf(plan)) if (!standing.includes(rung)) standing.push(rung)
      const open = standing.filter(({ isTaken }) => !isTaken)
      const chosenRung = pick(open, choice)
      if (chosenRung !== undefined && i % 3 !== 2) {
        standing = standing.map((rung) => (rung === chosenRung ? { ...rung, isTaken: true } : rung))
        continue
      }
      // A block: each take that is under way is in it, or has lost, or waits on.
      const fateOf = (at: number) => (['lost', 'waits', 'ordered', 'ordered'] as const)[(choice + at) % 4]
      const before = standing
      for (const [at, rung] of before.entries())
        if (rung.isTaken && fateOf(at) === 'ordered') ordered = take(ordered, rung)
      assert(product(ordered) >= product(start))
      standing = before.flatMap((rung, at) => {
        if (!rung.isTaken || fateOf(at) === 'waits') return [rung]
        return fateOf(at) === 'lost' ? [{ ...rung, isTaken: false }] : []
      })
    }
    assert(product(ordered) >= product(start))
  })
  fc.assert(property, { seed: SEED, numRuns: 1_000 })
})

test('all rungs of a side together leave what is to be kept, and each is an amount that an offer can have', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const property = fc.property(inventory, options, tokens, tokens, (start, chosen, base, quote) => {
    const { made } = planLadder(start, [], [], { ...chosen, keep: { base, quote } })
    for (const [side, has, keep] of [
      ['sell', start.base, base],
      ['buy', start.quote, quote],
    ] as const) {
      const rungs = made.filter((rung) => rung.side === side)
      const given = rungs.reduce((sum, { give }) => sum + give, 0n)
      assert(rungs.length === 0 || has - given >= keep)
      assert(given < has)
      for (const { give, want } of rungs) for (const each of [give, want]) assert(each >= 1n && each <= MAX_TOKENS)
    }
  })
  fc.assert(property, { seed: SEED, numRuns: 1_000 })
})

test('after the nearest rung is taken the others of its side stay, and the other side gets one that is nearer', () => {
  for (const side of ['sell', 'buy'] as const) {
    const first = planLadder(START, [], [], OPTIONS)
    const standing = standingOf(first)
    const nearest = standing.find((rung) => rung.side === side) as Standing
    const rest = standing.filter((rung) => rung !== nearest)
    const next = planLadder(take(START, nearest), rest, [], OPTIONS)
    assert.deepEqual(next.withdrawn, [])
    assert.deepEqual(new Set(next.kept), new Set(rest))
    assert.deepEqual(
      next.made.map((rung) => rung.side),
      ['sell', 'buy'],
    )
  }
})

test('what a take pays becomes the rung of the other side, and nothing has to be paid around', () => {
  const standing = standingOf(planLadder(START, [], [], OPTIONS))
  const [nearest] = standing as [Standing]
  const proceeds: Free = { infohash: idOf(), side: 'buy', value: nearest.want, isSettled: true }
  const next = planLadder(take(START, nearest), standing.slice(1), [proceeds], OPTIONS)
  const buys = next.made.filter(({ side }) => side === 'buy')
  assert.deepEqual(
    buys.map(({ give, from }) => [give, from]),
    [[nearest.want, proceeds.infohash]],
  )
  assert.deepEqual([next.swept, next.withdrawn], [[], []])
})

test('there and back a hundred times: each trade has at most two rungs made and none withdrawn, and the fees remain', () => {
  let now = START
  let standing = standingOf(planLadder(now, [], [], OPTIONS))
  let withdrawn = 0
  for (let i = 0; i < 200; i++) {
    const side: Side = i % 2 === 0 ? 'sell' : 'buy'
    const nearest = standing.find((rung) => rung.side === side) as Standing
    now = take(now, nearest)
    const plan = planLadder(
      now,
      standing.filter((rung) => rung !== nearest),
      [],
      OPTIONS,
    )
    withdrawn += plan.withdrawn.length
    assert(plan.made.length <= 2 + plan.withdrawn.length)
    standing = standingOf(plan)
  }
  assert(withdrawn <= 40, `${withdrawn}`)
  // 200 trades of 2% at 1.5%: each adds 2% of 1.5% to the product.
  const growth = Number((product(now) * 10_000n) / product(START)) / 10_000
  assert(growth > 1.05 && growth < 1.07, `${growth}`)
})

test('a take that no block has ordered changes no price: it counts as a rung that stands', () => {
  const standing = standingOf(planLadder(START, [], [], OPTIONS))
  const waiting = standing.map((rung, i) => (i === 0 || i === 2 ? { ...rung, isTaken: true } : rung))
  const { kept, made, withdrawn } = planLadder(START, waiting, [], OPTIONS)
  assert.deepEqual([made, withdrawn], [[], []])
  assert.deepEqual(kept, waiting)
})

test('a price limit ends a side, and what stands beyond it is withdrawn', () => {
  // The price is 2: from 2.05 upwards and from 1.95 downwards.
  const maxPrice = { base: 100n, quote: 215n }
  const all = planLadder(START, [], [], OPTIONS)
  const some = planLadder(START, [], [], { ...OPTIONS, maxPrice })
  const sells = (plan: Plan) => plan.made.filter(({ side }) => side === 'sell')
  assert.equal(sells(all).length, 5)
  assert(sells(some).length > 0 && sells(some).length < 5)
  for (const { give, want } of sells(some)) assert(want * 100n <= give * 215n)
  assert.equal(some.made.length - sells(some).length, 5)
  const standing = standingOf(all)
  const { withdrawn } = planLadder(START, standing, [], { ...OPTIONS, maxPrice })
  assert.equal(withdrawn.length, 5 - sells(some).length)
  const none = planLadder(START, standing, [], { ...OPTIONS, minPrice: { base: 1n, quote: 3n } })
  assert.deepEqual([none.kept.length, none.made.length, none.withdrawn.length], [0, 0, 10])
})

test('one unit, and the most there can be', () => {
  const single = planLadder({ base: 1n, quote: 1n }, [], [], OPTIONS)
  assert.deepEqual(single.made, [])
  const two = planLadder({ base: 2n, quote: 2n }, [], [], OPTIONS)
  assert.deepEqual(two.made, [
    { side: 'sell', give: 1n, want: 3n },
    { side: 'buy', give: 1n, want: 3n },
  ])
  const most = planLadder({ base: MAX_TOKENS, quote: MAX_TOKENS }, [], [], OPTIONS)
  assert.equal(most.made.length, 10)
  const lopsided = planLadder({ base: 1n, quote: MAX_TOKENS }, [], [], OPTIONS)
  assert(lopsided.made.every(({ side, want }) => side === 'buy' && want === 1n))
  const empty = standingOf(planLadder(START, [], [], OPTIONS))
  assert.equal(planLadder({ base: 0n, quote: 5n }, empty, [], OPTIONS).withdrawn.length, 10)
})

test('what lies in the shop for nothing goes back, but not before a block has ordered it', () => {
  const odd = (value: bigint, isSettled: boolean): Free => ({ infohash: idOf(), side: 'sell', value, isSettled })
  const free = [odd(7n, true), odd(20_000n, false), odd(9n, false), odd(900_000n, true)]
  const { swept, made } = planLadder(START, [], free, OPTIONS)
  assert.deepEqual(swept, [free[0], free[3]])
  assert.equal(made[0]?.from, free[1]?.infohash)
})
