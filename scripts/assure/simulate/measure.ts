// Runs one scenario and measures it: delays, money, races.

import { feeOf } from '../../../node/protocol/fee.ts'
import type { Kind } from './attacks/kinds.ts'
import { Account } from './world/account.ts'
import { ASSUMED, DAY, ETHER, HOUR } from './world/assumptions.ts'
import { weiOf } from './world/content.ts'
import { Miner } from './world/miner.ts'
import { World } from './world/world.ts'

export type Scenario = {
  readonly kind: Kind
  /** Of all hash rate, 0 to 1. */
  readonly share: number
  /** Whole ether. */
  readonly budget: number
  /** How many are published until it ends. */
  readonly blocks: number
  /** A base fee that never changes; what is left out is as the simulation assumes it. */
  readonly gwei?: number
}

/** Hours. `waiting`: how many were not paid at the end, though made 80 hours before or earlier; their ages count for `longest`. */
export type Delays = {
  readonly count: number
  readonly median: number
  readonly late: number
  readonly longest: number
  readonly waiting: number
  /** In ascending order, at most 200 of them, spread evenly. */
  readonly sample: readonly number[]
}

export type Measured = {
  readonly name: string
  readonly share: number
  readonly budget: number
  readonly gwei: number | undefined
  readonly days: number
  readonly published: number
  /** ETH, and the fees in TTX. `net`: all that the attacker gained, fees at their price, less all that it paid. */
  readonly attacker: {
    readonly gas: number
    readonly burned: number
    readonly rewards: number
    readonly fees: number
    readonly spam: number
    readonly net: number
    readonly dealt: number
  }
  /** Honest miners, watchers and the relayer: ETH without fees, and fees in TTX. */
  readonly others: { readonly ether: number; readonly fees: number }
  readonly plain: Delays
  readonly forced: Delays
  readonly deposits: Delays
  /** Counts: final blocks; those with live siblings; the attacker's rivals; of its own those that displaced; that earned nothing. */
  readonly races: {
    readonly final: number
    readonly raced: number
    readonly rivals: number
    readonly displaced: number
    readonly unpaid: number
  }
  readonly refuted: number
}

/** Requests made later than this long before the end are not looked at: they had no time. Hours. */
const TAIL_HOURS = 80
/** However many blocks an attacker publishes: delays need some days. */
const LEAST_DAYS = 8
const RICH = 1_000_000n * ETHER

export function measure(scenario: Scenario, seed: number): Measured {
  const { kind, share, budget, gwei } = scenario
  const world = play(scenario, seed)
  const { bridge, attacker, now } = world
  const held = [...bridge.bonds.values()]
  const heldBy = (account: Account, deal?: boolean) =>
    held
      .filter(({ draft }) => draft.miner === account && (deal === undefined || draft.deal === deal))
      .reduce((sum, { wei }) => sum + wei, 0n)
  const honest = [...world.miners, world.watchers, world.relayer]
  const { paid, received } = spamFees(world)
  const net = attacker.wei - BigInt(budget) * ETHER + heldBy(attacker) + weiOf(attacker.fees) - weiOf(paid)
  const drafts = [...bridge.drafts.values()]
  const rivals = drafts.filter(({ id, miner }) => miner === attacker && bridge.model.find(id)?.rival)
  return {
    name: kind.name,
    share,
    budget,
    gwei,
    days: (now - world.start) / DAY,
    published: bridge.published,
    attacker: {
      gas: -ether(attacker.flows.gas + attacker.flows.entry + attacker.flows.surcharge),
      burned: -ether(attacker.flows.bond + attacker.flows.bondBack + attacker.flows.reward + heldBy(attacker)),
      rewards: ether(attacker.flows.entryFee),
      fees: ether(attacker.fees),
      spam: ether(paid),
      net: ether(net),
      dealt: ether(attacker.dealt + heldBy(attacker, true) + weiOf(received) - weiOf(paid)),
    },
    others: {
      ether: honest.reduce((sum, account) => sum + ether(account.wei - RICH + heldBy(account)), 0),
      fees: world.miners.reduce((sum, account) => sum + ether(account.fees), 0),
    },
    plain: delaysOf(
      world.requests.map(({ madeAt, paidAt }) => [madeAt, paidAt]),
      now,
    ),
    forced: delaysOf(
      world.forced.map(({ madeAt, paidAt }) => [madeAt, paidAt]),
      now,
    ),
    deposits: delaysOf(
      bridge.lanes.deposits.entries
        .filter(({ by }) => by !== world.attacker)
        .map(({ time, takenIn }) => [time, takenIn === undefined ? undefined : bridge.finality[takenIn]?.finalAt]),
      now,
    ),
    races: {
      final: bridge.finality.length,
      raced: bridge.finality.filter(({ raced }) => raced).length,
      rivals: rivals.length,
      displaced: bridge.finality.filter(({ displaced, draft }) => displaced && draft.miner === attacker).length,
      unpaid: bridge.finality.filter(({ paid: isPaid }) => !isPaid).length,
    },
    refuted: bridge.model.blocks.filter(({ refuted }) => refuted).length,
  }
}

/** A world with this attack in it, run to its end. */
export function play({ kind, share, budget, blocks, gwei }: Scenario, seed: number): World {
  const world = new World(seed, BigInt(budget) * ETHER, { isQuiet: kind.isQuiet === true, gwei })
  const hash = kind.needs === 'hash rate' ? share : 0
  for (const [i, part] of ASSUMED.honestParts.entries()) {
    const account = new Account(`miner ${i + 1}`, RICH)
    world.miners.push(account)
    world.add(account, new Miner(world, account, part * (1 - hash)))
  }
  for (const strategy of kind.make(world, hash)) world.add(world.attacker, strategy)
  world.run(blocks, LEAST_DAYS)
  return world
}

export function delaysOf(times: readonly (readonly [number, number | undefined])[], end: number): Delays {
  const counted = times.filter(([made]) => made <= end - TAIL_HOURS * HOUR)
  const waiting = counted.filter(([, done]) => done === undefined).length
  const hours = counted.map(([made, done]) => ((done ?? end) - made) / HOUR).toSorted((a, b) => a - b)
  const at = (part: number) => hours[Math.min(hours.length - 1, Math.floor(part * hours.length))] ?? 0
  const size = Math.min(200, hours.length)
  const sample = Array.from({ length: size }, (_, i) => at((i + 0.5) / size))
  return { count: hours.length, median: at(0.5), late: at(0.95), longest: hours.at(-1) ?? 0, waiting, sample }
}

/** What finality took of the attacker's own requests, and how much of that came back to it as a miner; base units. */
function spamFees({ bridge, attacker }: World): { paid: bigint; received: bigint } {
  let [paid, received] = [0n, 0n]
  for (const { draft, paid: isPaid } of bridge.finality) {
    const fee = draft.requests.reduce((sum, { owner, amount }) => sum + (owner === attacker ? feeOf(amount) : 0n), 0n)
    paid += fee
    if (isPaid && draft.miner === attacker) received += fee
  }
  return { paid, received }
}

function ether(wei: bigint): number {
  return Number(wei) / 1e18
}
