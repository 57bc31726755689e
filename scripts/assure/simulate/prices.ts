// What attacks cost at several base fees, from the rules and the measured gas: a table of docs/economics.md.
//
// `node scripts/assure/simulate/prices.ts` writes it there; `npm run simulate -- --write` does too.

import { gasFigures } from '../../../deployments/gas.ts'
import { BOND_GAS, FORCE_GAS, RIVAL_BOND_GAS } from '../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../node/ethereum/deploying/parameters.ts'
import { QUEUE_SHARE } from '../../../node/protocol/rules.ts'
import { writeParts } from './page.ts'
import { markdown } from './table.ts'
import { ASSUMED, ETHER } from './world/assumptions.ts'

/** Base fees in gwei, without a tip. */
const BASE_FEES = [0.05, 1, 10, 50]
/** What the bridge counts at least, gwei. */
const FLOOR_GWEI = Number(DEFAULT_PARAMETERS.floorPrice) / 1e9
/** Blocks a day, as the simulation has them: one is due every hour, and the target eases from 45 minutes on. */
const BLOCKS_A_DAY = 27
/** Entries of the queue that these consume at least while more wait. */
const ENTRIES_A_DAY = QUEUE_SHARE * BLOCKS_A_DAY
/** Of `minDeposit` in an ordinary network, TTX. */
const DEPOSIT = 1

/** `gas` at the base fee; `counted` by the bridge, at its floor if that is higher; `tokens` in TTX. */
type Cost = { readonly gas?: number; readonly counted?: number; readonly tokens?: number }
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
  const rival = { counted: Number(RIVAL_BOND_GAS), gas: gas['publish, second sibling'] }
  const wrong = gas['publish, 1 steps of 2 inputs']
  const forced = { gas: gas['force, 350 of zeros'] / 350, counted: Number(FORCE_GAS) }
  const deposit = { gas: gas['deposit, 124 in a call'] / 124, tokens: DEPOSIT / 100 }
  const flood = (entry: Cost, days: number) => [times(entry, ENTRIES_A_DAY * days)]
  return [
    { what: 'bond of a block, which comes back after 48 hours', costs: [{ counted: bond }] },
    { what: 'bond of a rival, which is lost', costs: [{ counted: Number(RIVAL_BOND_GAS) }] },
    {
      what: 'a wrong block: half of its bond at least, all of it at most, and gas',
      costs: [
        { counted: bond / 2, gas: wrong },
        { counted: bond, gas: wrong },
      ],
    },
    { what: 'reward of the one who refutes it', costs: [{ counted: bond / 2 }] },
    {
      what: 'gas of a usual refutation, and of the worst, at the same base fee',
      costs: [{ gas: gas['refute, 2 inputs, depth 20'] }, { gas: gas['refute, worst step'] }],
    },
    { what: 'one rival: 24 hours more for one block, and for what builds on it up to then', costs: [rival] },
    {
      what: `a rival beside each block of a day (${BLOCKS_A_DAY}): 48 hours for everything`,
      costs: [times(rival, BLOCKS_A_DAY)],
    },
    {
      what: 'one overturned race: the fees of all miners for up to 22 hours',
      costs: [{ ...rival, gas: rival.gas + gas['publish, child'] }],
    },
    { what: 'a flood of forced transactions, for each hour that the queue is long', costs: flood(forced, 1 / 24) },
    { what: 'the same for a day', costs: flood(forced, 1) },
    { what: 'a flood of deposits, for each hour that the queue is long', costs: flood(deposit, 1 / 24) },
    { what: 'the same for a day', costs: flood(deposit, 1) },
  ]
}

function times({ gas = 0, counted = 0, tokens = 0 }: Cost, factor: number): Cost {
  return { gas: gas * factor, counted: counted * factor, tokens: tokens * factor }
}

function formatCost({ gas = 0, counted = 0, tokens = 0 }: Cost, gwei: number): string {
  const price = Number(ASSUMED.weiPerTtx) / Number(ETHER)
  const ether = (gas * gwei + counted * Math.max(gwei, FLOOR_GWEI)) / 1e9 + tokens * price
  const digits = Math.max(0, 1 - Math.floor(Math.log10(ether)))
  return ether.toFixed(digits)
}

if (import.meta.main) await writeParts({ prices: priceTable() })
