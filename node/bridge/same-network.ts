// Whether an endpoint knows the bridge that a deployment file describes.

import { OperationError } from '../errors.ts'
import type { Chain } from '../ethereum/chain.ts'
import { blockId } from '../protocol/header.ts'
import type { FollowedNetwork } from './records/bridge-records.ts'

/** Throws `OperationError('ethereum-other-bridge')`, or what the endpoint has against the question. */
export async function checkNetwork(chain: Chain, { rules, genesisBlock }: FollowedNetwork): Promise<void> {
  const there = await chain.parameters()
  const here = { ...rules, genesis: blockId(genesisBlock) }
  for (const name of ['chain', 'bridge', 'token', 'minRequest', 'genesis'] as const) {
    if (here[name] === there[name]) continue
    throw new OperationError(
      'ethereum-other-bridge',
      `expected a bridge with ${name} ${here[name]}, got ${there[name]}; the endpoint or the deployment file belongs to another network`,
      { facts: { name, expected: `${here[name]}`, got: `${there[name]}` } },
    )
  }
}
