// A block as the simulation knows it, and what may be in it.

import type { Load } from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import type { Lane } from '../../../../node/protocol/queue.ts'
import type { Account } from './account.ts'

/** How many entries of each lane a block and its ancestors consume. */
export type LaneCounts = Readonly<Record<Lane, number>>

/** Somebody wants `amount` (base units) of TTX as wTTX. Times in seconds. */
export type Request = {
  readonly id: number
  readonly madeAt: number
  readonly amount: bigint
  readonly owner: Account
  /** When the block that holds it became final. */
  paidAt?: number
}

/** A block whose work is done, published or not. */
export type Draft = {
  readonly id: Hash
  readonly parent: Hash
  readonly height: bigint
  readonly target: bigint
  readonly counts: LaneCounts
  readonly requests: readonly Request[]
  /** Whether a replay finds it right. */
  readonly valid: boolean
  readonly miner: Account
  /** It exists only to be refuted, or beaten, by its own author. */
  readonly deal: boolean
  /** Where it is posted, and all that is in it. */
  readonly rows: Rows
  readonly load: Load
  /** Payments that it and its ancestors order. */
  readonly payments: number
}
