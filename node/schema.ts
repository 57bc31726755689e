// How ids, amounts and bytes are written in JSON: in the RPC and in deployment files.
//
// What zod cannot read out of a schema, the JSON Schema of the RPC's description takes from its `meta`: a test holds both to each other.

import { z } from 'zod'
import { type Asset, isAsset } from './protocol/asset.ts'
import { parseHex } from './protocol/bytes.ts'
import { type Address, type Hash, type Infohash, isAddress, isHash, isInfohash, parseAddress } from './protocol/ids.ts'
import { RuleError } from './protocol/rule-error.ts'
import { toGwei } from './protocol/units.ts'

/** The same of each lane of the queue. */
export function perLane<T extends z.ZodType>(each: T) {
  return z.object({ deposits: each, assets: each, forced: each })
}

export const address = z.custom<Address>(isAddress, 'expected an address: 0x and 40 lower-case hex digits').meta({
  id: 'Address',
  type: 'string',
  pattern: '^0x[0-9a-f]{40}$',
  description: 'An account: `0x` and 40 lower-case hex digits.',
})
/** The same in a parameter, as people write it. */
export const writtenAddress = z
  .custom<Address>(isText, 'expected an address: 0x and 40 hex digits')
  .transform((text, context) => read(text, context))
  .meta({
    id: 'WrittenAddress',
    type: 'string',
    pattern: '^0[xX][0-9a-fA-F]{40}$',
    description:
      'An account: `0x` and 40 hex digits, all in lower case, all in upper case, or in mixed case that fits them (EIP-55); a mixed case that does not fit is refused. Answers have lower case.',
  })
export const infohash = z.custom<Infohash>(isInfohash, 'expected an infohash: 40 lower-case hex digits').meta({
  id: 'Infohash',
  type: 'string',
  pattern: '^[0-9a-f]{40}$',
  description: 'The name of a transaction or of the torrent of a block: 40 lower-case hex digits.',
})
export const asset = z.custom<Asset>(isAsset, 'expected an asset: an address, or the infohash of an issuance').meta({
  id: 'Asset',
  type: 'string',
  pattern: '^(0x)?[0-9a-f]{40}$',
  description:
    'Another asset than TTX: the contract on Ethereum that entered it, with `0x`, or the infohash of its issuance, without. It is left out for TTX.',
})
/** The same in a parameter, as people write it. */
export const writtenAsset = z
  .custom<Asset>(isText, 'expected an asset: an address, or the infohash of an issuance')
  .transform((text, context) =>
    isInfohash(text) ? text : read(text, context, 'expected an asset, the infohash of an issuance or an address: '),
  )
  .meta({
    id: 'WrittenAsset',
    type: 'string',
    pattern: '^([0-9a-f]{40}|0[xX][0-9a-fA-F]{40})$',
    description:
      'An asset as `Asset`, of which an address may have upper case too, if it fits the digits (EIP-55). It is left out for TTX.',
  })
export const hash = z.custom<Hash>(isHash, 'expected a hash: 0x and 64 lower-case hex digits').meta({
  id: 'Hash',
  type: 'string',
  pattern: '^0x[0-9a-f]{64}$',
  description: 'The id of a block, or the root of a tree: `0x` and 64 lower-case hex digits.',
})
export const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a whole number as a decimal string')
  .transform(BigInt)
  .meta({ id: 'Amount', description: 'Base units (10^-18 TTX) or another whole number, as a decimal string.' })
/** The same on the wire: here the type says what is counted. */
export const gwei = amount.transform(toGwei)
export const bytes = z
  .string()
  .refine(isHexBytes, 'expected bytes: 0x and an even number of lower-case hex digits')
  .transform(parseHex)
  .meta({
    id: 'Bytes',
    pattern: '^0x([0-9a-f]{2})*$',
    description: '`0x` and two lower-case hex digits for each byte.',
  })
export const seconds = z
  .number()
  .int()
  .nonnegative()
  .meta({ id: 'Seconds', description: 'Unix seconds on the clock of Ethereum.' })
export const millis = z
  .number()
  .int()
  .nonnegative()
  .meta({ id: 'Millis', description: 'Unix milliseconds on the clock of the node.' })

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function read(text: string, context: z.core.$RefinementCtx, before = ''): Address {
  try {
    return parseAddress(text)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    context.addIssue(`${before}${error.message}`)
    return z.NEVER
  }
}

/** Of any length: an expression with a group in it fails on those of a megabyte. */
export function isHexBytes(text: string): text is `0x${string}` {
  return text.length % 2 === 0 && /^0x[0-9a-f]*$/.test(text)
}
/** Where a node accepts connections. IPv6 is in brackets. */
export const hostAndPort = z
  .string()
  .max(260)
  .regex(/^(\[[0-9a-fA-F:]+\]|[0-9a-zA-Z.-]+):[0-9]{1,5}$/, 'host:port')
  .refine(hasPort, 'host:port with a port from 1 to 65534')

/** Clients of BitTorrent have no use for the last one. */
function hasPort(text: string): boolean {
  const port = Number(text.slice(text.lastIndexOf(':') + 1))
  return port > 0 && port < 65_535
}
