// What blobs make cheap: a state that grows, and blocks that watchers have to look at. Tables of docs/economics.md.

import { addLoads, expenseOf, type Load, NO_LOAD } from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'
import { MAX_BLOB_STEPS } from '../../../../node/protocol/blob.ts'
import { GROWTH_LIMIT } from '../../../../node/protocol/blob-block.ts'
import { BOND_SECONDS, STEP_LIMIT } from '../../../../node/protocol/rules.ts'
import { GWEIS, markdown } from '../table.ts'
import { BLOCKS_A_DAY, blockCost, bondAt, figure } from '../traffic/blocks.ts'
import { ASSUMED, DAY } from '../world/assumptions.ts'
import { paymentsLoad } from '../world/content.ts'
import { GAS } from '../world/gas.ts'
import { walletGrowth } from './wallets.ts'

const YEAR = 365
/** Entries that a lane carries forever without a surcharge, a day. */
const FREE_A_DAY = 864

/** A state that somebody enlarges for a year: entries, and ETH at each base fee. */
export function growthTable(): string {
  const grown = (count: number): Load => ({ ...paymentsLoad(count), growth: count })
  const ofBlocks = (rows: Rows, count: number) => ({
    entries: count * BLOCKS_A_DAY * YEAR,
    cost: (gwei: number) => blockCost(rows, grown(count), gwei) * BLOCKS_A_DAY * YEAR,
  })
  const blobs = expenseOf('blobs', grown(GROWTH_LIMIT)).blobs
  const bare = addLoads(NO_LOAD, grown(1))
  const beside = (blobs - 1) * blockDifference(bare, grown(GROWTH_LIMIT))
  const lines = [
    [
      `who mines all blocks, each with ${GROWTH_LIMIT.toLocaleString('en-US')} entries more, in ${blobs} blobs`,
      ofBlocks('blobs', GROWTH_LIMIT),
    ],
    [`the same in calldata, ${STEP_LIMIT} more`, ofBlocks('calldata', STEP_LIMIT)],
    [
      'who mines nothing: payments of their own, which others carry',
      { entries: GROWTH_LIMIT * BLOCKS_A_DAY * YEAR, cost: () => 0 },
    ],
    [
      'of it what those others pay for more blobs',
      { entries: GROWTH_LIMIT * BLOCKS_A_DAY * YEAR, cost: (gwei: number) => beside * gwei * BLOCKS_A_DAY * YEAR },
    ],
    [
      `deposits, ${FREE_A_DAY} a day, which cost no surcharge`,
      {
        entries: FREE_A_DAY * YEAR,
        cost: (gwei: number) => (FREE_A_DAY * YEAR * Number(GAS.inBatch.deposits) * gwei) / 1e9,
      },
    ],
  ] as const
  const head = ['who', 'entries a year', ...GWEIS.map((gwei) => `ETH a year at ${gwei} gwei`)]
  return markdown(
    head,
    lines.map(([who, { entries, cost }]) => [
      who,
      `${figure(entries / 1e6)} million`,
      ...GWEIS.map((gwei) => (cost(gwei) === 0 ? '0' : figure(cost(gwei)))),
    ]),
  )
}

/** ETH at a gwei for each blob that the second has more. */
function blockDifference(few: Load, many: Load): number {
  const count = expenseOf('blobs', many).blobs - expenseOf('blobs', few).blobs
  return (blockCost('blobs', many, 1) - blockCost('blobs', few, 1)) / count
}

const WALLET_PAYMENTS = 20_000
const WALLET_PARTS = 10

/** Honest payments in the same state. */
export async function walletTable(seed: number): Promise<string> {
  const growth = await walletGrowth(WALLET_PAYMENTS, WALLET_PARTS, seed)
  const shown = [0, 1, 4, 9]
  const head = [
    'payments of 300 users',
    ...shown.map((i) => `the ${((i + 1) * WALLET_PAYMENTS) / WALLET_PARTS / 1_000},000th`),
  ]
  const at = (of: (growth: number) => string) => shown.map((i) => of(growth[i] ?? 0))
  return markdown(head, [
    ['entries of the state more, a payment', ...at((each) => each.toFixed(2))],
    [
      `usual payments in a block before it has ${GROWTH_LIMIT.toLocaleString('en-US')} more`,
      ...at((each) =>
        Math.min(MAX_BLOB_STEPS, Math.floor(GROWTH_LIMIT / Math.max(0.001, each))).toLocaleString('en-US'),
      ),
    ],
  ])
}

/** Right blocks of six blobs that nobody asked for: what they cost, and what a watcher does for them. */
export function watchingTable(): string {
  const load = paymentsLoad(MAX_BLOB_STEPS)
  const aDay = DAY / ASSUMED.judgeSeconds
  const bonds = (aDay * Number(BOND_SECONDS)) / DAY
  const lines: readonly (readonly [string, (gwei: number) => number])[] = [
    ['a right block of six blobs, ETH', (gwei) => blockCost('blobs', load, gwei)],
    ['its bond, which comes back after 48 hours', (gwei) => bondAt(gwei)],
    ['the same beside a block of others: bond lost', (gwei) => blockCost('blobs', load, gwei) + bondAt(gwei, true)],
    [
      `to keep one core of a watcher busy for a day: ${Math.round(aDay).toLocaleString('en-US')} blocks`,
      (gwei) => aDay * blockCost('blobs', load, gwei),
    ],
    ['bonds that lie in the bridge for that', (gwei) => bonds * bondAt(gwei)],
  ]
  return markdown(
    ['at a base fee of', ...GWEIS.map((gwei) => `${gwei} gwei`)],
    lines.map(([what, of]) => [what, ...GWEIS.map((gwei) => figure(of(gwei)))]),
  )
}
