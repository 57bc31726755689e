// The one call of the bridge that kills a wrong block: what it is given, and its bytes.

import { encodeFunctionData, type Hex } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { formatHex } from '../protocol/bytes.ts'
import { encodeSealed, type SealedHeader } from '../protocol/header.ts'
import { type Hash, ZERO_HASH } from '../protocol/ids.ts'

/** Everything that `refute` of the bridge is given; the members of `proof` are described in `IBridge.Refutation`. */
export type Refutation = {
  readonly block: SealedHeader
  readonly parent: SealedHeader
  readonly proof: {
    readonly index: number
    readonly step: Uint8Array
    /** What the block states, not what would be right. */
    readonly state: Hash
    readonly siblings: readonly Hash[]
    /** The leaf that holds the state before the step; `undefined` for step 0, before which there is the parent's state. */
    readonly previous?: { readonly stepHash: Hash; readonly state: Hash; readonly siblings: readonly Hash[] }
    readonly witness: Uint8Array
    /** Packed transaction that the step wrongly calls void; else `undefined`. */
    readonly forced?: Uint8Array
  }
}

/** The calldata of `refute` on the bridge. */
export function encodeRefutation({ block, parent, proof }: Refutation): Hex {
  const { index, step, state, siblings, previous, witness, forced } = proof
  const refutation = {
    index: BigInt(index),
    step: hex(step),
    state,
    siblings,
    previousStepHash: previous?.stepHash ?? ZERO_HASH,
    previousState: previous?.state ?? ZERO_HASH,
    previousSiblings: previous?.siblings ?? [],
    witness: hex(witness),
    forced: forced ? hex(forced) : '0x',
  } as const
  const args = [hex(encodeSealed(block)), hex(encodeSealed(parent)), refutation] as const
  return encodeFunctionData({ abi: bridgeAbi, functionName: 'refute', args })
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
