// All methods of the RPC over the parts of a running node.

import { fingerprintOf } from '../../bridge/queue-view.ts'
import { API, type Handlers, type Result } from '../api.ts'
import { EXAMPLES } from '../examples.ts'
import { describeMethods } from '../open-rpc.ts'
import { blockHandlers } from './blocks.ts'
import { bridgeHandlers } from './bridge.ts'
import { claimHandlers } from './claims.ts'
import type { NodeParts } from './parts.ts'
import { bridgeStatusOf } from './status.ts'
import { transactionHandlers } from './transactions.ts'

export function createHandlers(parts: NodeParts): Handlers {
  const { definition, follower, ledger, network, version } = parts
  let description: Result<'rpc.discover'> | undefined
  return {
    ...transactionHandlers(parts),
    ...blockHandlers(parts),
    ...bridgeHandlers(parts),
    ...claimHandlers(parts),
    node_info: async () => {
      const { count, fingerprint, waiting } = ledger.summary()
      const peers = network
        .peers()
        .map(({ id, host, summary }) => ({ id, host, agrees: summary?.fingerprint === fingerprint }))
      const { rules, floorPrice, gatewayFactory } = definition
      const gateways = gatewayFactory === undefined ? {} : { gatewayFactory }
      return {
        version,
        network: { ...rules, floorPrice, genesis: ledger.genesis, ...gateways },
        peers,
        listenPort: network.address().port,
        count,
        fingerprint,
        waiting,
        bridge: bridgeStatusOf(parts),
        ...(follower === undefined ? {} : { queue: fingerprintOf(follower.view.queue) }),
      }
    },
    'rpc.discover': async () => {
      description ??= describeMethods(API, EXAMPLES, version)
      return description
    },
  }
}
