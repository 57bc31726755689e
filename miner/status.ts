// What a miner says about itself: a snapshot for people and, through JSON, for programs.

import type { Address, Hash } from '../node/protocol/ids.ts'

/**
 * `starting`: nothing seen yet. `resting`: nothing is worth a block now. `mining`: searching. `holding`: a block is found, but not worth its gas
 * now. `publishing`: a block is on its way to Ethereum. `blocked`: see `problem`.
 */
export type MinerState = 'starting' | 'resting' | 'mining' | 'holding' | 'publishing' | 'blocked' | 'stopped'

/** The block that is being searched for, or would be. */
export type WorkStatus = {
  readonly parent: Hash
  /** Of the block on top of `parent`. */
  readonly height: bigint
  readonly target: bigint
  readonly steps: number
  readonly requests: number
  readonly queueEntries: number
  /** At the present hash rate; absent without one. */
  readonly expectedSeconds?: number
  /** What finality would pay: base units of wTTX, and wei for forced transactions. */
  readonly fee: bigint
  readonly queueFees: bigint
  /** What both are worth at the configured price; absent without a price. Wei. */
  readonly worth?: bigint
  /** Publication and finalization at present prices, wei. */
  readonly cost: bigint
}

export type MinerStatus = {
  readonly state: MinerState
  readonly account: Address
  readonly payout: Address
  /** In plain words: why it does what it does, and above all why it does not publish. */
  readonly reason: string
  /** What keeps it from working, and what to do. */
  readonly problem?: string
  /** Per second, over the last seconds. */
  readonly hashRate: number
  readonly hashes: bigint
  readonly threads: number
  readonly work?: WorkStatus
  /** Own blocks by what became of them; `lost` were found but never published, or died. */
  readonly blocks: {
    readonly found: number
    readonly published: number
    readonly final: number
    readonly lost: number
  }
  /** wTTX of own final blocks, base units. */
  readonly earned: bigint
  /** wTTX of own blocks that are published and not final, base units. */
  readonly pending: bigint
  /** Wei that lie in the bridge for own blocks: bonds, and what `withdraw` would send. */
  readonly bonds: bigint
  readonly owed: bigint
  /** Wei. */
  readonly balance?: bigint
}

export type RelayerStatus = {
  readonly account: Address
  readonly reason: string
  readonly problem?: string
  /** Requests paid by this relayer since it started, and base units of wTTX in them. */
  readonly claimed: number
  readonly paid: bigint
  /** Requests that wait to be paid now. */
  readonly waiting: number
}
