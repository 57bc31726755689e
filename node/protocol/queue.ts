// Ethereum's queue of deposits and forced transactions, which every branch must carry.

import { concat, encodeUint } from './bytes.ts'
import { netOf } from './fee.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toBytes, toHash } from './ids.ts'
import type { Rules } from './rules.ts'
import type { DepositTransaction } from './transaction.ts'
import type { Gwei } from './units.ts'

/** wTTX was burned. `gross` is base units before the fee. */
export type DepositEntry = { readonly kind: 'deposit'; readonly gross: bigint; readonly to: Address }
/** A packed transaction was forced. `fee` is for the miner that consumes it. */
export type ForcedEntry = { readonly kind: 'forced'; readonly fee: Gwei; readonly packed: Uint8Array }
export type QueueEntry = DepositEntry | ForcedEntry

export function entryHash(entry: QueueEntry): Hash {
  if (entry.kind === 'forced') return forcedHash(entry.fee, keccak(entry.packed))
  return toHash(keccak(concat(Uint8Array.of(1), encodeUint(entry.gross, 16), toBytes(entry.to))))
}

/** The entry hash of a forced transaction when only its Keccak-256 is known. */
export function forcedHash(fee: Gwei, packedHash: Uint8Array): Hash {
  return toHash(keccak(concat(Uint8Array.of(2), encodeUint(fee, 8), packedHash)))
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
    tokens: netOf(entry.gross),
  }
}
