// Domain values to JSON and back to what the schemas read: bigint as decimal strings, bytes as `0x` hex.

import { formatHex } from '../protocol/bytes.ts'

/** JSON-able copy of a parameter or a result. */
export function toWire(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `0x${formatHex(value)}`
  if (Array.isArray(value)) return value.map(toWire)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => [key, toWire(member)]),
    )
  }
  return value
}
