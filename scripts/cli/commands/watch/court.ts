// What watching commands stand on: the network, the node if one answers, and each endpoint of Ethereum by itself, without a key.

import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { nameOf } from '../../../../miner/ethereum/refusals.ts'
import { Ethereum } from '../../../../miner/ethereum.ts'
import type { Logs } from '../../../../miner/watch/evidence/endpoint-source.ts'
import type { Genesis } from '../../../../miner/watch/evidence/evidence.ts'
import type { Judge } from '../../../../miner/watch/judge.ts'
import { PATIENCE_MS } from '../../../../miner/watch/lookout.ts'
import { readRules } from '../../../../miner/watch/network.ts'
import { openJudge } from '../../../../miner/watch/open-judge.ts'
import { createNodeClient, type NodeClient } from '../../../../node/client/rpc.ts'
import { OperationError } from '../../../../node/errors.ts'
import { connectEthereum } from '../../../../node/ethereum.ts'
import type { Rules } from '../../../../node/protocol/rules.ts'
import type { CliContext } from '../../context.ts'
import { readDeployment } from '../run/node.ts'

export type Court = AsyncDisposable & {
  readonly rules: Rules
  /** Whether it answers or not. */
  readonly node: NodeClient
  /** None where no endpoint is set. */
  readonly readers: readonly Ethereum[]
  readonly logs: readonly Logs[]
  /** Where a file says what the network is; then nothing about it is asked of the node. */
  readonly genesis?: Genesis
}

/** Another try is made with the next look. */
const ONCE = { retries: 1, timeoutMs: PATIENCE_MS }

/**
 * With a deployment file and endpoints of its own it takes no node. Disposing closes the endpoints. Throws what `readDeployment` throws,
 * and without such a file what the node throws.
 */
export async function openCourt(context: CliContext): Promise<Court> {
  const { settings, signal } = context
  const urls = settings.ethereum ?? []
  const definition = settings.deployment === undefined ? undefined : await readDeployment(settings.deployment)
  const node = createNodeClient(settings.node)
  const isAlone = definition !== undefined && urls.length > 0
  const network = isAlone ? definition.rules : (await node.call('node_info', {}, signal)).network
  const own = definition && { sealed: definition.genesisBlock, transaction: definition.genesis }
  const signer = privateKeyToAccount(generatePrivateKey())
  const readers = urls.map((url) => new Ethereum({ urls: [url], network, signer, now: Date.now }, ONCE))
  const logs = urls.map((url) => ({ name: nameOf([url]), chain: connectEthereum([url], network, ONCE) }))
  const close = async () => {
    for (const each of [...readers, ...logs.map(({ chain }) => chain)]) each.close()
  }
  try {
    const given = definition === undefined ? {} : { own: definition.rules }
    const { rules, dissent } = await readRules({ node, endpoints: readers, ...given }, PATIENCE_MS, signal)
    if (dissent !== undefined) context.log.warn({ code: dissent.code, ...dissent.facts }, dissent.message)
    return { rules, node, readers, logs, ...(own === undefined ? {} : { genesis: own }), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

export function openJudgeAt(court: Court, { log }: CliContext): Judge {
  return openJudge({ ...court, log })
}

/** Throws `OperationError('ethereum-missing')`. */
export function requireReaders({ readers }: Court): readonly Ethereum[] {
  if (readers.length > 0) return readers
  throw new OperationError(
    'ethereum-missing',
    'expected an Ethereum endpoint, got none; name one with --ethereum URL or TTX_ETHEREUM',
  )
}
