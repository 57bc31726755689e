// When a block can be final that has one beside it which this node cannot judge: whatever that turns out to be, it is within what was said.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalTimeOf, finalTimesOf } from '../../../../node/bridge/final-time.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import type { BlockVerdict, BridgeView } from '../../../../node/bridge/view.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import {
  GROUND_TIME,
  type Planted,
  type PlantedSlot,
  plant,
  plantedId,
} from '../../../../scripts/bench/planted-view.ts'

const HOUR = 3_600
const INVALID: BlockVerdict = { verdict: 'invalid', step: 0, problem: 'Overspend', stated: ZERO_HASH }
const UNKNOWN: BlockVerdict = { verdict: 'unknown', why: 'its parent is too old for this node' }

/** Hours after the final block, and why. */
function said(view: BridgeView, block: number, hours: number) {
  const time = finalTimeOf(view, plantedId(block), toTime(GROUND_TIME + BigInt(hours * HOUR)))
  assert(time)
  const since = (seconds: bigint) => Number(seconds - GROUND_TIME) / HOUR
  return [since(time.earliest), since(time.latest), time.reason]
}

test('a block beside it that cannot be judged may be a right rival, and is named', () => {
  const blocks: Planted[] = [
    { on: 0, at: 0 },
    { on: 0, at: 2 * HOUR, verdict: UNKNOWN },
  ]
  const view = plant(blocks)
  assert.deepEqual(said(view, 1, 3), [24, 48, 'unjudged-sibling'])
  // A rival can come no more, and this one may be one.
  assert.deepEqual(said(view, 1, 13), [24, 48, 'unjudged-sibling'])
  assert.deepEqual(said(view, 1, 47), [47, 49, 'unjudged-sibling'])
  const time = finalTimeOf(view, plantedId(1), GROUND_TIME)
  assert.deepEqual([time?.unjudged, time?.rivals, time?.wrong], [[plantedId(2)], [], []])
})

test('one that came first may be right, and then the hours of a race count from there', () => {
  const view = plant([
    { on: 0, at: 0, verdict: UNKNOWN },
    { on: 0, at: 2 * HOUR },
    { on: 0, at: 3 * HOUR },
  ])
  assert.deepEqual(said(view, 2, 4), [48, 50, 'race'])
  assert.deepEqual(finalTimeOf(view, plantedId(2), GROUND_TIME)?.unjudged, [plantedId(1)])
})

test('one in the slot that cannot be judged is named, and nothing is settled while it is there', () => {
  const blocks: Planted[] = [
    { on: 0, at: 0 },
    { on: 0, at: 1 },
    { on: 1, at: HOUR, work: 50n, verdict: UNKNOWN },
  ]
  const view = plant(blocks, [{ of: 0, block: 3, at: 2 * HOUR }])
  assert.deepEqual(finalTimeOf(view, plantedId(1), GROUND_TIME)?.unjudged, [plantedId(3)])
  assert.deepEqual(said(view, 1, 47), [48, 49, 'nomination'])
})

test('whatever such blocks turn out to be, the times lie within those that were said', (t) => {
  let compared = 0
  const reasons = new Set<string>()
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = randomOf(seed)
    const below = (end: number) => Math.floor(random() * end)
    const blocks: Planted[] = []
    let at = 0
    for (let i = 0; i < 8; i++) {
      at += [0, 1, HOUR, 5 * HOUR][below(4)] ?? 0
      const on = Math.max(0, i - below(4))
      const under = blocks[on - 1]?.verdict ?? { verdict: 'valid' }
      const verdict = under.verdict !== 'valid' || random() < 0.6 ? under : random() < 0.7 ? UNKNOWN : INVALID
      blocks.push({ on, at, work: BigInt(1 + below(2)), verdict })
    }
    const slots: PlantedSlot[] = random() < 0.5 ? [{ of: 0, block: 1 + below(8), at }] : []
    const now = GROUND_TIME + BigInt(at + below(60) * HOUR)
    const told = finalTimesOf(plant(blocks, slots), toTime(now))
    for (let round = 0; round < 4; round++) {
      const view = plant(decide(blocks, random), slots)
      const branch = preferredBranch(view).map(({ id }) => id)
      for (const [i, [id, said]] of [...told].entries()) {
        // A heavier branch came, or something on the way was not right after all.
        if (branch[i] !== id) break
        const time = finalTimeOf(view, id, toTime(now))
        assert(time && said.earliest <= time.earliest && time.latest <= said.latest, `seed ${seed}, block ${id}`)
        reasons.add(said.reason)
        compared++
      }
    }
  }
  t.diagnostic(`${compared} compared, ${[...reasons].sort().join(', ')}`)
  assert(compared > 3_000 && reasons.has('unjudged-sibling'))
})

/** Each block that was not judged is right or wrong now; what builds on a wrong one is wrong too. */
function decide(blocks: readonly Planted[], random: () => number): Planted[] {
  const decided: Planted[] = []
  for (const block of blocks) {
    const under = decided[block.on - 1]?.verdict ?? { verdict: 'valid' }
    const own = block.verdict?.verdict === 'unknown' && random() < 0.5 ? INVALID : block.verdict
    const verdict = own?.verdict === 'unknown' ? ({ verdict: 'valid' } as const) : (own ?? under)
    decided.push({ ...block, verdict: under.verdict === 'valid' ? verdict : under })
  }
  return decided
}
