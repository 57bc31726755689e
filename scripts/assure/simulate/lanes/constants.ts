// Which constants the price of a lane has, and what others would do: a table of docs/economics.md.
//
// A model without chance: blocks come evenly, and a flooder refills the lane right after each. The simulation plays the same with chance.

import { DOUBLING_SECONDS, ENTRY_SECONDS, FREE_SECONDS } from '../../../../node/protocol/lane-price.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { markdown } from '../table.ts'

/** As node/protocol/lane-price.ts has them. */
export type Constants = { readonly entry: number; readonly free: number; readonly doubling: number }

export const CHOSEN: Constants = {
  entry: Number(ENTRY_SECONDS),
  free: Number(FREE_SECONDS),
  doubling: Number(DOUBLING_SECONDS),
}

/** Seconds, then entries of as many seconds. */
const OTHERS = [
  [100, 144, 405],
  [100, 256, 384],
  [72, 144, 450],
  [50, 144, 260],
  [120, 144, 450],
  [150, 192, 440],
  [180, 128, 470],
] as const

/** How often blocks come in the simulation: usually, and while a lane is full. Fewer come where gas is so dear that miners wait. */
const USUAL = 27
export const FLOODED = 30
/** For the 96 hours. */
const FEW = 14
const UNIT_GAS = 10_000
const HOUR = 3_600

/** Gas of a flood in which each entry of `hours` waits for two blocks at least, and the price of the next entry at its end. */
export function floodOf(
  constants: Constants,
  blocksADay: number,
  hours: number,
): { gas: number; price: number; entries: number } {
  const gap = (24 * HOUR) / blocksADay
  let level = 0
  let gas = 0
  let fills = 0
  const fill = () => {
    for (let i = 0; i < LANE_SHARE; i++) {
      gas += surcharge(constants, level)
      level += constants.entry
    }
    fills += 1
  }
  fill()
  for (let time = gap; time < hours * HOUR - 1; time += gap) {
    level = Math.max(0, level - gap)
    fill()
  }
  return { gas, price: surcharge(constants, Math.max(0, level - gap)), entries: fills * LANE_SHARE }
}

/** What as many users pay who come evenly in one hour, gas. */
export function rushOf(constants: Constants, users: number): { readonly last: number; readonly mean: number } {
  let level = 0
  let all = 0
  let last = 0
  for (let i = 0; i < users; i++) {
    last = surcharge(constants, level)
    all += last
    level = Math.max(0, level + constants.entry - HOUR / users)
  }
  return { last, mean: all / users }
}

/** Like `surchargeGas`, with any constants; exact for 20 doublings. */
export function surcharge({ free, doubling }: Constants, level: number): number {
  const above = Math.max(0, level - free)
  return (
    Math.floor((UNIT_GAS * (doubling + (above % doubling)) * 2 ** Math.floor(above / doubling)) / doubling) - UNIT_GAS
  )
}

/** The first line is what was to be reached. */
export function constantsTable(): string {
  const head = [
    'leak an hour',
    'free',
    'doubling',
    '24 hours',
    '48 hours',
    '96 hours',
    'an honest entry after 24 hours',
    'last of 2,000 in an hour',
    'forever without a price',
  ]
  const wanted = ['to reach', '', '', '500M', '30G', '4G', 'at most 700k', 'at most 160k', '']
  const others = OTHERS.map(([entry, free, doubling]) => ({ entry, free: entry * free, doubling: entry * doubling }))
  const lines = [CHOSEN, ...others].map((constants) => {
    const { entry, free, doubling } = constants
    const [usual, flooded] = [USUAL, FLOODED].map((blocks) => floodOf(constants, blocks, 24))
    const [two, more] = [USUAL, FLOODED].map((blocks) => floodOf(constants, blocks, 48))
    const range = (one = 0, other = 0) => `${formatGas(one)} to ${formatGas(other)}`
    return [
      `${(HOUR / entry).toFixed(0)}${constants === CHOSEN ? ' (chosen)' : ''}`,
      `${free / entry}`,
      `${doubling / entry}`,
      range(usual?.gas, flooded?.gas),
      range(two?.gas, more?.gas),
      formatGas(floodOf(constants, FEW, 96).gas),
      range(usual?.price, flooded?.price),
      formatGas(rushOf(constants, 2_000).last),
      `${((24 * HOUR) / entry).toLocaleString('en-US')} a day`,
    ]
  })
  return markdown(head, [wanted, ...lines])
}

/** Two digits, or three from ten of a unit on. */
export function formatGas(gas: number): string {
  const units = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
    [1, ''],
  ] as const
  const [size, name] = units.find(([unit]) => gas >= 0.9995 * unit) ?? [1, '']
  const value = gas / size
  return `${Number(value.toPrecision(value < 10 ? 2 : 3)).toLocaleString('en-US')}${name}`
}
