// What watching commands need: the network, the node if one answers, and each endpoint of Ethereum separately, without a key.

import type { Logs } from '../../../../miner/watch/evidence/endpoint-source.ts'
import type { Genesis } from '../../../../miner/watch/evidence/evidence.ts'
import type { Judge } from '../../../../miner/watch/judge.ts'
import { PATIENCE_MS } from '../../../../miner/watch/lookout.ts'
import { readRules } from '../../../../miner/watch/network.ts'
import { openJudge } from '../../../../miner/watch/open-judge.ts'
import { createNodeClient, type NodeClient } from '../../../../node/client/rpc.ts'
import { connectEthereum } from '../../../../node/ethereum/agreeing/http-chain.ts'
import { BeaconEndpoint } from '../../../../node/ethereum/blobs/beacon.ts'
import type { BlobSupplier } from '../../../../node/ethereum/blobs/blob-source.ts'
import { KzgPool } from '../../../../node/ethereum/blobs/kzg-pool.ts'
import { nameOf, noEndpoint } from '../../../../node/ethereum/problems.ts'
import { EthereumReader } from '../../../../node/ethereum/reader.ts'
import type { Rules } from '../../../../node/protocol/rules.ts'
import type { CliContext } from '../../context.ts'
import { readDeployment } from '../../deployment-file.ts'

export type Court = AsyncDisposable & {
  readonly rules: Rules
  /** Whether it answers or not. */
  readonly node: NodeClient
  /** None where no endpoint is set. */
  readonly readers: readonly EthereumReader[]
  readonly logs: readonly Logs[]
  /** Those that are named to have blobs. */
  readonly beacons: readonly BlobSupplier[]
  readonly kzg: KzgPool
  /** Where a file says what the network is; then nothing about it is asked of the node. */
  readonly genesis?: Genesis
}

/** A node may belong to anyone, and no answer of it is needed: what is longer than this is read from Ethereum. */
const NODE_BYTES = 2 ** 23
/** Another try is made with the next look. */
const ONCE = { retries: 1, timeoutMs: PATIENCE_MS }

/**
 * With a deployment file and endpoints of its own it needs no node. Disposing closes the endpoints, and ends what is under way. Throws what `readDeployment` throws,
 * and without such a file what the node throws.
 */
export async function openCourt(context: CliContext): Promise<Court> {
  const { settings, signal } = context
  const urls = settings.ethereum ?? []
  const definition = settings.deployment === undefined ? undefined : await readDeployment(settings.deployment)
  const node = createNodeClient(settings.node, { mostBytes: NODE_BYTES })
  const isAlone = definition !== undefined && urls.length > 0
  const network = isAlone ? definition.rules : (await node.call('node_info', {}, signal)).network
  const own = definition && { sealed: definition.genesisBlock, transaction: definition.genesis }
  const readers = urls.map((url) => new EthereumReader({ urls: [url], network, now: Date.now }, ONCE))
  const logs = urls.map((url) => ({ name: nameOf([url]), chain: connectEthereum([url], network, ONCE) }))
  const beacons = (settings.beacon ?? []).map((url) => new BeaconEndpoint(url, { now: Date.now }))
  const kzg = new KzgPool()
  const close = async () => {
    for (const each of [...readers, ...logs.map(({ chain }) => chain)]) each.close()
    await kzg.stop()
  }
  try {
    const given = definition === undefined ? {} : { own: definition.rules }
    const { rules, dissent } = await readRules({ node, endpoints: readers, ...given }, PATIENCE_MS, signal)
    if (dissent !== undefined) context.log.warn({ code: dissent.code, ...dissent.facts }, dissent.message)
    const genesis = own === undefined ? {} : { genesis: own }
    return { rules, node, readers, logs, beacons, kzg, ...genesis, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

export function openJudgeAt(court: Court, { log }: CliContext): Judge {
  return openJudge({ ...court, log })
}

/** Throws `OperationError('ethereum-missing')`. */
export function requireReaders({ readers }: Pick<Court, 'readers'>): readonly EthereumReader[] {
  if (readers.length > 0) return readers
  throw noEndpoint()
}
