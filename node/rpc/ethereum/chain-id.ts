// The chain id under which wallets know a network of TTX: no signature ever holds it, it only keeps networks apart in lists.

import type { NetworkDefinition } from '../../deployment.ts'
import { decodeUint } from '../../protocol/bytes.ts'
import { blockId } from '../../protocol/header.ts'
import { toBytes } from '../../protocol/ids.ts'

/** `TTX` in ASCII: of the network whose bridge is on Ethereum itself. */
const MAIN = 0x545458n
const ETHEREUM = 1n
/** Above it MetaMask refuses a chain id. */
const MOST = 4_503_599_627_370_476n
/** Below it are those that others have taken, 1337 among them. */
const LEAST = 2n ** 32n

/** Of any other network from the first 8 bytes of the id of its genesis block, which follows from chain, bridge and genesis. */
export function chainIdOf({ rules, genesisBlock }: Pick<NetworkDefinition, 'rules' | 'genesisBlock'>): bigint {
  if (rules.chain === ETHEREUM) return MAIN
  return LEAST + (decodeUint(toBytes(blockId(genesisBlock)).subarray(0, 8)) % (MOST - LEAST + 1n))
}
