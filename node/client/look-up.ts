// What a node knows of a transaction.

import { OperationError } from '../errors.ts'
import type { Infohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

/**
 * Asks it to ask its peers for a file that it lacks, for `fetchMs` milliseconds at most. Throws what the node throws, and
 * `OperationError('bad-answer')` where it serves the file of another transaction.
 */
export async function lookUp(
  node: NodeClient,
  infohash: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Result<'tx_get'>> {
  const record = await ask(node, infohash, fetchMs, signal)
  if (record.file !== undefined) checkFile(node, infohash, record.file)
  return record
}

/** Throws `OperationError('bad-answer')` unless the file is that of the transaction. */
export function checkFile({ url }: NodeClient, infohash: Infohash, file: Uint8Array): void {
  const got = infohashOf(file)
  if (got === infohash) return
  throw new OperationError(
    'bad-answer',
    `expected transaction ${infohash} from the node at ${url}, got ${got}: its software or its disk is damaged, or it lies; use another node`,
    { facts: { url, infohash, got } },
  )
}

async function ask(
  node: NodeClient,
  infohash: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Result<'tx_get'>> {
  try {
    return await node.call('tx_get', { infohash, fetchMs }, signal)
  } catch (error) {
    // What came is shown with what it lacks.
    const isHere = error instanceof OperationError && error.code === 'ancestors-not-found'
    if (!isHere && !(error instanceof OperationError && error.code === 'transaction-not-found')) throw error
    return await node.call('tx_get', { infohash, fetchMs: 0 }, signal)
  }
}

/** The same, where nothing can be done without the transaction. Throws `OperationError('unknown-transaction')` if neither the node nor its peers have it. */
export async function lookUpKnown(
  node: NodeClient,
  infohash: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Result<'tx_get'>> {
  const record = await lookUp(node, infohash, fetchMs, signal)
  if (record.status !== 'unknown') return record
  throw new OperationError(
    'unknown-transaction',
    `expected a transaction that the node or one of its peers has, got ${infohash}, which nobody delivered; check the id, or hand in its file with "ttx tx submit" or "ttx proof import"`,
    { facts: { infohash }, retry: true },
  )
}
