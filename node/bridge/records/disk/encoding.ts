// How the follower's records are laid out on disk.

import type { AbstractLevel } from 'abstract-level'
import { encodeUint, formatHex, parseHex } from '../../../protocol/bytes.ts'

/** A sublevel of the node's database, of the follower's own. */
export type BridgeDatabase = AbstractLevel<string | Buffer | Uint8Array, string, string>

export type Operation =
  | { type: 'put'; key: string; value: string }
  | { type: 'put'; key: string; value: Uint8Array; valueEncoding: 'view' }
  | { type: 'del'; key: string }

/** 16 hex digits, so that text sorts as numbers do. */
export function numberText(number: bigint): string {
  return formatHex(encodeUint(number, 8))
}

/** JSON with bigints as `{"n":"…"}` and bytes as `{"x":"…"}`. */
export function encodeRecord(record: unknown): string {
  return JSON.stringify(record, (_, value: unknown) => {
    if (typeof value === 'bigint') return { n: `${value}` }
    return value instanceof Uint8Array ? { x: formatHex(value) } : value
  })
}

/** Of what `encodeRecord` wrote: the type is that of what was written under the same key. */
export function decodeRecord<T>(text: string): T {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('n' in value && typeof value.n === 'string') return BigInt(value.n)
    return 'x' in value && typeof value.x === 'string' ? parseHex(value.x) : value
  }) as T
}
