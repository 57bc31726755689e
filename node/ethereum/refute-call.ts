// The one call of the bridge that kills a wrong block: what it is given, and its bytes.

import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { formatHex } from '../protocol/bytes.ts'
import { encodeSealed, type SealedHeader } from '../protocol/header.ts'
import type { Hash } from '../protocol/ids.ts'

/** Everything that `refute` of the bridge is given; the members of `proof` are described in `IBridge.Refutation`. */
export type Refutation = {
  readonly block: SealedHeader
  readonly parent: SealedHeader
  readonly proof: {
    readonly index: number
    /** Of the block's blobs; none if its rows are in calldata. */
    readonly hashes: readonly Hash[]
    /** The step; of rows in blobs all that counts of its elements. */
    readonly step: Uint8Array
    /** What shows that the block states this step, and the states around it. */
    readonly opening: Uint8Array
    readonly witness: Uint8Array
    /** Packed transaction that the step wrongly calls void; else `undefined`. */
    readonly forced?: Uint8Array
    /** The leaf of another request that the head has in the place of the step's, and its siblings; else `undefined`. */
    readonly request?: readonly Hash[]
  }
}

/** The calldata of `refute` on the bridge. */
export function encodeRefutation({ block, parent, proof }: Refutation): Hex {
  const { index, hashes, step, opening, witness, forced, request } = proof
  const refutation = {
    index: BigInt(index),
    hashes,
    step: hex(step),
    opening: hex(opening),
    witness: hex(witness),
    forced: forced ? hex(forced) : '0x',
    request: request ?? [],
  } as const
  const args = [hex(encodeSealed(block)), hex(encodeSealed(parent)), refutation] as const
  return encodeFunctionData({ abi: bridgeAbi, functionName: 'refute', args })
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
