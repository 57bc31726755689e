// Requests of an asset that a contract of Ethereum entered: which there are, as the node knows them.

import { OperationError } from '../errors.ts'
import { isEntered } from '../protocol/asset.ts'
import type { Address, Infohash } from '../protocol/ids.ts'
import { decodeTransaction } from '../protocol/transaction.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

const PAGE = 500
/** More than that is nobody's history: a node that lies must not be read forever. */
const MOST_PAGES = 1_000

/** The asset that a request of this infohash asks for; undefined where it asks for TTX, or for nothing that the node knows. */
export async function assetRequested(
  node: NodeClient,
  infohash: Infohash,
  signal?: AbortSignal,
): Promise<Address | undefined> {
  const { bridging } = await node.call('tx_where', { infohash }, signal)
  return bridging?.asset !== undefined && isEntered(bridging.asset) ? bridging.asset : undefined
}

/** Requests that an account has made of an asset, newest first. Throws what the node throws, and `OperationError('bad-answer')`. */
export async function requestsBy(
  node: NodeClient,
  owner: Address,
  asset: Address,
  signal?: AbortSignal,
): Promise<readonly Infohash[]> {
  const found: Infohash[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    if (++pages > MOST_PAGES) throw endless(node)
    const question = { owner, asset, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
    const page: Result<'account_history'> = await node.call('account_history', question, signal)
    for (const { infohash, file, status } of page.transactions) {
      const tx = status === 'final' && file !== undefined ? decodeTransaction(file) : undefined
      if (tx?.kind === 'signed' && tx.bridge !== undefined && tx.from === owner) found.push(infohash)
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return found
}

function endless({ url }: NodeClient): OperationError {
  return new OperationError('bad-answer', `expected the node at ${url} to tell a history, got pages without end`, {
    facts: { url },
  })
}
