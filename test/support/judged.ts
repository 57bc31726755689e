// A day-old bridge with a node beside it, for commands that ask the node about blocks: what such a test begins with.

import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { encodeSealed } from '../../node/protocol/header.ts'
import { targetCeiling } from '../../node/protocol/target.ts'
import { toSeconds } from '../../node/protocol/units.ts'
import { EASIEST, type Stage } from './stage.ts'

const DAY = 86_400n

/** `target` is the easiest that the first block may have, `prev` spends all money, and `judged` waits until the node has judged `count` blocks. */
export async function openJudged(stage: Stage) {
  const { definition } = stage
  const node = await stage.node()
  const sender = stage.sender(await stage.signer(100_000n))
  await stage.skip(DAY)
  return {
    ...{ node, sender, rules: definition.rules, miner: sender.ethereum.account },
    genesis: {
      id: stage.genesisId(),
      header: definition.genesisBlock.header,
      state: genesisState(definition.genesis),
    },
    root: encodeSealed(definition.genesisBlock),
    target: targetCeiling(EASIEST, toSeconds(DAY), EASIEST),
    prev: [genesisInfohash(definition.genesis)],
    judged: (count: number) =>
      stage.until(`the node to judge ${count} blocks`, async () => {
        const { status, blocks } = await readAllBlocks(node)
        return status.state === 'live' && blocks.length === count
      }),
  }
}
