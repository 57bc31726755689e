// How Ethereum writes numbers, and how a transaction of TTX is named there.

import type { Address, Hash, Infohash } from '../../protocol/ids.ts'

const PADDING = '0'.repeat(24)

export const NO_BYTES = '0x'
export const ZERO = '0x0'

/** Without leading zeros. */
export function toQuantity(value: bigint | number): string {
  return `0x${value.toString(16)}`
}

/** 32 bytes. */
export function toWord(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}

/** 12 zero bytes ‖ infohash. */
export function hashOf(infohash: Infohash): Hash {
  return `0x${PADDING}${infohash}` as Hash
}

/** Undefined for the hash of something that is not a transaction of TTX. */
export function infohashIn(hash: Hash): Infohash | undefined {
  return hash.startsWith(`0x${PADDING}`) ? (hash.slice(26) as Infohash) : undefined
}

/** 12 zero bytes ‖ address, as in a topic. */
export function topicOf(address: Address): Hash {
  return `0x${PADDING}${address.slice(2)}` as Hash
}
