// By which rules blocks are judged: those of the contract, as most of those who can read it say.

import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { BridgeParameters, EthereumReader } from '../../node/ethereum/reader.ts'
import type { Address } from '../../node/protocol/ids.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { rulesOf } from './judge.ts'
import { Patience } from './patience.ts'

/** `dissent`: somebody says that the network is another one. */
export type KnownRules = { readonly rules: Rules; readonly dissent?: OperationError }

type Saying = { readonly name: string; readonly rules: Pick<Rules, 'bridge' | 'token' | 'minRequest'> }

/**
 * What most of them say; of two, what the endpoint says. With `own` that holds, whatever anyone says. Throws what the node throws where it is
 * needed to know the chain, and `OperationError('other-network')` where it follows another bridge.
 */
export async function readRules(
  {
    node,
    endpoints,
    own,
  }: { readonly node: NodeClient; readonly endpoints: readonly EthereumReader[]; readonly own?: Rules },
  patienceMs: number,
  signal: AbortSignal,
): Promise<KnownRules> {
  const asked = [...new Set(endpoints)].map((endpoint) => sayingOf(endpoint, patienceMs, signal))
  const told = own ?? rulesOf(await node.call('node_info', {}, signal))
  for (const { bridge } of endpoints)
    if (bridge !== told.bridge) throw otherNetwork(own === undefined ? node.url : 'what was given', told, bridge)
  const sayings = [...(await Promise.all(asked)).flat(), { name: `the node at ${node.url}`, rules: told }]
  const most = own ?? mostOf(sayings.map(({ rules }) => rules)) ?? told
  const odd = sayings.find(({ rules }) => !isSame(rules, most))
  const rules = { ...told, token: most.token, minRequest: most.minRequest }
  return odd === undefined ? { rules } : { rules, dissent: otherNetwork(odd.name, odd.rules, told.bridge) }
}

/** Empty for one that is silent. */
async function sayingOf(endpoint: EthereumReader, patienceMs: number, signal: AbortSignal): Promise<readonly Saying[]> {
  try {
    const patience = new Patience<BridgeParameters>(endpoint.name, patienceMs)
    const { token, minRequest } = await patience.ask(() => endpoint.parameters(), signal)
    return [{ name: endpoint.name, rules: { bridge: endpoint.bridge, token, minRequest } }]
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof OperationError) return []
    throw error
  }
}

/** The first of those that are said most often. */
function mostOf(all: readonly Saying['rules'][]): Saying['rules'] | undefined {
  const counts = all.map((one) => all.filter((other) => isSame(one, other)).length)
  return all[counts.indexOf(Math.max(...counts))]
}

function isSame(a: Saying['rules'], b: Saying['rules']): boolean {
  return a.bridge === b.bridge && a.token === b.token && a.minRequest === b.minRequest
}

function otherNetwork(name: string, { bridge, token, minRequest }: Saying['rules'], ours: Address): OperationError {
  return new OperationError(
    'other-network',
    `expected all to mean the same bridge ${ours}, but ${name} has ${bridge}, with the token ${token} and at least ${minRequest} base units a request; give node and watcher the same network, or leave out the one that lies`,
    { facts: { name, ours, theirs: bridge, token, minRequest: `${minRequest}` } },
  )
}
