// Worlds with more or fewer users: what their blocks are, how long requests and payments wait for one, and what miners net.

import { GWEI } from '../../../../node/protocol/units.ts'
import { Account } from '../world/account.ts'
import { ASSUMED, ETHER, HOUR } from '../world/assumptions.ts'
import { weiOf } from '../world/content.ts'
import { feesOf } from '../world/danger.ts'
import type { Draft } from '../world/draft.ts'
import { Miner } from '../world/miner.ts'
import { World } from '../world/world.ts'
import { blockCost } from './blocks.ts'

export type Volume = {
  /** An hour. */
  readonly requests: number
  readonly payments: number
  /** Base fee. */
  readonly gwei: number
  readonly isCalldataOnly?: boolean
}

/** Hours from somebody's wish to the block that has it; `waiting`: the part that no block had when all others were final. */
export type Waits = { readonly median: number; readonly longest: number; readonly waiting: number }

export type VolumeResult = Volume & {
  readonly blocksADay: number
  /** Of all blocks, the part that is in blobs. */
  readonly inBlobs: number
  readonly requestWaits: Waits
  readonly paymentWaits: Waits
  /** A second. */
  readonly ordered: number
  /** Of all miners together, ETH a day: fees at their price, and those less gas. */
  readonly fees: number
  readonly net: number
}

/** Hours in which a world finds its pace, those that are looked at, and those in which what was asked for in them becomes final. */
const [BEFORE, HOURS, AFTER] = [36, 48, 36] as const
const RICH = 1_000_000n * ETHER

export function playVolume(volume: Volume, seed: number): VolumeResult {
  const { requests, payments, gwei, isCalldataOnly = false } = volume
  const world = new World(seed, RICH, { gwei, isCalldataOnly, traffic: { requests, payments } })
  for (const [i, part] of ASSUMED.honestParts.entries()) {
    const account = new Account(`miner ${i + 1}`, RICH)
    world.miners.push(account)
    world.add(account, new Miner(world, account, part))
  }
  world.run(0, (BEFORE + HOURS + AFTER) / 24)
  const [from, end] = [world.start + BEFORE * HOUR, world.start + (BEFORE + HOURS) * HOUR]
  const { finality } = world.bridge
  const blocks = finality.filter(({ publishedAt }) => publishedAt >= from && publishedAt < end)
  const days = HOURS / 24
  const fees = blocks.reduce((sum, { draft }) => sum + worthOf(world, draft), 0)
  const cost = blocks.reduce((sum, { draft: { rows, load } }) => sum + blockCost(rows, load, gwei), 0)
  const counts = finality.map(({ draft }) => draft.payments)
  const orderedBy = (time: number) => counts[finality.findLastIndex(({ publishedAt }) => publishedAt < time)] ?? 0
  return {
    ...volume,
    blocksADay: blocks.length / days,
    inBlobs: blocks.filter(({ draft }) => draft.rows === 'blobs').length / blocks.length,
    requestWaits: waitsOf(requestsOf(world, from, end)),
    paymentWaits: waitsOf(paymentsOf(world, payments, from, end)),
    ordered: (orderedBy(end) - orderedBy(from)) / (HOURS * HOUR),
    fees: fees / days,
    net: (fees - cost) / days,
  }
}

/** Hours, or `undefined` for what no final block has. */
function requestsOf({ requests, bridge }: World, from: number, end: number): (number | undefined)[] {
  const published = new Map(
    bridge.finality.flatMap(({ draft, publishedAt }) =>
      draft.requests.map((request) => [request, publishedAt] as const),
    ),
  )
  const made = requests.filter(({ madeAt }) => madeAt >= from && madeAt < end)
  return made.map((request) => {
    const at = published.get(request)
    return at === undefined ? undefined : (at - request.madeAt) / HOUR
  })
}

/** Of a thousand payments, which come evenly. */
function paymentsOf({ bridge, start }: World, anHour: number, from: number, end: number): (number | undefined)[] {
  return Array.from({ length: 1_000 }, (_, i) => {
    const time = from + ((end - from) * i) / 1_000
    const number = Math.floor((anHour * (time - start)) / HOUR)
    const block = bridge.finality.find(({ draft }) => draft.payments > number)
    return block && (block.publishedAt - time) / HOUR
  })
}

function waitsOf(hours: readonly (number | undefined)[]): Waits {
  const known = hours.filter((each) => each !== undefined).toSorted((a, b) => a - b)
  return {
    median: known[known.length >> 1] ?? 0,
    longest: known.at(-1) ?? 0,
    waiting: (hours.length - known.length) / Math.max(1, hours.length),
  }
}

/** ETH. */
function worthOf(world: World, draft: Draft): number {
  const { fee, queueFees } = feesOf(world, draft)
  return Number(weiOf(fee) + queueFees * GWEI) / 1e18
}
