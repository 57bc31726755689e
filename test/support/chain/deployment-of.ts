// The file that tells a process where the bridge is, from what a test knows of it.

import type { NetworkDefinition } from '../../../node/deployment.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { blockId } from '../../../node/protocol/header.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'

/** As `parseDeployment` reads it. */
export function deploymentOf(network: NetworkDefinition): string {
  const { rules, genesis, genesisBlock, easiestTarget, minDeposit, deployedBlock, deployedAt } = network
  return JSON.stringify({
    chain: `${rules.chain}`,
    bridge: rules.bridge,
    token: rules.token,
    block: `${deployedBlock}`,
    time: `${deployedAt}`,
    parameters: {
      easiestTarget: `0x${easiestTarget.toString(16).padStart(64, '0')}`,
      minRequest: `${rules.minRequest}`,
      minDeposit: `${minDeposit}`,
    },
    genesis: {
      file: new TextDecoder().decode(encodeTransaction(genesis)),
      infohash: genesisInfohash(genesis),
      state: genesisBlock.header.state,
      id: blockId(genesisBlock),
    },
  })
}
