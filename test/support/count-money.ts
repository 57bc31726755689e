// All money at one moment, on a real bridge: of TTX as much as genesis created, and of a token as much as its gateway holds.

import assert from 'node:assert/strict'
import type { NodeClient } from '../../node/client/rpc.ts'
import type { NetworkDefinition } from '../../node/deployment.ts'
import { countSupply, type Token } from '../../scripts/devnet/demo/supply.ts'

/** `after` is what was done, for the message. */
export async function countMoney(
  url: string,
  network: NetworkDefinition,
  node: NodeClient,
  token: Token,
  after: string,
) {
  const { total, genesis, token: units } = await countSupply(url, network, node, token)
  assert.equal(total, genesis, `TTX after ${after}`)
  assert.equal(units?.total, units?.held, `units of the token after ${after}`)
}
