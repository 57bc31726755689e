// What commands talk to: the node over its RPC, and Ethereum where it is set.

import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { Infohash } from '../../node/protocol/ids.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import type { CliContext } from './context.ts'
import { type EthereumSide, openEthereum } from './ethereum.ts'

export type NodeLink = NodeClient & { readonly info: RpcResult<'node_info'> }

/** The node that `--node` names. Throws `OperationError('node-unreachable')`. */
export async function openNode({ settings, signal }: CliContext): Promise<NodeLink> {
  const client = createNodeClient(settings.node)
  return { ...client, info: await client.call('node_info', {}, signal) }
}

/** Nothing where no endpoint is set. Throws what `openEthereum` throws. */
export async function openOptionalEthereum(context: CliContext, node: NodeLink): Promise<EthereumSide | undefined> {
  const [url] = context.settings.ethereum ?? []
  return url === undefined ? undefined : await openEthereum(url, node.info.network)
}

/** Throws `OperationError('ethereum-missing')` where none is set, and what `openEthereum` throws. */
export async function openRequiredEthereum(context: CliContext, node: NodeLink): Promise<EthereumSide> {
  const ethereum = await openOptionalEthereum(context, node)
  if (ethereum !== undefined) return ethereum
  throw new OperationError(
    'ethereum-missing',
    'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
  )
}

/** What the node knows of a transaction, once it has asked its peers for a file that it lacks. */
export async function lookUp(
  node: NodeClient,
  infohash: Infohash,
  fetchMs: number,
  signal: AbortSignal,
): Promise<RpcResult<'tx_get'>> {
  try {
    return await node.call('tx_get', { infohash, fetchMs }, signal)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'transaction-not-found')) throw error
    return await node.call('tx_get', { infohash, fetchMs: 0 }, signal)
  }
}
