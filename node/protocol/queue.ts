// Ethereum's queue of deposits and forced transactions, which every branch must carry.

import { concat, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toBytes, toHash } from './ids.ts'
import type { Rules } from './rules.ts'
import type { DepositTransaction } from './transaction.ts'

/** wTTX was burned. `gross` is base units before the miner's 1% fee. */
export type DepositEntry = { readonly kind: 'deposit'; readonly gross: bigint; readonly to: Address }
/** A packed transaction was forced. `fee` is gwei for the miner that consumes it. */
export type ForcedEntry = { readonly kind: 'forced'; readonly fee: bigint; readonly packed: Uint8Array }
export type QueueEntry = DepositEntry | ForcedEntry

/** One percent, rounded down: the miner's part of a request or a deposit, base units. */
export function minerPart(amount: bigint): bigint {
  return amount / 100n
}

export function entryHash(entry: QueueEntry): Hash {
  return toHash(
    keccak(
      entry.kind === 'deposit'
        ? concat(Uint8Array.of(1), encodeUint(entry.gross, 16), toBytes(entry.to))
        : concat(Uint8Array.of(2), encodeUint(entry.fee, 8), keccak(entry.packed)),
    ),
  )
}

/** Running hash after one more entry: 27 bytes of Keccak-256, then 5 zero bytes. */
export function nextQueueHash(queueHash: Hash, entry: Hash): Hash {
  return toHash(keccak(concat(toBytes(queueHash), toBytes(entry))).fill(0, 27))
}

/** The transaction into which queue entry `index` turns. */
export function depositTransaction(rules: Rules, index: bigint, entry: DepositEntry): DepositTransaction {
  return {
    kind: 'deposit',
    deposit: { bridge: rules.bridge, chain: rules.chain, index },
    to: entry.to,
    tokens: entry.gross - minerPart(entry.gross),
  }
}
