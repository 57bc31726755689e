// A block as the simulation knows it, and what may be in it.

import type { Hash } from '../../../../node/protocol/ids.ts'
import type { Account } from './account.ts'

/** Somebody wants `amount` (base units) of TTX as wTTX. Times in seconds. */
export type Request = {
  readonly id: number
  readonly madeAt: number
  readonly amount: bigint
  readonly owner: Account
  /** When the block that holds it became final. */
  paidAt?: number
}

/** An entry of Ethereum's queue; `void` is a forced transaction that is worth nothing. `fee` in gwei. */
export type Entry =
  | { readonly kind: 'deposit'; readonly time: number; readonly gross: bigint; creditedAt?: number }
  | { readonly kind: 'forced'; readonly time: number; readonly fee: bigint; readonly request: Request }
  | { readonly kind: 'void'; readonly time: number; readonly fee: bigint }

/** A block whose work is done, published or not. */
export type Draft = {
  readonly id: Hash
  readonly parent: Hash
  readonly height: bigint
  readonly target: bigint
  /** Entries of the queue that it and its ancestors consume. */
  readonly queueCount: number
  readonly requests: readonly Request[]
  /** Whether a replay finds it right. */
  readonly valid: boolean
  readonly miner: Account
  /** It exists only to be refuted, or beaten, by its own author. */
  readonly deal: boolean
  /** Steps. */
  readonly size: number
}
