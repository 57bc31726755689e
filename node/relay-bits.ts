// The work in an infohash: relay policy, and no rule. A block may order a transaction whatever its infohash is.

import { type Infohash, toBytes } from './protocol/ids.ts'

/** More than this cannot be asked for: an infohash has no more bits. */
export const MOST_RELAY_BITS = 160

/**
 * The number of zero bits that an infohash begins with, 0 to 160: whoever wants n of them signs the same transaction in 2^n ways, on average. It is
 * seen from the infohash alone, and so goes wherever the transaction goes (Hashcash, Back 2002).
 */
export function relayBitsOf(infohash: Infohash): number {
  let bits = 0
  for (const byte of toBytes(infohash)) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
