// Members of the files that people sign: each is read in the one form that it may have.

import { type Asset, isAsset } from './asset.ts'
import { parseHex } from './bytes.ts'
import { type Address, type Infohash, isAddress, isInfohash } from './ids.ts'
import { type Facts, RuleError } from './rule-error.ts'
import { MAX_MEMO } from './rules.ts'

/** Of another asset than TTX. */
export function assetIn(value: unknown): Asset {
  if (isAsset(value)) return value
  throw badFile('asset must be the address of a contract, 0x and 40 lower-case hex digits, or an infohash of 40')
}

/** 1 to `most` infohashes. */
export function inputsIn(value: unknown, most: number): Infohash[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= most && value.every(isInfohash)) return value
  throw badFile(`prev must be an array of 1 to ${most} infohashes of 40 lower-case hex digits`)
}

export function memoIn(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_MEMO && isMemo(value)) return value
  throw badFile(`memo must have 1 to ${MAX_MEMO} printable ASCII characters without quotes and backslashes`)
}

/** Characters only: 0x20 to 0x7e without `"` and `\`. */
export function isMemo(text: string): boolean {
  return /^[ !#-[\]-~]*$/.test(text)
}

export function timeIn(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 40) return value
  throw badFile('time must be an integer of unix seconds below 2^40')
}

export function decimalIn(value: unknown, name: string, max: bigint): bigint {
  if (typeof value === 'string' && /^(0|[1-9][0-9]{0,38})$/.test(value) && BigInt(value) <= max) return BigInt(value)
  throw badFile(`${name} must be a decimal string without leading zero, at most ${max}`)
}

export function addressIn(value: unknown, name: string): Address {
  if (isAddress(value)) return value
  throw badFile(`${name} must be an address: 0x and 40 lower-case hex digits`)
}

export function hexIn(value: unknown, name: string, bytes: number): Uint8Array {
  if (typeof value === 'string' && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value)) return parseHex(value)
  throw badFile(`${name} must be 0x and ${2 * bytes} lower-case hex digits`)
}

export function recordIn(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw badFile(`${name} must be a JSON object`)
}

export function badFile(problem: string, facts: Facts = {}): RuleError {
  return new RuleError('bad-transaction-file', `not a transaction: ${problem}`, facts)
}
