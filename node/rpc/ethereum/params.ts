// Parameters as Ethereum's clients write them.

import { z } from 'zod'
import type { Address, Hash } from '../../protocol/ids.ts'
import { isHexBytes, writtenAddress } from '../../schema.ts'

const TAGS = ['latest', 'pending', 'safe', 'finalized', 'earliest'] as const
/** Addresses of a filter, or values of one of its topics. */
const MOST_CHOICES = 100
const MOST_TOPICS = 4

export const address = writtenAddress
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, 'expected a number: 0x and 1 to 64 hex digits')
  .transform(BigInt)
export const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected a hash: 0x and 64 hex digits')
  .transform((text) => text.toLowerCase() as Hash)
export const data = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine(isHexBytes, 'expected bytes: 0x and an even number of hex digits')

const tag = z.enum(TAGS)
const numberOrTag = z.union([tag, quantity], `expected a block: its number in hex, or one of ${TAGS.join(', ')}`)
/** By number, by tag, or as in EIP-1898. */
export const blockRef = z
  .union(
    [
      numberOrTag,
      z.strictObject({ blockHash: hash, requireCanonical: z.boolean().optional() }),
      z.strictObject({ blockNumber: quantity }).transform(({ blockNumber }) => blockNumber),
    ],
    `expected a block: its number in hex, one of ${TAGS.join(', ')}, or an object with blockHash or blockNumber`,
  )
  .default('latest')
export const blockNumber = numberOrTag
export type BlockRef = z.output<typeof blockRef>

/** What a call would be; nothing but the two first members matters here. */
export const callRequest = z.object({ to: address.nullish(), data: data.optional(), input: data.optional() })

const addresses = z.union([address.transform((one): Address[] => [one]), z.array(address).max(MOST_CHOICES)]).nullish()
const topic = z.union([hash.transform((one): Hash[] => [one]), z.array(hash).max(MOST_CHOICES), z.null()])

export const filter = z.strictObject({
  address: addresses,
  topics: z.array(topic).max(MOST_TOPICS).nullish(),
  fromBlock: numberOrTag.nullish(),
  toBlock: numberOrTag.nullish(),
  blockHash: hash.nullish(),
})
export type Filter = z.output<typeof filter>
