// What attacks cost at several base fees, from the rules and the measured gas: a table of docs/economics.md.

import { gasFigures } from '../../../deployments/gas.ts'
import { BOND_GAS, forceFee } from '../../../node/ethereum/calls.ts'
import { DEFAULT_PARAMETERS } from '../../../node/ethereum/deploying/parameters.ts'
import type { Lane } from '../../../node/protocol/queue.ts'
import { GWEI, toGasPrice } from '../../../node/protocol/units.ts'
import { CHOSEN, FLOODED, floodOf } from './lanes/constants.ts'
import { GWEIS, markdown } from './table.ts'
import { BLOCKS_A_DAY, bondAt } from './traffic/blocks.ts'
import { ASSUMED, ETHER } from './world/assumptions.ts'
import { GAS } from './world/gas.ts'
import { ASSET_FEE_GAS } from './world/lanes.ts'

/** What the bridge counts at least, gwei. */
const FLOOR_GWEI = Number(DEFAULT_PARAMETERS.floorPrice) / 1e9
/** Of `minDeposit` in an ordinary network, TTX. */
const DEPOSIT = 1

/** `gas` at the base fee; `counted` by the bridge, at its floor if that is higher; `floor` always at its floor; `tokens` in TTX; bonds of `rivals`. */
type Cost = { readonly [what in 'gas' | 'counted' | 'floor' | 'tokens' | 'rivals']?: number }
/** Two costs are a range. */
type Row = { readonly what: string; readonly costs: readonly Cost[] }

/** ETH, rounded to two digits; what is paid in TTX at the price that the simulation assumes. */
export function priceTable(): string {
  const head = ['ETH at a base fee of', ...GWEIS.map((gwei) => `${gwei} gwei`)]
  return markdown(
    head,
    rows().map(({ what, costs }) => [
      what,
      ...GWEIS.map((gwei) => [...new Set(costs.map((cost) => formatCost(cost, gwei)))].join(' to ')),
    ]),
  )
}

function rows(): Row[] {
  const gas = gasFigures
  const bond = Number(BOND_GAS)
  const rival = { rivals: 1, gas: gas['publish, second sibling'] }
  const wrong = gas['publish, 1 steps of 2 inputs']
  return [
    { what: 'bond of a block, which comes back after 48 hours', costs: [{ counted: bond }] },
    { what: 'bond of a rival, which is lost', costs: [{ rivals: 1 }] },
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
    { what: 'a flood of the deposits for 24 hours', costs: [floodCost('deposits', 24)] },
    { what: 'a flood of the deposits of other assets for 24 hours', costs: [floodCost('assets', 24)] },
    { what: 'a flood of the forced transactions for 24 hours', costs: [floodCost('forced', 24)] },
    { what: 'the same for 48 hours', costs: [floodCost('forced', 48)] },
  ]
}

/** With a block in front of each entry of others, refilled after each block. */
function floodCost(lane: Lane, hours: number): Cost {
  const { gas, entries } = floodOf(CHOSEN, FLOODED, hours)
  const fee = {
    deposits: 0n,
    assets: ASSET_FEE_GAS,
    forced: forceFee(ASSUMED.forcedBytes.least, toGasPrice(GWEI)) / GWEI,
  }[lane]
  return {
    gas: entries * Number(GAS.inBatch[lane]),
    counted: entries * Number(fee),
    floor: gas,
    tokens: lane === 'deposits' ? (entries * DEPOSIT) / 100 : 0,
  }
}

function times({ gas = 0, rivals = 0 }: Cost, factor: number): Cost {
  return { gas: gas * factor, rivals: rivals * factor }
}

function formatCost({ gas = 0, counted = 0, floor = 0, tokens = 0, rivals = 0 }: Cost, gwei: number): string {
  const price = Number(ASSUMED.weiPerTtx) / Number(ETHER)
  const counts = (gas * gwei + counted * Math.max(gwei, FLOOR_GWEI) + floor * FLOOR_GWEI) / 1e9
  const ether = counts + rivals * bondAt(gwei, true) + tokens * price
  const digits = Math.max(0, 1 - Math.floor(Math.log10(ether)))
  return ether.toFixed(digits)
}
