// Leaving alone what offers bind: whoever spends an output that an offer gives has withdrawn it.

import type { Asset } from '../../protocol/asset.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import type { NodeClient } from '../rpc.ts'

/** An output that an offer of its owner gives. */
export type Bound = { readonly owner: Address; readonly asset?: Asset; readonly infohash: Infohash }

/** As many as a node leaves alone at once. */
const MOST = 256

/** The same node, which chooses none of these outputs for a payment: the first 256 of those that could be meant. */
export function sparing<Node extends NodeClient>(node: Node, bound: readonly Bound[]): Node {
  const call: NodeClient['call'] = (method, params, signal) => {
    if (method !== 'account_inputs') return node.call(method, params, signal)
    const { owner, asset } = params as unknown as { readonly owner: Address; readonly asset?: Asset } // those of this method
    const meant = bound.filter((each) => each.owner === owner && each.asset === asset)
    const without = [...new Set(meant.map(({ infohash }) => infohash))].slice(0, MOST)
    return node.call(method, without.length === 0 ? params : { ...params, without }, signal)
  }
  return { ...node, call }
}
