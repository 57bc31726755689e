// What the contract keeps of a block, as tests read it.

import type { PublicClient } from 'viem'
import type { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { type Address, type BlockKey, type Hash, keyOf } from '../../../node/protocol/ids.ts'

type Reader = Pick<PublicClient, 'readContract'>
type Contract = { readonly abi: typeof bridgeAbi; readonly address: Address }

/** By its id or its key; the bond in gwei. */
export async function readRecord(client: Reader, contract: Contract, block: Hash | BlockKey) {
  const args = [keyOf(block)] as const
  const record = await client.readContract({ ...contract, functionName: 'blocks', args })
  return { ...record, bond: BigInt(record.bond) }
}
