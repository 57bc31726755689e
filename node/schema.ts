// How ids, amounts and bytes are written in JSON: in the RPC and in deployment files.

import { z } from 'zod'
import { parseHex } from './protocol/bytes.ts'
import { type Address, type Hash, type Infohash, isAddress, isHash, isInfohash } from './protocol/ids.ts'

export const address = z.custom<Address>(isAddress, 'expected an address: 0x and 40 lower-case hex digits')
export const infohash = z.custom<Infohash>(isInfohash, 'expected an infohash: 40 lower-case hex digits')
export const hash = z.custom<Hash>(isHash, 'expected a hash: 0x and 64 lower-case hex digits')
/** Base units or another whole number, as a decimal string. */
export const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a whole number as a decimal string')
  .transform(BigInt)
/** `0x` and hex digits. */
export const bytes = z
  .string()
  .refine(isHexBytes, 'expected bytes: 0x and an even number of lower-case hex digits')
  .transform(parseHex)
/** Of any length: an expression with a group in it fails on those of a megabyte. */
export function isHexBytes(text: string): text is `0x${string}` {
  return text.length % 2 === 0 && /^0x[0-9a-f]*$/.test(text)
}
/** Unix seconds on the clock of Ethereum. */
export const seconds = z.number().int().nonnegative()
/** Unix milliseconds on the clock of the node. */
export const millis = z.number().int().nonnegative()
