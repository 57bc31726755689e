// Methods of the RPC about requests that can be paid.

import { z } from 'zod'
import { address, amount, asset, bytes, hash, infohash, writtenAddress } from '../../schema.ts'
import type { MethodTable } from './table.ts'

/** A place in the list of requests to be paid: that of a request of a final block. */
const claimPlace = z
  .strictObject({ block: hash, step: z.number().int().nonnegative() })
  .meta({ id: 'ClaimPlace', description: 'The place of a request in the list of those that can be paid.' })

/** All that `claim` needs. */
const claimData = z
  .object({
    block: hash,
    sealed: bytes,
    number: amount,
    step: z.number().int(),
    siblings: z.array(hash),
    infohash,
    recipient: address,
    gross: amount,
    net: amount,
  })
  .meta({ id: 'Claim', description: 'A request that can be paid, and all that `claim` of the contract needs.' })

/** All that `requestOf` needs. */
const provenRequest = claimData
  .omit({ gross: true, net: true })
  .extend({ asset: asset.optional(), tokens: amount, leaf: hash })
  .meta({
    id: 'ProvenRequest',
    description:
      'A request in a final block, and all that `requestOf` of the contract needs; `tokens` is all that was asked for.',
  })

export const CLAIM_METHODS = {
  bridge_claims: {
    summary:
      'A page of the requests of TTX in final blocks that are not paid yet, with the proofs that pay them, oldest first; of one transaction, to one recipient, of at least a given amount. `next`, if there may be more, is `after` of the next page, also where this one is empty.',
    params: z.strictObject({
      infohash: infohash.optional(),
      recipient: writtenAddress.optional(),
      leastNet: amount.optional(),
      after: claimPlace.optional(),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    result: z.object({ claims: z.array(claimData), next: claimPlace.optional() }),
    errors: ['no-ethereum', 'page-gone'],
  },
  bridge_request: {
    summary:
      'The request that is this transaction, of whatever asset and paid or not, with its proof: for a contract that pays what it entered. Nothing while its block is not final.',
    params: z.strictObject({ infohash }),
    result: z.object({ request: provenRequest.optional() }),
    errors: ['no-ethereum'],
  },
} satisfies MethodTable
