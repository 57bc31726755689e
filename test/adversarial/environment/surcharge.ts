// What has to go with entries of the queue, by what the contract says now.

import { forceFee } from '../../../node/ethereum/calls.ts'
import { LANES, type Lane } from '../../../node/protocol/queue.ts'
import type { Ground } from './ground.ts'

/** Of as many more entries of a lane together, in wei. */
export async function surchargeOf({ stage }: Ground, lane: Lane, entries: number): Promise<bigint> {
  const args = [LANES.indexOf(lane), BigInt(entries)] as const
  return await stage.anvil.client.readContract({ ...stage.bridge, functionName: 'surcharge', args })
}

/** Of these packed transactions. */
export async function forceValue(ground: Ground, packed: readonly Uint8Array[]): Promise<bigint> {
  const { price } = await ground.head()
  const fees = packed.reduce((sum, { length }) => sum + forceFee(length, price), 0n)
  return fees + (await surchargeOf(ground, 'forced', packed.length))
}
