// The queue of the bridge in the simulation: three lanes, what an entry of each pays, and what a block may and must consume of them.

import { emptyAfter, levelAt, surchargeGas } from '../../../../node/protocol/lane-price.ts'
import { LANE_SHARE, QUEUE_GRACE } from '../../../../node/protocol/rules.ts'
import { type Seconds, type Time, toTime } from '../../../../node/protocol/units.ts'
import type { Account } from './account.ts'
import type { LaneCounts, Request } from './draft.ts'

export const NO_ENTRIES: LaneCounts = { deposits: 0, assets: 0, forced: 0 }

/** `gross`: TTX that it deposits, base units; `request`: of a forced transaction that is not void. */
export type Entry = {
  readonly time: number
  readonly by: Account
  /** For the miner who consumes it, gwei. */
  readonly fee: bigint
  /** What was burned for it, gas at the floor price. */
  readonly surcharge: bigint
  readonly gross: bigint
  readonly request?: Request
  /** The final block that consumed it: its number in `finality`. */
  takenIn?: number
}

export class LaneQueue {
  readonly entries: Entry[] = []
  #emptyAt: Time = toTime(0n)

  level(now: number): Seconds {
    return levelAt(this.#emptyAt, toTime(now))
  }

  /** Gas at the floor price, of the next entry. */
  surcharge(now: number): bigint {
    return surchargeGas(this.level(now))
  }

  /** At the price that `surcharge` says. */
  add(entry: Omit<Entry, 'surcharge'>): Entry {
    const added = { ...entry, surcharge: this.surcharge(entry.time) }
    this.#emptyAt = emptyAfter(this.#emptyAt, toTime(entry.time), 1n)
    this.entries.push(added)
    return added
  }

  /** The most that a block on one with this count can consume. */
  most(from: number): number {
    return Math.min(this.entries.length, from + LANE_SHARE)
  }

  /** The least that it has to consume when published at `time`. */
  least(from: number, time: number): number {
    const most = this.most(from)
    const young = this.entries.slice(from, most).findIndex((entry) => entry.time + Number(QUEUE_GRACE) > time)
    return young < 0 ? most : from + young
  }
}

/** What a deposit of another asset than TTX pays to the miner who consumes it, gas. */
export const ASSET_FEE_GAS = 10_000n
