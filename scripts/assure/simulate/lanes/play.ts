// Worlds in which one lane is full: of an attacker's entries, or of honest ones that all come at once.

import { DEFAULT_PARAMETERS } from '../../../../node/ethereum/deploying/parameters.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import { FREE_SECONDS, surchargeGas } from '../../../../node/protocol/lane-price.ts'
import type { Lane } from '../../../../node/protocol/queue.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { targetFloor } from '../../../../node/protocol/target.ts'
import { GWEI, toSeconds } from '../../../../node/protocol/units.ts'
import { Censor } from '../attacks/censor.ts'
import { LaneFlood, type Manner } from '../attacks/lane-flood.ts'
import { Account } from '../world/account.ts'
import { ASSUMED, ETHER, HOUR, ttx } from '../world/assumptions.ts'
import { weiOf } from '../world/content.ts'
import { GAS } from '../world/gas.ts'
import type { Entry } from '../world/lanes.ts'
import { Miner } from '../world/miner.ts'
import { type Strategy, World } from '../world/world.ts'

/**
 * What the flooder's hash rate does. `usual`: as the product. `grudging`: consumes what the rule demands and nothing else. `heavy`: the
 * same with twice the work in each block. `branch`: the same as `grudging` on a branch of its own against all others, `heavy branch` so too.
 */
type Mining = 'usual' | 'grudging' | 'heavy' | 'branch' | 'heavy branch'

export type Flood = {
  readonly lane: Lane
  readonly manner: Manner
  readonly hours: number
  readonly depth: number
  /** Of all hash rate, 0 to 1. */
  readonly share: number
  readonly mining: Mining
  /** Base fee. */
  readonly gwei: number
}

/** Gas is what the bridge asks for at its price, ether all together. */
export type FloodResult = Flood & {
  readonly blocksADay: number
  readonly entries: number
  /** Burned, at the floor price. */
  readonly surchargeGas: number
  readonly ether: {
    readonly gas: number
    /** What consumers were paid, by the lane's fee or by the 1%. */
    readonly fees: number
    readonly surcharge: number
    /** Of the fees, what came back to the flooder as a miner. */
    readonly back: number
  }
  /** Honest entries of that lane and time: how many, and how many of them waited for two blocks at least. */
  readonly honest: number
  readonly heldUp: number
  /** Hours from an honest entry to the block that consumes it. */
  readonly longestWait: number
  /** Gas at the floor price, of the next entry at the end of the flood. */
  readonly priceAtEnd: number
  /** Hours from the end until the next block takes all that waits, and until nothing is asked for. */
  readonly drained: number
  readonly free: number
}

export type Rush = { readonly lane: Lane; readonly users: number; readonly gwei: number }

export type RushResult = Rush & {
  /** Gas at the floor price. */
  readonly last: number
  readonly mean: number
  /** ETH, with the gas of the call. */
  readonly lastEther: number
  /** Hours until a block consumed the last of them. */
  readonly longestWait: number
  /** Hours until nothing is asked for; and what is asked for when the last one is consumed, gas at the floor price. */
  readonly free: number
  readonly priceThen: number
}

/** Hours in which a world finds its pace before anything happens. */
const BEFORE = 48
/** Hours after it, so that what was entered is final. */
const AFTER = 60
/** More than any flood costs. */
const RICH = 10n ** 9n * ETHER
const TOKENS = ttx(10_000_000)

const FLOOR = Number(DEFAULT_PARAMETERS.floorPrice) / 1e18

export function playFlood(flood: Flood, seed: number): FloodResult {
  const { lane: name, manner, hours, depth, share, gwei } = flood
  const world = worldOf(seed, gwei, share)
  if (share > 0) world.add(world.attacker, minerOf(world, flood))
  const [from, end] = [world.start + BEFORE * HOUR, world.start + (BEFORE + hours) * HOUR]
  world.add(world.attacker, new LaneFlood(world, { lane: name, manner, hours, depth, fromHour: BEFORE }))
  for (let time = from + HOUR / 2; time < end; time += HOUR) world.clock.at(time, () => enterOne(world, name))
  const lane = world.bridge.lanes[name]
  let atEnd = 0
  world.clock.at(end, () => {
    atEnd = Number(lane.level(world.now))
  })
  world.run(0, (BEFORE + hours + AFTER + (manner === 'burst' ? hours : 0)) / 24)

  const own = lane.entries.filter(({ by }) => by === world.attacker)
  const honest = lane.entries.filter(({ by, time }) => by !== world.attacker && time >= from && time < end)
  const waits = honest.map((entry) => waitOf(world, entry))
  const surcharge = sum(own.map((entry) => Number(entry.surcharge)))
  const isBack = ({ takenIn }: Entry) => {
    const block = takenIn === undefined ? undefined : world.bridge.finality[takenIn]
    return block?.paid === true && block.draft.miner === world.attacker
  }
  return {
    ...flood,
    blocksADay: blocksIn(world, from, end).length / (hours / 24),
    entries: own.length,
    surchargeGas: surcharge,
    ether: {
      gas: (own.length * Number(GAS.inBatch[name]) * gwei) / 1e9,
      fees: sum(own.map(paidFor)),
      surcharge: surcharge * FLOOR,
      back: sum(own.filter(isBack).map(paidFor)),
    },
    honest: honest.length,
    heldUp: waits.filter(({ blocks }) => blocks >= 2).length,
    longestWait: Math.max(0, ...waits.map(({ hours: each }) => each)),
    priceAtEnd: Number(surchargeGas(toSeconds(atEnd))),
    drained: drainedAfter(world, name, end),
    free: freeAfter(atEnd),
  }
}

export function playRush({ lane: name, users, gwei }: Rush, seed: number): RushResult {
  const world = worldOf(seed, gwei, 0)
  const from = world.start + BEFORE * HOUR
  const lane = world.bridge.lanes[name]
  const rush: Entry[] = []
  for (let i = 0; i < users; i++) {
    world.clock.at(from + (i * HOUR) / users, () => {
      enterOne(world, name)
      const entry = lane.entries.at(-1)
      if (entry) rush.push(entry)
    })
  }
  let level = 0
  world.clock.at(from + HOUR, () => {
    level = Number(lane.level(world.now))
  })
  world.run(0, (BEFORE + users / (LANE_SHARE / 2) + AFTER) / 24)
  const last = rush.at(-1)
  if (last === undefined) throw new RangeError('a rush is of one user at least')
  const surcharges = rush.map(({ surcharge }) => Number(surcharge))
  const { hours } = waitOf(world, last)
  const gas = Number(name === 'forced' ? GAS.force : GAS.deposit)
  return {
    lane: name,
    users,
    gwei,
    last: Number(last.surcharge),
    mean: sum(surcharges) / rush.length,
    lastEther: Number(last.surcharge) * FLOOR + (gas * gwei + Number(last.fee)) / 1e9,
    longestWait: hours,
    priceThen: Number(surchargeGas(toSeconds(Math.max(0, Math.round(level - hours * HOUR))))),
    free: freeAfter(level),
  }
}

function worldOf(seed: number, gwei: number, share: number): World {
  const world = new World(seed, RICH, { gwei })
  world.bridge.endow(world.users, TOKENS)
  world.bridge.endow(world.attacker, TOKENS)
  for (const [i, part] of ASSUMED.honestParts.entries()) {
    const account = new Account(`miner ${i + 1}`, RICH)
    world.miners.push(account)
    world.add(account, new Miner(world, account, part * (1 - share)))
  }
  return world
}

function minerOf(world: World, { share, mining }: Flood): Strategy {
  if (mining === 'branch' || mining === 'heavy branch')
    return new Censor(world, share, { grudging: true, heavy: mining === 'heavy branch' })
  const targetOf = (_: bigint, parent: bigint) => targetFloor(parent)
  const habits = mining === 'usual' ? {} : { taste: 'least' as const, ...(mining === 'heavy' ? { targetOf } : {}) }
  return new Miner(world, world.attacker, share, habits)
}

/** A user enters the lane, on their own. */
function enterOne(world: World, lane: Lane): void {
  if (lane === 'deposits') world.deposit(ttx(200))
  else if (lane === 'assets') world.enter(world.users)
  else world.force(ttx(200))
}

/** ETH, for whoever consumes it. */
function paidFor({ fee, gross }: Entry): number {
  return Number(fee * GWEI + weiOf(feeOf(gross))) / 1e18
}

function blocksIn({ bridge }: World, from: number, end: number): readonly { readonly publishedAt: number }[] {
  return bridge.finality.filter(({ publishedAt }) => publishedAt >= from && publishedAt < end)
}

/** Hours and blocks up to the one that consumed it, that one included; if none did, up to the end. */
function waitOf({ bridge, now }: World, { time, takenIn }: Entry): { readonly hours: number; readonly blocks: number } {
  const until = takenIn === undefined ? undefined : bridge.finality[takenIn]
  const blocks = bridge.finality.slice(0, takenIn === undefined ? undefined : takenIn + 1)
  return {
    hours: ((until?.publishedAt ?? now) - time) / HOUR,
    blocks: blocks.filter(({ publishedAt }) => publishedAt > time).length,
  }
}

/** Hours from `end` until no more waits than the next block takes. */
function drainedAfter({ bridge, now }: World, name: Lane, end: number): number {
  const { entries } = bridge.lanes[name]
  for (const { publishedAt, draft } of bridge.finality) {
    const waiting = entries.filter(({ time }) => time <= publishedAt).length - draft.counts[name]
    if (publishedAt >= end && waiting <= LANE_SHARE) return (publishedAt - end) / HOUR
  }
  return (now - end) / HOUR
}

/** Hours that a level takes down to where nothing is asked for. */
function freeAfter(level: number): number {
  return Math.max(0, level - Number(FREE_SECONDS)) / HOUR
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
