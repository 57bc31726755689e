// What a node knows of a transaction.

import { OperationError } from '../errors.ts'
import type { Infohash } from '../protocol/ids.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

/** Asks it to ask its peers for a file that it lacks, for `fetchMs` milliseconds at most. */
export async function lookUp(
  node: NodeClient,
  infohash: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Result<'tx_get'>> {
  try {
    return await node.call('tx_get', { infohash, fetchMs }, signal)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'transaction-not-found')) throw error
    return await node.call('tx_get', { infohash, fetchMs: 0 }, signal)
  }
}
