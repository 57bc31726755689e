// Names of things, as branded lower-case hex text: addresses, infohashes, 32-byte hashes.

import { encodeText, encodeUint, formatHex, parseHex } from './bytes.ts'
import { keccak } from './hash.ts'
import { RuleError } from './rule-error.ts'

const HEX_ID = /^[0-9a-f]{40}$/i
const BASE32_ID = /^[a-z2-7]{32}$/i
const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 20 bytes, `0x` and 40 lower-case hex digits. */
export type Address = `0x${string}` & { readonly brand: 'Address' }
/** 20 bytes, 40 lower-case hex digits without `0x`, as BitTorrent writes it. */
export type Infohash = string & { readonly brand: 'Infohash' }
/** 32 bytes, `0x` and 64 lower-case hex digits: block ids, state roots, Keccak digests. */
export type Hash = `0x${string}` & { readonly brand: 'Hash' }
/** The lower 16 bytes of a block's id, `0x` and 32 lower-case hex digits: where the contract has its record. */
export type BlockKey = `0x${string}` & { readonly brand: 'BlockKey' }
/** The lower 24 bytes of a block's id, 48 lower-case hex digits without `0x`. */
export type KeptId = string & { readonly brand: 'KeptId' }

export const ZERO_ADDRESS = `0x${'0'.repeat(40)}` as Address
export const ZERO_HASH = `0x${'0'.repeat(64)}` as Hash
export const ZERO_KEY = `0x${'0'.repeat(32)}` as BlockKey

export function isAddress(text: unknown): text is Address {
  return typeof text === 'string' && /^0x[0-9a-f]{40}$/.test(text)
}

export function isInfohash(text: unknown): text is Infohash {
  return typeof text === 'string' && /^[0-9a-f]{40}$/.test(text)
}

export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text)
}

/**
 * Accepts all digits in lower case, all in upper case, and mixed ones whose EIP-55 sum is right: a mixed one with a wrong sum was
 * mistyped, and nobody owns what it names. Throws `RuleError('bad-address')`.
 */
export function parseAddress(text: string): Address {
  const lower = text.toLowerCase()
  if (!isAddress(lower)) throw badAddress(text, 'expected an address (0x and 40 hex digits)')
  const digits = text.slice(2)
  if (digits === lower.slice(2) || digits === digits.toUpperCase()) return lower
  const right = checksumAddress(lower)
  const wrong = [...digits].findIndex((digit, i) => digit !== right[i + 2])
  if (wrong === -1) return lower
  throw badAddress(
    text,
    `expected an address whose upper and lower case fit its digits (EIP-55): digit ${wrong + 1} after 0x, ${digits[wrong]}, does not, so that some digit is wrong; copy the address again, and write it all in lower case only if you are sure of it`,
  )
}

/** The address in the mixed case of EIP-55: a digit above 9 is upper case if that of the hash of the lower-case digits is 8 or more. */
export function checksumAddress(address: Address): string {
  const sum = formatHex(keccak(encodeText(address.slice(2))))
  const digits = [...address.slice(2)].map((digit, i) => ((sum[i] ?? '0') >= '8' ? digit.toUpperCase() : digit))
  return `0x${digits.join('')}`
}

/** Throws `RuleError('bad-infohash')`. */
export function parseInfohash(text: string): Infohash {
  const lower = text.toLowerCase()
  if (isInfohash(lower)) return lower
  throw new RuleError('bad-infohash', `expected an infohash (40 hex digits), got ${quote(text)}`)
}

/**
 * An infohash as people have it in the clipboard: 40 hex digits of either case, 32 digits of base32 (BEP 9), or a magnet link of either,
 * with blanks around it. Throws `RuleError('bad-infohash')`.
 */
export function readInfohash(text: string): Infohash {
  const given = text.trim()
  const topics = /^magnet:\?/i.test(given) ? new URLSearchParams(given.slice('magnet:?'.length)).getAll('xt') : [given]
  const found = topics
    .map((topic) => topic.replace(/^urn:btih:/i, ''))
    .find((id) => HEX_ID.test(id) || BASE32_ID.test(id))
  if (found !== undefined) return HEX_ID.test(found) ? parseInfohash(found) : decodeBase32(found)
  throw new RuleError(
    'bad-infohash',
    `expected an infohash (40 hex digits, 32 digits of base32, or a magnet link with one after urn:btih:), got ${quote(text)}`,
  )
}

/** Throws `RuleError('bad-hash')`. */
export function parseHash(text: string): Hash {
  const lower = text.toLowerCase()
  if (isHash(lower)) return lower
  throw new RuleError('bad-hash', `expected a hash (0x and 64 hex digits), got ${quote(text)}`)
}

/** Throws `RuleError('bad-hash')`. */
export function parseKey(text: string): BlockKey {
  const lower = text.toLowerCase()
  if (/^0x[0-9a-f]{32}$/.test(lower)) return lower as BlockKey
  throw new RuleError('bad-hash', `expected the key of a block (0x and 32 hex digits), got ${quote(text)}`)
}

/** Of a block, by its id, or by its key itself. */
export function keyOf(block: Hash | BlockKey): BlockKey {
  return `0x${block.slice(-32)}` as BlockKey
}

/** The 8 bytes of a block's id before its key, which the contract keeps too: `0x` and 16 hex digits. */
export function tagOf(id: Hash): string {
  return `0x${id.slice(18, 34)}`
}

/** For the id of a block of which only this is known: what the contract keeps of it, after zeros. */
export function shortId(tag: string, key: BlockKey): Hash {
  return `0x${'0'.repeat(16)}${tag.slice(2)}${key.slice(2)}` as Hash
}

/** Whether it may be a short id. A whole one that begins so is of a block whose work nobody has seen yet. */
export function isShortId(id: Hash): boolean {
  return id.startsWith(`0x${'0'.repeat(16)}`)
}

/** Whether two ids, of which one may be short or come from a liar, name the same block: by all that the contract keeps of them. */
export function isSameBlock(a: Hash, b: Hash): boolean {
  return keptIdOf(a) === keptIdOf(b)
}

/** The 24 bytes of a block's id that the contract keeps, tag and key: the same for each of its names, whole, short or a liar's. */
export function keptIdOf(id: Hash | KeptId): KeptId {
  return id.slice(-48) as KeptId
}

export function keptIdsOf(ids: Iterable<Hash>): Set<KeptId> {
  return new Set(Array.from(ids, keptIdOf))
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

function decodeBase32(text: string): Infohash {
  const value = [...text.toUpperCase()].reduce((sum, digit) => sum * 32n + BigInt(BASE32_DIGITS.indexOf(digit)), 0n)
  return toInfohash(encodeUint(value, 20))
}

function badAddress(text: string, expected: string): RuleError {
  return new RuleError('bad-address', `${expected}, got ${quote(text)}`)
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
