// The file that tells a process where the bridge is, from what a test knows of it.

import type { Deployment, NetworkDefinition } from '../../../node/deployment.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { blockId, encodeSealed } from '../../../node/protocol/header.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'

/** As `parseDeployment` reads it. */
export function deploymentOf(network: NetworkDefinition): string {
  const { rules, genesis, genesisBlock, easiestTarget, minDeposit, floorPrice, deployedBlock, deployedAt } = network
  const deployment: Deployment = {
    chain: `${rules.chain}`,
    bridge: rules.bridge,
    token: rules.token,
    block: `${deployedBlock}`,
    time: `${deployedAt}`,
    transaction: ZERO_HASH,
    parameters: {
      easiestTarget: `0x${easiestTarget.toString(16).padStart(64, '0')}`,
      minRequest: `${rules.minRequest}`,
      minDeposit: `${minDeposit}`,
      floorPrice: `${floorPrice}`,
    },
    genesis: {
      file: new TextDecoder().decode(encodeTransaction(genesis)),
      infohash: genesisInfohash(genesis),
      state: genesisBlock.header.state,
      id: blockId(genesisBlock),
      header: `0x${formatHex(encodeSealed(genesisBlock))}`,
    },
  }
  return JSON.stringify(deployment)
}
