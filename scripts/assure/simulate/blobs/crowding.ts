// Somebody buys blobs for nothing but to make them dear: what a day of that costs, and what is left to those who post blocks. A table of docs/economics.md.

import { addLoads, type Load } from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'
import { BLOB_BYTES, MAX_BLOB_STEPS, MAX_BLOBS } from '../../../../node/protocol/blob.ts'
import { STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { GWEIS, markdown } from '../table.ts'
import { blockCost, figure } from '../traffic/blocks.ts'
import { DAY, SLOT_SECONDS } from '../world/assumptions.ts'
import {
  blobPriceAt,
  excessAt,
  MOST_BLOBS,
  nextExcess,
  RESERVE_GAS,
  reservePrice,
  TARGET_BLOBS,
} from '../world/blob-price.ts'
import { paymentsLoad, requestsLoad } from '../world/content.ts'
import { Ethereum } from '../world/ethereum.ts'

/** Times the reserve price. */
const FACTORS = [10, 100, 1_000] as const

export type Crowding = {
  /** Until blobs cost that much, hours. */
  readonly hours: number
  /** ETH, from the start to the end of a day at that price. */
  readonly cost: number
}

/**
 * All blobs are bought until they cost `factor` times their reserve, then as many as keep them there, for a day. Others
 * leave as soon as blobs are dearer than at their reserve, so that their author pays for all of them.
 */
export function crowd(factor: number, gwei: number): Crowding {
  const baseFee = gwei * 1e9
  const reserve = Number(reservePrice(new Ethereum(0, 0, gwei).baseFee(0)))
  let excess = excessAt(reserve)
  let [wei, blocks] = [0, 0]
  const buy = (blobs: number) => {
    wei += blobs * BLOB_BYTES * blobPriceAt(excess)
    excess = nextExcess(excess, blobs, baseFee)
    blocks += 1
  }
  while (blobPriceAt(excess) < factor * reserve) buy(MOST_BLOBS)
  const hours = (blocks * SLOT_SECONDS) / 3_600
  for (let i = 0; i < DAY / SLOT_SECONDS; i++) buy(TARGET_BLOBS)
  return { hours, cost: wei / 1e18 }
}

/** From how many times the reserve price on a full block of usual payments costs less a payment in calldata than in blobs. */
export function indifference(): number {
  const [empty, each] = [
    (rows: Rows) => blockCost(rows, paymentsLoad(0), 1),
    (rows: Rows, load: Load, factor: number) => blockCost(rows, load, 1, factor),
  ]
  const inCalldata = (each('calldata', paymentsLoad(STEP_LIMIT), 1) - empty('calldata')) / STEP_LIMIT
  let factor = 1
  while ((each('blobs', paymentsLoad(MAX_BLOB_STEPS), factor) - empty('blobs')) / MAX_BLOB_STEPS < inCalldata)
    factor += 1
  return factor
}

export function crowdingTable(): string {
  const usual = addLoads(requestsLoad(6), paymentsLoad(120))
  const full = addLoads(requestsLoad(200), paymentsLoad(MAX_BLOB_STEPS - 200))
  const head = [
    'blobs at, times the reserve',
    'hours until then',
    ...GWEIS.map((gwei) => `a day of it at ${gwei} gwei, ETH`),
    'six blobs then, in gas',
    'the usual block is',
    'and costs, times as now',
    'a full one in blobs, times as now',
  ]
  const lines = FACTORS.map((factor) => {
    const each = GWEIS.map((gwei) => crowd(factor, gwei))
    const [blobs, calldata] = (['blobs', 'calldata'] as const).map((rows) => blockCost(rows, usual, 1, factor))
    const least = Math.min(blobs ?? 0, calldata ?? 0)
    const now = Math.min(blockCost('blobs', usual, 1), blockCost('calldata', usual, 1))
    return [
      `${factor.toLocaleString('en-US')}`,
      (each[1]?.hours ?? 0).toFixed(1),
      ...each.map(({ cost }) => figure(cost)),
      `${((MAX_BLOBS * Number(RESERVE_GAS) * factor) / 1e6).toPrecision(2)}M`,
      least === blobs ? 'in blobs' : 'in calldata',
      figure(least / now),
      figure(blockCost('blobs', full, 1, factor) / blockCost('blobs', full, 1)),
    ]
  })
  return markdown(head, lines)
}
