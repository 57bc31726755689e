// Leaving alone what offers bind: whoever spends an output that an offer gives has withdrawn it.

import { OperationError } from '../../errors.ts'
import type { Asset } from '../../protocol/asset.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import type { Result } from '../../rpc/api.ts'
import type { NodeClient } from '../rpc.ts'

/** An output that an offer of its owner gives. */
export type Bound = { readonly owner: Address; readonly asset?: Asset; readonly infohash: Infohash }

/** As many as a node leaves alone at once. */
const MOST = 256
/** Of more than that as many are named at first: the rest of the room is for those that the node then chooses. */
const FIRST = 128

/**
 * The same node, which chooses none of these outputs for a payment, however many they are. Its call throws `OperationError('too-many-offers')` where it
 * cannot be kept from that.
 */
export function sparing<Node extends NodeClient>(node: Node, bound: readonly Bound[]): Node {
  const call: NodeClient['call'] = async (method, params, signal) => {
    if (method !== 'account_inputs') return await node.call(method, params, signal)
    const { owner, asset } = params as unknown as { readonly owner: Address; readonly asset?: Asset } // those of this method
    const mine = bound.filter((each) => each.owner === owner && each.asset === asset)
    const meant = new Set(mine.map(({ infohash }) => infohash))
    const without = new Set([...meant].slice(0, meant.size > MOST ? FIRST : MOST))
    for (;;) {
      const left = without.size === 0 ? params : { ...params, without: [...without] }
      const chosen = await node.call(method, left, signal)
      const { prev } = chosen as Result<'account_inputs'> // of this method
      const caught = prev.filter((infohash) => meant.has(infohash))
      if (caught.length === 0) return chosen
      const isNews = caught.some((infohash) => !without.has(infohash))
      for (const infohash of caught) without.add(infohash)
      if (!isNews || without.size > MOST) throw tooMany(node, meant.size, caught)
    }
  }
  return { ...node, call }
}

function tooMany({ url }: NodeClient, count: number, caught: readonly Infohash[]): OperationError {
  return new OperationError(
    'too-many-offers',
    `expected the node at ${url} to choose none of the ${count} outputs that open offers of this folder give, got ${caught.join(', ')}; "ttx offer list" lets go of what has ended, "ttx offer withdraw" of what shall end`,
    { facts: { bound: count, outputs: caught } },
  )
}
