// A refutation of a block that nobody has published: for what does not care what is wrong with it.

import type { Refutation } from '../../../../node/ethereum/refute-call.ts'
import { assembleBlock } from '../../../../node/protocol/block.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { RULES, World } from '../../../../scripts/assure/models/world.ts'
import { buildRefutation } from '../../../support/refutation.ts'

const TARGET = 2n ** 240n

/** Another one for each seed: its only step is right, and the state after it is not. */
export function wrongBlock(seed: number): { readonly id: Hash; readonly refutation: Refutation } {
  const world = new World(seed)
  const { state } = world
  const sealed = genesisBlock({
    ...{ chain: RULES.chain, bridge: RULES.bridge, easiestTarget: TARGET },
    ...{ state: stateRoot(state), genesis: world.genesis },
  })
  const step = encodeStep({ kind: 'transaction', packed: world.transaction().packed })
  const parent = { id: blockId(sealed), header: sealed.header, state }
  const { header, block } = assembleBlock(RULES, parent, TARGET, [{ step, after: state }])
  const posted = { ...block, sealed: { header, seal: { miner: ZERO_ADDRESS, nonce: ZERO_HASH } } }
  const refutation = buildRefutation(RULES, { sealed, state }, posted, () => undefined)
  if (refutation === undefined) throw new Error('the block is right')
  return { id: blockId(posted.sealed), refutation }
}
