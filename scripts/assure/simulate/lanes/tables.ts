// Floods and rushes of the lanes: tables of docs/economics.md, each figure the median of some worlds.

import { LANES } from '../../../../node/protocol/queue.ts'
import { GWEIS, markdown } from '../table.ts'
import { formatGas } from './constants.ts'
import { type Flood, type FloodResult, playFlood, playRush, type RushResult } from './play.ts'

const FLOODERS = [
  { manner: 'pace', hours: 24 },
  { manner: 'pace', hours: 48 },
  { manner: 'burst', hours: 24 },
] as const
/** Worlds for each figure. */
const SEEDS = 3

type Way = { readonly name: string } & Partial<Flood>
const NOBODY = { name: 'none', share: 0, mining: 'usual' } as const
const GRUDGING = { name: '75%', share: 0.75, mining: 'grudging' } as const
const MINERS: readonly Way[] = [NOBODY, { name: '33%', share: 0.33, mining: 'grudging' }, GRUDGING]

/** Each lane, full for a day or two: by somebody who refills it after each block, and by somebody who enters a day of it at once. */
export function floodTable(seed: number, say: (text: string) => void): string {
  const head = [
    'lane',
    'flooder',
    'mines',
    'hours',
    'surcharge, gas',
    ...GWEIS.map((gwei) => `ETH at ${gwei}`),
    'held up',
    'longest, hours',
    'an honest entry then, gas',
    'drained, hours',
    'free, hours',
  ]
  const wanted = LANES.flatMap((lane) =>
    FLOODERS.flatMap(({ manner, hours }) => MINERS.map((miners) => ({ lane, manner, hours, miners }))),
  )
  const lines = wanted.map(({ lane, manner, hours, miners: { name, ...part } }) => {
    const flooder = manner === 'pace' ? 'patient' : 'impatient'
    say(`flood of ${lane}, ${flooder}, ${hours} hours, ${name}`)
    const all = GWEIS.map((gwei) => worldsOf({ ...FLOOD, lane, manner, hours, gwei, ...part }, seed))
    const some = all.flat()
    return [
      lane,
      flooder,
      name,
      `${hours}`,
      formatGas(medianOf(some, ({ surchargeGas }) => surchargeGas)),
      ...all.map((worlds) => formatEther(medianOf(worlds, etherOf))),
      heldUp(some),
      medianOf(some, ({ longestWait }) => longestWait).toFixed(1),
      formatGas(medianOf(some, ({ priceAtEnd }) => priceAtEnd)),
      medianOf(some, ({ drained }) => drained).toFixed(0),
      medianOf(some, ({ free }) => free).toFixed(0),
    ]
  })
  return markdown(head, lines)
}

/** Deposits at 1 gwei, in other ways: evenly, deeper, longer, and with other uses of hash rate. */
export function mannerTable(seed: number, say: (text: string) => void): string {
  const head = [
    'how',
    'entries',
    'surcharge, gas',
    'ETH at 1 gwei',
    'held up',
    'longest, hours',
    'an honest entry then, gas',
  ]
  const ways: readonly Way[] = [
    { name: 'refilled after each block, one block in front' },
    { name: 'the same number each hour', manner: 'even' },
    { name: 'refilled, 2 blocks in front', depth: 2 },
    { name: 'refilled, 6 blocks in front', depth: 6 },
    { name: 'refilled, 12 blocks in front', depth: 12 },
    { name: 'refilled, 24 blocks in front', depth: 24 },
    { ...GRUDGING, name: 'refilled, 6 blocks in front, 75%', depth: 6 },
    { ...GRUDGING, name: 'refilled, 24 blocks in front, 75%', depth: 24 },
    { name: '75% that mines as the product', share: 0.75 },
    { name: '75%, heavy', share: 0.75, mining: 'heavy' },
    { name: '75%, branch', share: 0.75, mining: 'branch' },
    { name: '75%, heavy branch', share: 0.75, mining: 'heavy branch' },
    { name: 'four days', hours: 96 },
    { ...GRUDGING, name: 'four days, 75%', hours: 96 },
    { name: 'four days, 75%, heavy branch', hours: 96, share: 0.75, mining: 'heavy branch' },
  ]
  const lines = ways.map(({ name, ...part }) => {
    say(`flood: ${name}`)
    const worlds = worldsOf({ ...FLOOD, ...part }, seed)
    return [
      name,
      medianOf(worlds, ({ entries }) => entries).toFixed(0),
      formatGas(medianOf(worlds, ({ surchargeGas }) => surchargeGas)),
      formatEther(medianOf(worlds, etherOf)),
      heldUp(worlds),
      medianOf(worlds, ({ longestWait }) => longestWait).toFixed(1),
      formatGas(medianOf(worlds, ({ priceAtEnd }) => priceAtEnd)),
    ]
  })
  return markdown(head, lines)
}

/** Honest users, all in one hour. */
export function rushTable(seed: number, say: (text: string) => void): string {
  const head = [
    'lane',
    'users in an hour',
    'last pays, gas',
    'mean, gas',
    ...GWEIS.map((gwei) => `last pays at ${gwei}, ETH`),
    'last waits, hours',
    'price then, gas',
    'free, hours',
  ]
  const wanted = LANES.flatMap((lane) =>
    (lane === 'deposits' ? [500, 1_000, 2_000] : [2_000]).map((users) => ({ lane, users })),
  )
  const lines = wanted.map(({ lane, users }) => {
    say(`rush of ${users} into ${lane}`)
    const all = GWEIS.map((gwei) => seedsOf(seed).map((each) => playRush({ lane, users, gwei }, each)))
    const some = all.flat()
    const mid = (of: (result: RushResult) => number) => medianOf(some, of)
    return [
      lane,
      `${users}`,
      formatGas(mid(({ last }) => last)),
      formatGas(mid(({ mean }) => mean)),
      ...all.map((worlds) => formatEther(medianOf(worlds, ({ lastEther }) => lastEther))),
      mid(({ longestWait }) => longestWait).toFixed(1),
      formatGas(mid(({ priceThen }) => priceThen)),
      mid(({ free }) => free).toFixed(0),
    ]
  })
  return markdown(head, lines)
}

const FLOOD: Flood = {
  lane: 'deposits',
  manner: 'pace',
  hours: 24,
  depth: 1,
  share: 0,
  mining: 'usual',
  gwei: 1,
}

function worldsOf(flood: Flood, seed: number): FloodResult[] {
  return seedsOf(seed).map((each) => playFlood(flood, each))
}

function seedsOf(seed: number): number[] {
  return Array.from({ length: SEEDS }, (_, i) => SEEDS * (seed - 1) + i + 1)
}

/** What it costs all together, less what comes back to the flooder as a miner. */
function etherOf({ ether: { gas, fees, surcharge, back } }: FloodResult): number {
  return gas + fees + surcharge - back
}

function heldUp(results: readonly FloodResult[]): string {
  const [held, all] = [
    results.reduce((sum, each) => sum + each.heldUp, 0),
    results.reduce((sum, each) => sum + each.honest, 0),
  ]
  return held === all ? '100%' : `${(Math.floor((1_000 * held) / all) / 10).toFixed(1)}%`
}

function medianOf<Result>(results: readonly Result[], of: (result: Result) => number): number {
  const sorted = results.map(of).toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

/** Two digits. */
function formatEther(ether: number): string {
  return ether < 1 ? ether.toPrecision(2) : Number(ether.toPrecision(2)).toLocaleString('en-US')
}
