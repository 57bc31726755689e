// What commands talk to: the node over its RPC, and Ethereum where it is set.

import { heldTo, type Network } from '../../node/client/own-network.ts'
import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../node/deployment.ts'
import { noEndpoint } from '../../node/ethereum/problems.ts'
import { EthereumReader } from '../../node/ethereum/reader.ts'
import { genesisInfohash } from '../../node/protocol/genesis.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import { isBoundTo, otherNetwork, readBoundNetwork } from '../bound-network.ts'
import type { CliContext } from './context.ts'
import { readDeployment } from './deployment-file.ts'

export type NodeLink = NodeClient & { readonly info: RpcResult<'node_info'> }

/**
 * The node that `--node` names. It must serve the network of `--deployment`, or without such a file the one that it names first, from then
 * on. Throws `OperationError`: 'node-unreachable', 'node-other-network', 'deployment-missing', 'bad-deployment'.
 */
export async function openNode(context: CliContext): Promise<NodeLink> {
  const node = await connect(context)
  const { root } = context.folder
  const bound = await readBoundNetwork(root)
  if (bound !== undefined && !isBoundTo(bound, node.info.network))
    context.log.warn({ folder: root, node: node.url }, 'the node serves another network than the data folder is for')
  return node
}

/**
 * The same for a command that moves money of a wallet of the data folder: throws `OperationError('folder-other-network')` where the folder is for
 * another network than the node's, and 'network-file-damaged'.
 */
export async function openOwnNode(context: CliContext): Promise<NodeLink> {
  const node = await connect(context)
  const { root } = context.folder
  const bound = await readBoundNetwork(root)
  if (bound === undefined || isBoundTo(bound, node.info.network)) return node
  throw otherNetwork(root, bound, node.info.network, node.url)
}

async function connect({ settings, signal }: CliContext): Promise<NodeLink> {
  const { node: url, deployment } = settings
  const expected = deployment === undefined ? undefined : networkOf(await readDeployment(deployment))
  const client = createNodeClient(url)
  const info = await (expected === undefined ? client : heldTo(expected, client)).call('node_info', {}, signal)
  return { ...heldTo(expected ?? info.network, client), info }
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

/** What `node_info` says of the network that a deployment file describes. A file that names no factory of gateways says nothing about it. */
function networkOf({ rules, floorPrice, genesis, gatewayFactory }: NetworkDefinition): Network {
  return { ...rules, floorPrice, genesis: genesisInfohash(genesis), ...(gatewayFactory && { gatewayFactory }) }
}
