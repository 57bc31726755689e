// The preferred branch, the calls that are due and the final times, held against their plain definition on trees of any shape.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalTimeOf } from '../../../../../node/bridge/final-time.ts'
import { preferredBranch, preferredTip } from '../../../../../node/bridge/fork-choice.ts'
import { branchTo } from '../../../../../node/bridge/race/eligible.ts'
import { dueCalls } from '../../../../../node/bridge/race.ts'
import type { BlockVerdict, BridgeBlock, BridgeView } from '../../../../../node/bridge/view.ts'
import { ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { toTime } from '../../../../../node/protocol/units.ts'
import { randomOf } from '../../../../../scripts/assure/models/world.ts'
import {
  GROUND_TIME,
  type Planted,
  type PlantedSlot,
  plant,
  plantedId,
} from '../../../../../scripts/bench/planted-view.ts'
import * as definition from '../../../../support/bridge/race-definition.ts'

const HOUR = 3_600
const INVALID: BlockVerdict = { verdict: 'invalid', step: 0, problem: 'Overspend', stated: ZERO_HASH }
const VALID: BlockVerdict = { verdict: 'valid' }
const UNKNOWN: BlockVerdict = { verdict: 'unknown', why: 'this node has still to replay it' }
/** Hours at which the rules of a race change, and moments beside them. */
const MOMENTS = [0, 1, 12, 22, 23, 24, 36, 46, 48, 49, 60, 90].flatMap((hours) =>
  [-1, 0, 1].map((by) => hours * HOUR + by),
)

type Shape = { readonly blocks: Planted[]; readonly slots: PlantedSlot[] }

/** A tree that grew at random: `reach` is from how far back a parent is chosen, and so how much of a bush it is. */
function grow(seed: number, count: number, reach: number, verdicts: readonly BlockVerdict[]): Shape {
  const random = randomOf(seed)
  const below = (end: number) => Math.floor(random() * end)
  const pace = [0, 1, 60, HOUR, 4 * HOUR].slice(below(3))
  const blocks: Planted[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    at += (pace[below(pace.length)] ?? 0) * below(3)
    const on = Math.max(0, i - below(reach))
    // What builds on a wrong one is wrong; on one that is not judged may stand what was found right before. Ties are frequent.
    const under = blocks[on - 1]?.verdict ?? VALID
    const own = random() < 0.8 ? VALID : (verdicts[below(verdicts.length)] ?? VALID)
    const verdict = under.verdict === 'invalid' ? under : own
    blocks.push({ on, at, work: BigInt(1 + below(3)), verdict, refuted: random() < 0.07 })
  }
  const slots = Array.from({ length: below(6) }, () => ({
    of: below(count),
    block: 1 + below(count),
    at: at + below(2),
  }))
  return { blocks, slots }
}

function compareAll(view: BridgeView, name: string): void {
  const ids = (blocks: readonly { readonly id: string }[]) => blocks.map(({ id }) => id)
  const branch = definition.preferredBranch(view)
  assert.deepEqual(ids(preferredBranch(view)), ids(branch), name)
  assert.equal(preferredTip(view).id, branch.at(-1)?.id ?? view.final, name)
  for (const moment of MOMENTS) {
    const now = GROUND_TIME + BigInt(moment)
    assert.deepEqual(dueCalls(view, toTime(now)), definition.dueCalls(view, toTime(now)), name)
  }
}

function compareTimes(view: BridgeView, name: string, moments: readonly number[] = MOMENTS): void {
  for (const moment of moments) {
    const now = GROUND_TIME + BigInt(moment)
    for (const id of view.blocks.keys()) {
      assert.deepEqual(
        finalTimeOf(view, id, toTime(now)),
        definition.finalTimeOf(view, id, toTime(now)),
        `${name}, at ${moment}`,
      )
    }
  }
}

test('of thousands of small random trees everything is as defined', (t) => {
  let [forks, deep] = [0, 0]
  for (let seed = 1; seed <= 4_000; seed++) {
    const { blocks, slots } = grow(seed, 1 + (seed % 30), 1 + (seed % 9), [INVALID])
    const view = plant(blocks, slots)
    compareAll(view, `seed ${seed}`)
    const moment = MOMENTS[seed % MOMENTS.length] ?? 0
    compareTimes(view, `seed ${seed}`, [moment])
    const races = preferredBranch(view)
    if (races.length > 3) deep++
    if (races.some(({ sealed }) => (view.blocks.get(sealed.header.parent)?.children.length ?? 0) > 1)) forks++
  }
  t.diagnostic(`${forks} with a race on the branch, ${deep} with a branch of more than three`)
  assert(forks > 1_000 && deep > 1_000)
})

test('a block that this node cannot judge has no say, and changes nothing else', () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const { blocks, slots } = grow(seed, 1 + (seed % 30), 1 + (seed % 9), [INVALID, UNKNOWN])
    compareAll(plant(blocks, slots), `seed ${seed}`)
  }
})

test('of branches of more than 128 blocks with bushes around them everything is as defined', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed)
    const { blocks, slots } = grow(seed, 260, 2, [INVALID])
    // Heavy ones, some of them near the greatest depth that counts.
    const bush = Array.from({ length: 60 }, (): Planted => {
      const on = Math.floor(random() * blocks.length)
      const after = Math.max(blocks.at(-1)?.at ?? 0, blocks[on - 1]?.at ?? 0)
      return {
        on,
        at: after,
        work: BigInt(Math.floor(random() * 40)) + 1n,
        verdict: blocks[on - 1]?.verdict ?? INVALID,
      }
    })
    compareAll(plant([...blocks.map((block) => ({ ...block, refuted: false })), ...bush], slots), `seed ${seed}`)
  }
})

/** A branch of this many blocks, one a minute, and on block `on` of it, or on all of them in turn, what `hang` says. */
function branchWith(length: number, count: number, hang: (i: number) => Planted): Planted[] {
  const branch = Array.from({ length }, (_, i): Planted => ({ on: i, at: (i + 1) * 60, work: 10n }))
  return [...branch, ...Array.from({ length: count }, (_, i) => hang(i))]
}

const SHAPES: Readonly<Record<string, (length: number, count: number) => Planted[]>> = {
  'all beside the lowest': (length, count) =>
    branchWith(length, count, (i) => ({ on: 0, at: 2 * HOUR + 20 + i, work: 10n })),
  'all on the tip': (length, count) => branchWith(length, count, (i) => ({ on: length, at: 3 * HOUR + i, work: 10n })),
  'all half way up': (length, count) =>
    branchWith(length, count, (i) => ({ on: length >> 1, at: 3 * HOUR + i, work: 10n })),
  'some on each': (length, count) =>
    branchWith(length, count, (i) => ({ on: i % length, at: 3 * HOUR + i, work: 10n })),
  // Each comes a moment after the race of the block below its parent has closed, so that each height brings new ones.
  'some on each, as late as they may be': (length, count) =>
    branchWith(length, count, (i) => {
      const on = Math.floor((i * length) / count)
      return { on, at: on * 60 + 22 * HOUR + 61, work: 1n }
    }),
  // The contract finds them ahead at each height, and none of them is on the way.
  'heavy wrong ones on each': (length, count) =>
    branchWith(length, count, (i) => ({ on: i % length, at: 3 * HOUR + i, work: 5_000n, verdict: INVALID })),
  'a second branch of the same length': (length, count) => {
    const first = branchWith(length, 0, () => ({ on: 0, at: 0 }))
    const second = Array.from({ length: count }, (_, i): Planted => {
      const isFirst = i % length === 0
      return { on: isFirst ? 0 : length + i, at: 3 * HOUR + i, work: 9n }
    })
    return [...first, ...second]
  },
}

function slotsOf(length: number): PlantedSlot[] {
  return Array.from({ length }, (_, i) => ({ of: i, block: length, at: 4 * HOUR }))
}

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`where an adversary hangs blocks around a branch (${name}) everything is as defined`, () => {
    const view = plant(shape(40, 120), slotsOf(40))
    compareAll(view, name)
    compareTimes(view, name, [3 * HOUR, 23 * HOUR, 48 * HOUR, 70 * HOUR])
  })
}

type Race = Pick<typeof definition, 'dueCalls' | 'finalTimeOf' | 'preferredBranch'>

/** How often anything of any block is read to answer all that is asked of one view. */
function readsOf(list: readonly Planted[], slots: readonly PlantedSlot[], race: Race): number {
  const view = plant(list, slots)
  let reads = 0
  const count: ProxyHandler<BridgeBlock> = {
    get: (block, member) => {
      reads++
      return Reflect.get(block, member)
    },
  }
  const counted = { ...view, blocks: new Map([...view.blocks].map(([id, block]) => [id, new Proxy(block, count)])) }
  const now = GROUND_TIME + BigInt(50 * HOUR)
  race.dueCalls(counted, toTime(now))
  for (const { id } of race.preferredBranch(counted)) race.finalTimeOf(counted, id, toTime(now))
  return reads
}

/** Reads that n blocks may cost: some for each, two for each comparison of two that are ahead, and walks of 128 down from slots. */
function mostReads(count: number, length: number): number {
  const blocks = count + length
  return 40 * blocks + 4 * blocks * Math.log2(blocks) + 4 * length * 128
}

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`what is read grows with the number of blocks, whatever the shape (${name})`, (t) => {
    const product = { dueCalls, finalTimeOf, preferredBranch }
    const reads = [1_000, 2_000, 4_000, 8_000].map((count) => readsOf(shape(128, count), slotsOf(128), product))
    t.diagnostic(`reads of 1,000 to 8,000 blocks: ${reads.join(', ')}`)
    for (const [i, each] of reads.entries()) assert(each < mostReads(1_000 * 2 ** i, 128), `${each}`)
    // The plain definition, to show that the bound says something.
    assert(readsOf(shape(32, 120), slotsOf(32), definition) > mostReads(120, 32))
  })
}

test('a block 129 above has no say, however heavy, and from one height further up it has', () => {
  const branch = Array.from({ length: 129 }, (_, i): Planted => ({ on: i, at: i, work: i === 128 ? 1_000n : 1n }))
  // A second child, heavier than 128 blocks of the branch, and not than 129.
  const view = plant([...branch, { on: 0, at: 200, work: 500n }])
  assert.deepEqual(
    preferredBranch(view).map(({ id }) => id),
    [plantedId(130)],
  )
  // The same beside the second block: from the final one it leads, and from the lowest one the heavy block counts.
  const higher = plant([...branch, { on: 1, at: 200, work: 500n }])
  assert.deepEqual(
    preferredBranch(higher).map(({ id }) => id),
    branch.map((_, i) => plantedId(i + 1)),
  )
  assert.equal(branchTo(view, plantedId(0), plantedId(129), 'contract'), undefined)
  assert.equal(branchTo(view, plantedId(1), plantedId(129), 'contract')?.id, plantedId(2))
})

test('what the contract takes no more is not ahead of what is nominated, although right blocks would still count it', () => {
  const view = plant(
    [
      { on: 0, at: 0, work: 1n, verdict: INVALID },
      { on: 0, at: 2 * HOUR },
      { on: 0, at: 2 * HOUR + 1 },
      { on: 2, at: 23 * HOUR, work: 50n },
    ],
    [{ of: 0, block: 2, at: 24 * HOUR }],
  )
  const { latest, reason } = finalTimeOf(view, plantedId(2), toTime(GROUND_TIME + BigInt(60 * HOUR))) ?? {}
  assert.deepEqual([latest, reason], [GROUND_TIME + BigInt(60 * HOUR), 'race'])
  compareAll(view, 'late')
  compareTimes(view, 'late')
})

test('what is remembered belongs to one view: the next one is looked at anew', () => {
  const blocks: Planted[] = [{ on: 0, at: 0 }]
  const before = plant(blocks)
  const after = plant([...blocks, { on: 1, at: 1 }])
  assert.equal(preferredTip(before).id, plantedId(1))
  assert.equal(preferredTip(after).id, plantedId(2))
  assert.equal(preferredTip({ ...after, final: plantedId(2) }).id, plantedId(2))
  assert.equal(preferredTip(before).id, plantedId(1))
  const now = GROUND_TIME
  assert.notDeepEqual(
    finalTimeOf(after, plantedId(1), toTime(now)),
    finalTimeOf(after, plantedId(1), toTime(now + 86_400n)),
  )
  assert.deepEqual(finalTimeOf(after, plantedId(1), toTime(now)), definition.finalTimeOf(after, plantedId(1), now))
})
