// Methods of the RPC about requests that can be paid.

import { z } from 'zod'
import { address, amount, bytes, hash, infohash } from '../../schema.ts'
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

export const CLAIM_METHODS = {
  bridge_claims: {
    summary:
      'A page of the requests in final blocks that are not paid yet, with the proofs that pay them, oldest first; of one transaction, to one recipient, of at least a given amount. `next`, if there may be more, is `after` of the next page, also where this one is empty.',
    params: z.strictObject({
      infohash: infohash.optional(),
      recipient: address.optional(),
      leastNet: amount.optional(),
      after: claimPlace.optional(),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    result: z.object({ claims: z.array(claimData), next: claimPlace.optional() }),
    errors: ['no-ethereum', 'page-gone'],
  },
} satisfies MethodTable
