// Names of things, as branded lower-case hex text: addresses, infohashes, 32-byte hashes.

import { formatHex, parseHex } from './bytes.ts'
import { keccak } from './hash.ts'
import { RuleError } from './rule-error.ts'

/** 20 bytes, `0x` and 40 lower-case hex digits. */
export type Address = `0x${string}` & { readonly brand: 'Address' }
/** 20 bytes, 40 lower-case hex digits without `0x`, as BitTorrent writes it. */
export type Infohash = string & { readonly brand: 'Infohash' }
/** 32 bytes, `0x` and 64 lower-case hex digits: block ids, state roots, Keccak digests. */
export type Hash = `0x${string}` & { readonly brand: 'Hash' }

export const ZERO_ADDRESS = `0x${'0'.repeat(40)}` as Address
export const ZERO_HASH = `0x${'0'.repeat(64)}` as Hash

export function isAddress(text: unknown): text is Address {
  return typeof text === 'string' && /^0x[0-9a-f]{40}$/.test(text)
}

export function isInfohash(text: unknown): text is Infohash {
  return typeof text === 'string' && /^[0-9a-f]{40}$/.test(text)
}

export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text)
}

/** Accepts either case (EIP-55 sums are not checked here). Throws `RuleError('bad-address')`. */
export function parseAddress(text: string): Address {
  const lower = text.toLowerCase()
  if (isAddress(lower)) return lower
  throw new RuleError('bad-address', `expected an address (0x and 40 hex digits), got ${quote(text)}`)
}

/** Throws `RuleError('bad-infohash')`. */
export function parseInfohash(text: string): Infohash {
  const lower = text.toLowerCase()
  if (isInfohash(lower)) return lower
  throw new RuleError('bad-infohash', `expected an infohash (40 hex digits), got ${quote(text)}`)
}

/** Throws `RuleError('bad-hash')`. */
export function parseHash(text: string): Hash {
  const lower = text.toLowerCase()
  if (isHash(lower)) return lower
  throw new RuleError('bad-hash', `expected a hash (0x and 64 hex digits), got ${quote(text)}`)
}

/** `bytes` has 20 bytes. */
export function toAddress(bytes: Uint8Array): Address {
  return `0x${formatHex(bytes)}` as Address
}

/** `bytes` has 20 bytes. */
export function toInfohash(bytes: Uint8Array): Infohash {
  return formatHex(bytes) as Infohash
}

/** `bytes` has 32 bytes. */
export function toHash(bytes: Uint8Array): Hash {
  return `0x${formatHex(bytes)}` as Hash
}

/** The bytes behind an address, an infohash or a hash. */
export function toBytes(id: Address | Infohash | Hash): Uint8Array {
  return parseHex(id)
}

/** Last 20 bytes of Keccak-256 of the 64-byte public key, as on Ethereum. */
export function addressOfKey(publicKey: Uint8Array): Address {
  return toAddress(keccak(publicKey).subarray(12))
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
