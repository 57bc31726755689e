// All methods of the RPC over the parts of a running node.

import { API, type Handlers, type Result } from '../api.ts'
import { EXAMPLES } from '../examples.ts'
import { describeMethods } from '../open-rpc.ts'
import { blockHandlers } from './blocks.ts'
import { bridgeHandlers } from './bridge.ts'
import { claimHandlers } from './claims.ts'
import { feedHandlers } from './feed.ts'
import { type NodeSelf, nodeHandlers } from './node.ts'
import type { NodeParts } from './parts.ts'
import { transactionHandlers } from './transactions.ts'

export function createHandlers(parts: NodeParts, self: NodeSelf): Handlers {
  const { version } = parts
  let description: Result<'rpc.discover'> | undefined
  return {
    ...transactionHandlers(parts),
    ...blockHandlers(parts),
    ...bridgeHandlers(parts),
    ...claimHandlers(parts),
    ...feedHandlers(parts),
    ...nodeHandlers(parts, self),
    'rpc.discover': async () => {
      description ??= describeMethods(API, EXAMPLES, version)
      return description
    },
  }
}
