// What commands talk to: the node over its RPC, and Ethereum where it is set.

import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import { noEndpoint } from '../../node/ethereum/problems.ts'
import { EthereumReader } from '../../node/ethereum/reader.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import type { CliContext } from './context.ts'

export type NodeLink = NodeClient & { readonly info: RpcResult<'node_info'> }

/** The node that `--node` names. Throws `OperationError('node-unreachable')`. */
export async function openNode({ settings, signal }: CliContext): Promise<NodeLink> {
  const client = createNodeClient(settings.node)
  return { ...client, info: await client.call('node_info', {}, signal) }
}

/** `undefined` if no endpoint is set; else checks that it is of the node's network. Dispose of it with `close`. */
export async function openOptionalEthereum(context: CliContext, node: NodeLink): Promise<EthereumReader | undefined> {
  const { ethereum: urls } = context.settings
  if (urls === undefined) return undefined
  const reader = new EthereumReader({ urls, network: node.info.network, now: Date.now }, { retries: 1 })
  await reader.parameters()
  return reader
}

/** Throws `OperationError('ethereum-missing')` where none is set. */
export async function openRequiredEthereum(context: CliContext, node: NodeLink): Promise<EthereumReader> {
  const ethereum = await openOptionalEthereum(context, node)
  if (ethereum === undefined) throw noEndpoint()
  return ethereum
}
