// What attacks cost at several base fees, from the rules and the measured gas: a table of docs/economics.md.
//
// `node scripts/assure/simulate/prices.ts` writes it there; `npm run simulate -- --write` does too.

import { gasFigures } from '../../../deployments/gas.ts'
import { BOND_GAS, FORCE_GAS } from '../../../node/ethereum/calls.ts'
import { QUEUE_SHARE } from '../../../node/protocol/rules.ts'
import { writeParts } from './page.ts'
import { markdown } from './table.ts'
import { ASSUMED, ETHER } from './world/assumptions.ts'

/** Base fees in gwei, without a tip. */
const BASE_FEES = [0.05, 1, 10, 50]
/** Blocks a day, as the simulation has them: one is due every hour, and the target eases from 45 minutes on. */
const BLOCKS_A_DAY = 27
/** Entries of the queue that these consume at least while more wait. */
const ENTRIES_A_DAY = QUEUE_SHARE * BLOCKS_A_DAY
/** Of `minDeposit` in an ordinary network, TTX. */
const DEPOSIT = 1

type Cost = { readonly gas: number /** TTX. */; readonly tokens?: number }
/** Two costs are a range. */
type Row = { readonly what: string; readonly costs: readonly Cost[] }

/** ETH, rounded to two digits; what is paid in TTX at the price that the simulation assumes. */
export function priceTable(): string {
  const head = ['ETH at a base fee of', ...BASE_FEES.map((gwei) => `${gwei} gwei`)]
  return markdown(
    head,
    rows().map(({ what, costs }) => [
      what,
      ...BASE_FEES.map((gwei) => [...new Set(costs.map((cost) => formatCost(cost, gwei)))].join(' to ')),
    ]),
  )
}

function rows(): Row[] {
  const gas = gasFigures
  const bond = Number(BOND_GAS)
  const rival = bond + gas['publish, second sibling']
  const wrong = gas['publish, 1 steps of 2 inputs']
  const forced = gas['force, 350 of zeros'] / 350 + Number(FORCE_GAS)
  const deposit = gas['deposit, 124 in a call'] / 124
  const flood =
    (entry: number, each = 0) =>
    (days: number): Cost[] => [{ gas: entry * ENTRIES_A_DAY * days, tokens: each * ENTRIES_A_DAY * days }]
  const [forcedFlood, depositFlood] = [flood(forced), flood(deposit, DEPOSIT / 100)]
  return [
    { what: 'bond of a block, which comes back after 48 hours', costs: [{ gas: bond }] },
    {
      what: 'a wrong block: half of its bond at least, all of it at most, and gas',
      costs: [{ gas: bond / 2 + wrong }, { gas: bond + wrong }],
    },
    { what: 'reward of the one who refutes it', costs: [{ gas: bond / 2 }] },
    {
      what: 'gas of a usual refutation, and of the worst, at the same base fee',
      costs: [{ gas: gas['refute, 2 inputs, depth 20'] }, { gas: gas['refute, worst step'] }],
    },
    { what: 'one rival: 24 hours more for one block, and for what builds on it up to then', costs: [{ gas: rival }] },
    {
      what: `a rival beside each block of a day (${BLOCKS_A_DAY}): 48 hours for everything`,
      costs: [{ gas: rival * BLOCKS_A_DAY }],
    },
    {
      what: 'one overturned race: the fees of all miners for up to 22 hours',
      costs: [{ gas: rival + gas['publish, child'] }],
    },
    { what: 'a flood of forced transactions, for each hour that the queue is long', costs: forcedFlood(1 / 24) },
    { what: 'the same for a day', costs: forcedFlood(1) },
    { what: 'a flood of deposits, for each hour that the queue is long', costs: depositFlood(1 / 24) },
    { what: 'the same for a day', costs: depositFlood(1) },
  ]
}

function formatCost({ gas, tokens = 0 }: Cost, gwei: number): string {
  const price = Number(ASSUMED.weiPerTtx) / Number(ETHER)
  const ether = (gas * gwei) / 1e9 + tokens * price
  const digits = Math.max(0, 1 - Math.floor(Math.log10(ether)))
  return ether.toFixed(digits)
}

if (import.meta.main) await writeParts({ prices: priceTable() })
