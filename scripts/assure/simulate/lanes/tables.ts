// Floods and rushes of the lanes: tables of docs/economics.md, each figure the median of some worlds.

import type { Lane } from '../../../../node/protocol/queue.ts'
import { markdown } from '../table.ts'
import { formatGas } from './constants.ts'
import { type Flood, type FloodResult, type Mining, playFlood, playRush, type RushResult } from './play.ts'

const GWEIS = [0.05, 1, 10, 50] as const
const HOURS = [24, 48, 96] as const
/** Worlds for each figure. */
const SEEDS = 5

type Miners = { readonly share: number; readonly mining: Mining; readonly name: string }
const NOBODY: Miners = { share: 0, mining: 'usual', name: 'none' }
const GRUDGING: Miners = { share: 0.75, mining: 'grudging', name: '75%, grudging' }
const MINERS: readonly Miners[] = [
  NOBODY,
  { share: 0.33, mining: 'usual', name: '33%' },
  { share: 0.33, mining: 'grudging', name: '33%, grudging' },
  { share: 0.75, mining: 'usual', name: '75%' },
  GRUDGING,
  { share: 0.75, mining: 'heavy', name: '75%, heavy' },
  { share: 0.75, mining: 'branch', name: '75%, branch' },
  { share: 0.75, mining: 'heavy branch', name: '75%, heavy branch' },
]

/** A lane that is refilled right after each block, at four base fees. */
export function floodTable(seed: number, say: (text: string) => void): string {
  const head = [
    'lane',
    'hours',
    'flooder mines',
    'blocks a day',
    'entries',
    'surcharge, gas',
    ...GWEIS.map((gwei) => `ETH at ${gwei}`),
    'held up',
    'longest, hours',
    'an honest entry then, gas',
    'drained, hours',
    'free, hours',
  ]
  const wanted = (['deposits', 'assets', 'forced'] as const).flatMap((lane) =>
    (lane === 'deposits' ? MINERS : [NOBODY, GRUDGING]).flatMap((miners) =>
      HOURS.map((hours) => ({ lane, hours, miners })),
    ),
  )
  const lines = wanted.map(({ lane, hours, miners }) => {
    say(`flood of ${lane}, ${hours} hours, ${miners.name}`)
    const all = GWEIS.map((gwei) => worldsOf({ ...FLOOD, lane, hours, gwei, ...partOf(miners) }, seed))
    const some = all.flat()
    return [
      lane,
      `${hours}`,
      miners.name,
      medianOf(some, ({ blocksADay }) => blocksADay).toFixed(0),
      medianOf(some, ({ entries }) => entries).toFixed(0),
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

/** A day of deposits at 1 gwei, in other ways: evenly, all at once, deeper. */
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
  const ways: readonly (readonly [string, Partial<Flood>])[] = [
    ['refilled after each block, one block in front', {}],
    ['the same number each hour', { manner: 'even' }],
    ['all at once', { manner: 'burst' }],
    ['refilled, 2 blocks in front', { depth: 2 }],
    ['refilled, 6 blocks in front', { depth: 6 }],
    ['refilled, 12 blocks in front', { depth: 12 }],
    ['refilled, 24 blocks in front', { depth: 24 }],
    ['refilled, 6 blocks in front, 75% grudging', { depth: 6, ...partOf(GRUDGING) }],
    ['refilled, 24 blocks in front, 75% grudging', { depth: 24, ...partOf(GRUDGING) }],
  ]
  const lines = ways.map(([name, part]) => {
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
    'users in an hour',
    'last pays, gas',
    'mean, gas',
    ...GWEIS.map((gwei) => `last pays at ${gwei}, ETH`),
    'last waits, hours',
    'price then, gas',
    'free, hours',
  ]
  const lines = [500, 1_000, 2_000].map((users) => {
    say(`rush of ${users}`)
    const all = GWEIS.map((gwei) => seedsOf(seed).map((each) => playRush({ lane: 'deposits', users, gwei }, each)))
    const some = all.flat()
    const mid = (of: (result: RushResult) => number) => medianOf(some, of)
    return [
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
  lane: 'deposits' satisfies Lane,
  manner: 'pace',
  hours: 24,
  depth: 1,
  share: 0,
  mining: 'usual',
  gwei: 1,
}

function partOf({ share, mining }: Miners): Pick<Flood, 'share' | 'mining'> {
  return { share, mining }
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
