// What is said of blocks in a crowd: the size of an answer, and what is read for a page.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalTimeOf } from '../../../../node/bridge/final-time.ts'
import { preferredBranch } from '../../../../node/bridge/fork-choice.ts'
import { dueCalls } from '../../../../node/bridge/race.ts'
import type { BlockVerdict, BridgeBlock, BridgeView } from '../../../../node/bridge/view.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { describeProblem } from '../../../../node/protocol/problems.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { summariesOf } from '../../../../node/rpc/handlers/blocks.ts'
import { pageAboveFinal } from '../../../../node/rpc/handlers/pages.ts'
import { toWire } from '../../../../node/rpc/json.ts'
import { GROUND_TIME, type Planted, plant, plantedId } from '../../../../scripts/bench/planted-view.ts'

const INVALID: BlockVerdict = { verdict: 'invalid', step: 3, problem: 'Overspend', stated: ZERO_HASH }
const UNKNOWN: BlockVerdict = { verdict: 'unknown', why: 'this node has still to replay it' }

/** A branch of this many blocks, and beside its lowest block a crowd of which some are right, wrong and not judged. */
function crowd(length: number, count: number): Planted[] {
  const branch = Array.from({ length }, (_, i): Planted => ({ on: i, at: i + 1 }))
  const verdicts = [undefined, INVALID, UNKNOWN]
  const beside = Array.from({ length: count }, (_, i): Planted => {
    const verdict = verdicts[i % 3]
    return { on: 0, at: 200 + i, ...(verdict ? { verdict } : {}) }
  })
  return [...branch, ...beside]
}

test('of a crowd beside a block sixteen of each kind are named, on all that stand above it, and the others counted', () => {
  const view = plant(crowd(128, 3_000))
  const now = GROUND_TIME + 13n * 3_600n
  const { blocks, next } = pageAboveFinal(view, undefined, 1_000)
  assert.equal(next, blocks.at(-1)?.id)
  const summaries = summariesOf(view, toTime(now), blocks)
  const tip = summaries.find(({ id }) => id === plantedId(128))
  assert(tip?.finalTime)
  const { rivals, wrong, unjudged, unnamed, decisive } = tip.finalTime
  assert.equal(decisive, plantedId(1))
  assert.deepEqual([rivals.length, wrong.length, unjudged.length, unnamed], [16, 16, 16, 3_000 - 48])
  assert.deepEqual(rivals, finalTimeOf(view, plantedId(128), toTime(now))?.rivals.slice(0, 16))
  // With all of them named it would be 26 MB.
  assert(JSON.stringify(toWire(summaries)).length < 2_000_000)
})

test('each verdict is said, with what is behind it', () => {
  const doomed: BlockVerdict = { verdict: 'doomed', by: plantedId(2) }
  const view = plant([
    { on: 0, at: 1 },
    { on: 0, at: 2, verdict: INVALID },
    { on: 2, at: 3, verdict: doomed },
    { on: 0, at: 4, verdict: UNKNOWN },
    { on: 0, at: 5, verdict: { verdict: 'displaced' } },
  ])
  const said = summariesOf(view, GROUND_TIME, [...view.blocks.values()]).map(({ verdict, problem }) => [
    verdict,
    problem,
  ])
  assert.deepEqual(said, [
    ['valid', undefined],
    ['valid', undefined],
    ['invalid', describeProblem(3, 'Overspend')],
    ['invalid', `builds on the invalid block ${plantedId(2)}`],
    ['unknown', 'this node has still to replay it'],
    ['displaced', 'another block is final in its place, so this one was not looked at and can never be final'],
  ])
})

test('after the first page another one reads its own blocks, and none of the others', () => {
  const plain = plant(crowd(128, 5_000))
  let reads = 0
  const count: ProxyHandler<BridgeBlock> = {
    get: (block, member) => {
      reads++
      return Reflect.get(block, member)
    },
  }
  const blocks = new Map([...plain.blocks].map(([id, block]) => [id, new Proxy(block, count)]))
  const view: BridgeView = { ...plain, blocks }
  const now = GROUND_TIME + 3_600n
  const read = (after: number | undefined, limit: number) => {
    const page = pageAboveFinal(view, after === undefined ? undefined : plantedId(after), limit)
    summariesOf(view, toTime(now), page.blocks)
    preferredBranch(view)
    dueCalls(view, toTime(now))
    reads = 0
    summariesOf(view, toTime(now), pageAboveFinal(view, page.next, limit).blocks)
    return reads
  }
  for (const limit of [1, 100, 1_000]) {
    for (const after of [undefined, 50, 3_000]) assert(read(after, limit) <= 20 * limit + 2 * 128, `limit ${limit}`)
  }
})
