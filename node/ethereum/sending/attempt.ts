// A signed form of a call, in memory and on disk.

import { z } from 'zod'
import { type Hash, isHash } from '../../protocol/ids.ts'
import { isHexBytes } from '../../schema.ts'

/** Bytes as text. */
export const hexText = z.custom<`0x${string}`>((text) => typeof text === 'string' && isHexBytes(text))
export const hashText = z.custom<Hash>(isHash)
/** Whole numbers as decimal text. */
export const wholeText = z.codec(z.string().regex(/^(0|[1-9][0-9]{0,77})$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
})

export const attemptRecord = z.object({
  hash: hashText,
  raw: hexText,
  nonce: z.number(),
  fees: z.object({ maxFeePerGas: wholeText, maxPriorityFeePerGas: wholeText }),
  isCancel: z.boolean(),
  sentMs: z.number(),
})

/**
 * One signed form of a call; those of one call share the nonce, so that at most one can ever count. `isCancel`: it does nothing but use up
 * the nonce. `sentMs` is unix milliseconds.
 */
export type Attempt = Readonly<z.output<typeof attemptRecord>>
