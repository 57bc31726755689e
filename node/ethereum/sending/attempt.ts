// A signed form of a call, in memory and on disk.

import { z } from 'zod'
import { type Hash, isHash } from '../../protocol/ids.ts'
import type { BaseUnits, GasPrice, Wei } from '../../protocol/units.ts'
import { isHexBytes } from '../../schema.ts'

/** Bytes as text. */
export const hexText = z.custom<`0x${string}`>((text) => typeof text === 'string' && isHexBytes(text))
export const hashText = z.custom<Hash>(isHash)
/** Whole numbers as decimal text. */
export const wholeText = z.codec(z.string().regex(/^(0|[1-9][0-9]{0,77})$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
})

/** The same of what they count. */
export const baseUnitsText = countText<BaseUnits>()
export const weiText = countText<Wei>()
const priceText = countText<GasPrice>()

function countText<Unit extends bigint>() {
  return wholeText.pipe(z.custom<Unit>((value) => typeof value === 'bigint'))
}

export const attemptRecord = z.object({
  hash: hashText,
  raw: hexText,
  nonce: z.number(),
  fees: z.object({
    ...{ maxFeePerGas: priceText, maxPriorityFeePerGas: priceText },
    /** Of a blob transaction. */
    maxFeePerBlobGas: priceText.optional(),
  }),
  isCancel: z.boolean(),
  sentMs: z.number(),
})

/**
 * One signed form of a call; those of one call share the nonce, so that at most one can ever count. `isCancel`: it does nothing but use up
 * the nonce. `raw` is without blobs, which the call has (`wire.ts`). `sentMs` is unix milliseconds.
 */
export type Attempt = Readonly<z.output<typeof attemptRecord>>
