// The lanes in the simulation: what a block may and must consume, what a flood and a rush cost, and that one lane does not hold up another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { surchargeGas } from '../../../../node/protocol/lane-price.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { toSeconds } from '../../../../node/protocol/units.ts'
import { KINDS } from '../../../../scripts/assure/simulate/attacks/kinds.ts'
import {
  CHOSEN,
  constantsTable,
  floodOf,
  formatGas,
  rushOf,
  surcharge,
} from '../../../../scripts/assure/simulate/lanes/constants.ts'
import { type Flood, playFlood, playRush } from '../../../../scripts/assure/simulate/lanes/play.ts'
import { play } from '../../../../scripts/assure/simulate/measure.ts'
import { hasPart } from '../../../../scripts/assure/simulate/page.ts'
import { Account } from '../../../../scripts/assure/simulate/world/account.ts'
import { HOUR } from '../../../../scripts/assure/simulate/world/assumptions.ts'
import { LaneQueue } from '../../../../scripts/assure/simulate/world/lanes.ts'

const SEED = 7
const START = 1_767_225_600
const FLOOD: Flood = {
  lane: 'deposits',
  manner: 'pace',
  hours: 24,
  depth: 1,
  share: 0,
  mining: 'usual',
  gwei: 1,
}

test('a block may consume what waits up to 128 entries, and must consume of these what has waited for an hour', () => {
  const lane = new LaneQueue()
  const by = new Account('anybody', 0n)
  const add = (time: number, count: number) => {
    for (let i = 0; i < count; i++) lane.add({ time, by, fee: 0n, gross: 0n })
  }
  add(START, 3)
  add(START + 60, 2)
  assert.deepEqual([lane.most(0), lane.least(0, START + HOUR - 1)], [5, 0])
  assert.deepEqual([lane.least(0, START + HOUR), lane.least(0, START + HOUR + 60)], [3, 5])
  add(START + 60, 200)
  assert.deepEqual([lane.most(0), lane.least(0, START + 2 * HOUR)], [LANE_SHARE, LANE_SHARE])
  assert.deepEqual([lane.most(100), lane.least(100, START + HOUR)], [205, 100])
})

test('the model of the constants asks for what the protocol asks for', () => {
  fc.assert(
    fc.property(fc.nat(20 * CHOSEN.doubling), (level) => {
      assert.equal(surcharge(CHOSEN, level), Number(surchargeGas(toSeconds(level))))
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('the constants in docs/economics.md are those of the protocol', async () => {
  assert.ok(await hasPart('constants', constantsTable()))
  assert.deepEqual([0, 999, 23_660, 359e6, 999_900, 4.19e15].map(formatGas), [
    '0',
    '999',
    '23.7k',
    '359M',
    '1M',
    '4,190T',
  ])
})

test(`a day of flood holds up each honest entry, for what the model says, and not for long after it (seed ${SEED})`, () => {
  const flood = playFlood(FLOOD, SEED)
  assert(flood.honest > 20)
  assert.equal(flood.heldUp, flood.honest)
  const { gas, price } = floodOf(CHOSEN, flood.blocksADay, 24)
  assert(flood.surchargeGas > gas / 2 && flood.surchargeGas < 2 * gas, `${flood.surchargeGas} for ${gas}`)
  assert(flood.priceAtEnd > price / 2 && flood.priceAtEnd < 2 * price, `${flood.priceAtEnd} for ${price}`)
  assert(flood.longestWait < 4 && flood.drained < 3, `${flood.longestWait} and ${flood.drained} hours`)
  assert(playFlood({ ...FLOOD, hours: 48 }, SEED).surchargeGas > 20 * flood.surchargeGas)
})

test(`a flooder who mines gets fees back, and never more than those (seed ${SEED})`, () => {
  const { ether } = playFlood({ ...FLOOD, lane: 'forced', share: 0.75 }, SEED)
  assert(ether.back > ether.fees / 2 && ether.back < ether.fees, `${ether.back} of ${ether.fees}`)
  assert.equal(playFlood({ ...FLOOD, lane: 'forced' }, SEED).ether.back, 0)
})

test(`deeper, or all at once, is dearer by the entry (seed ${SEED})`, () => {
  const each = (flood: Flood) => {
    const { surchargeGas, entries } = playFlood(flood, SEED)
    return surchargeGas / entries
  }
  const pace = each(FLOOD)
  assert(each({ ...FLOOD, depth: 6 }) > 1.5 * pace)
  assert(each({ ...FLOOD, manner: 'burst' }) > 1.2 * pace)
})

test(`who floods one lane holds up no other (seed ${SEED})`, () => {
  const kind = KINDS.find(({ name }) => name === 'queue-flood')
  assert(kind)
  const { bridge, users } = play({ kind, share: 0, budget: 100, blocks: 120 }, SEED)
  const longest = (lane: 'deposits' | 'assets' | 'forced') => {
    const honest = bridge.lanes[lane].entries.filter(({ by }) => by === users)
    const waits = honest.flatMap(({ time, takenIn }) => {
      const block = takenIn === undefined ? undefined : bridge.finality[takenIn]
      return block ? [block.publishedAt - time] : []
    })
    assert(waits.length > 20)
    return Math.max(...waits) / HOUR
  }
  assert(longest('deposits') < 3 && longest('assets') < 3, `${longest('deposits')} and ${longest('assets')} hours`)
  assert(longest('forced') > 6, `${longest('forced')} hours`)
})

test(`two thousand honest users in an hour pay what the model says, and wait for half a day (seed ${SEED})`, () => {
  const { last, mean, longestWait } = playRush({ lane: 'deposits', users: 2_000, gwei: 10 }, SEED)
  const model = rushOf(CHOSEN, 2_000)
  assert(Math.abs(last - model.last) < model.last / 50, `${last} for ${model.last}`)
  assert(Math.abs(mean - model.mean) < model.mean / 10, `${mean} for ${model.mean}`)
  assert(longestWait > 8 && longestWait < 20, `${longestWait} hours`)
})
