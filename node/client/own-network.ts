// A node that is not one's own, held to the network that one means: what it says of bridge and token is compared, each time.

import { OperationError } from '../errors.ts'
import type { Result } from '../rpc/api.ts'
import type { NodeClient } from './rpc.ts'

export type Network = Result<'node_info'>['network']

/**
 * The same client, of which each call that tells the network throws `OperationError('node-other-network')` unless it is `expected`: a node
 * that could change its mind between two calls would be paid for another bridge.
 */
export function heldTo(expected: Network, client: NodeClient): NodeClient {
  return {
    ...client,
    call: async (method, params, signal) => {
      const result = await client.call(method, params, signal)
      if (method === 'node_info') compare(expected, (result as Result<'node_info'>).network, client.url)
      return result
    },
  }
}

function compare(expected: Network, got: Network, url: string): void {
  for (const name of Object.keys(expected) as (keyof Network)[]) {
    if (got[name] === expected[name]) continue
    throw new OperationError(
      'node-other-network',
      `expected a node of the network with ${name} ${expected[name]}, got ${got[name]} from the node at ${url}; use a node of your own, or the right file with --deployment`,
      { facts: { name, expected: `${expected[name]}`, got: `${got[name]}` } },
    )
  }
}
