// The network that the wallets of a data folder are for: `<data>/bound-network.json`, written before the first command there moves money. A node that
// was named by mistake, or by default, then gets nothing to sign for.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../node/disk.ts'
import { createDurably, writeDurably } from '../node/durable.ts'
import { OperationError } from '../node/errors.ts'
import type { Address, Infohash } from '../node/protocol/ids.ts'
import { amount, infohash, writtenAddress } from '../node/schema.ts'

/** What tells one network from all others. */
export type BoundNetwork = { readonly chain: bigint; readonly bridge: Address; readonly genesis: Infohash }

const schema = z.object({ chain: amount, bridge: writtenAddress, genesis: infohash })

export function boundNetworkFile(data: string): string {
  return join(data, 'bound-network.json')
}

/** `undefined` where no money has been moved from the folder. Throws `OperationError('network-file-damaged')`. */
export async function readBoundNetwork(data: string): Promise<BoundNetwork | undefined> {
  const file = boundNetworkFile(data)
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined
    throw new OperationError(
      'network-file-damaged',
      `expected the network of this data folder in ${file}, got something else: ${cause instanceof z.ZodError ? z.prettifyError(cause) : cause}; remove the file once you are sure that --node is of the right network`,
      { facts: { file }, cause },
    )
  }
}

export function isBoundTo(bound: BoundNetwork, network: BoundNetwork): boolean {
  return bound.chain === network.chain && bound.bridge === network.bridge && bound.genesis === network.genesis
}

/** Says that `network`, which the node at `url` serves, is not that of the folder. */
export function otherNetwork(data: string, bound: BoundNetwork, network: BoundNetwork, url: string): OperationError {
  const file = boundNetworkFile(data)
  const words = ({ chain, bridge, genesis }: BoundNetwork) => `chain ${chain}, bridge ${bridge}, genesis ${genesis}`
  return new OperationError(
    'folder-other-network',
    `expected a node of the network that the data folder ${data} is for (${words(bound)}), got one of another network at ${url} (${words(network)}); ` +
      `name a node of the first with --node, or the folder of the second with --data or --network; only if the second has taken the place of the first, remove ${file}`,
    { facts: { folder: data, file, url } },
  )
}

/**
 * From now on the folder is for this network, which the node at `url` serves. Throws as `readBoundNetwork`, `write-failed`, and 'folder-other-network' where
 * another command has bound it to another one in the meantime: a person may take long to answer.
 */
export async function bindNetwork(data: string, network: BoundNetwork, url: string): Promise<void> {
  const bound = await bindOnce(data, network)
  if (!isBoundTo(bound, network)) throw otherNetwork(data, bound, network, url)
}

/**
 * What the folder is for from now on: `network`, unless it was for one before, or another process was faster with another one. Throws as
 * `readBoundNetwork`, and `write-failed`.
 */
export async function bindOnce(data: string, network: BoundNetwork): Promise<BoundNetwork> {
  const bound = await readBoundNetwork(data)
  if (bound !== undefined) return bound
  await makeFolder(data)
  const isOurs = await createDurably(boundNetworkFile(data), textOf(network))
  return isOurs ? network : ((await readBoundNetwork(data)) ?? network)
}

/** The same for whoever decides what the folder is for, whatever it was for before. Throws `write-failed`. */
export async function writeBoundNetwork(data: string, network: BoundNetwork): Promise<void> {
  await makeFolder(data)
  await writeDurably(boundNetworkFile(data), textOf(network))
}

function textOf({ chain, bridge, genesis }: BoundNetwork): string {
  return `${JSON.stringify({ chain: `${chain}`, bridge, genesis }, undefined, 2)}\n`
}
