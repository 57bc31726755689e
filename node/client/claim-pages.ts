// The requests that can be paid now, page by page, so that neither a node nor its caller holds all of them at a time.

import type { CallParams, Params, Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

export type ClaimFilter = Pick<CallParams<'bridge_claims'>, 'recipient' | 'leastNet'>

/** Oldest first; a page may be empty. Throws what the node throws: `OperationError('page-gone')` (retry) where what was read last is final no more. */
export async function* claimPages(
  node: NodeClient,
  filter: ClaimFilter,
  signal?: AbortSignal,
): AsyncGenerator<Result<'bridge_claims'>['claims']> {
  let after: Params<'bridge_claims'>['after']
  do {
    const page: Result<'bridge_claims'> = await node.call(
      'bridge_claims',
      { ...filter, ...(after ? { after } : {}) },
      signal,
    )
    yield page.claims
    after = page.next
  } while (after !== undefined)
}
