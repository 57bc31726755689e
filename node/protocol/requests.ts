// What leaves the TTX side by a block: its requests by their shape alone, and the tree against which they are claimed (docs/protocol.md section 5.1).

import { encodeAsset } from './asset.ts'
import { concat, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toBytes, toHash } from './ids.ts'
import { unpackTransaction } from './packed.ts'
import { decodeStep, transactionIn } from './step.ts'
import { traceProofs, traceRoot } from './trace.ts'
import { type BaseUnits, toBaseUnits } from './units.ts'

/** A step that asks for what is on Ethereum. */
export type Asked = {
  readonly step: number
  /** The recipient there. */
  readonly to: Address
  /** Base units of the asset, the fee included. */
  readonly tokens: BaseUnits
  /** kind(1) ‖ asset(20) as the step says them, whatever that is. Absent for TTX, which is all that the bridge pays. */
  readonly asset?: Uint8Array
}

/** Whether it counts in the sums of TTX: by its kind alone, as the contract has it. */
export function asksForTtx({ asset }: Asked): boolean {
  return (asset?.[0] ?? 0) === 0
}

/** The requests among steps, as the contract sees them: nothing is verified but shapes. In step order. */
export function requestsIn(steps: readonly Uint8Array[]): Asked[] {
  return steps.flatMap((bytes, step) => {
    const decoded = decodeStep(bytes)
    const packed = decoded && transactionIn(decoded)
    const fields = packed && unpackTransaction(packed)
    if (fields?.kind !== 'signed' || !fields.request) return []
    const { payee, tokens, asset } = fields
    return [{ step, to: payee, tokens: toBaseUnits(tokens), ...(asset ? { asset } : {}) }]
  })
}

/** keccak(0x00 ‖ step(4) ‖ kind(1) ‖ asset(20) ‖ recipient(20) ‖ amount(16)). */
export function requestLeaf({ step, to, tokens, asset }: Asked): Hash {
  const what = concat(asset ?? encodeAsset(undefined), toBytes(to), encodeUint(tokens, 16))
  return toHash(keccak(concat(Uint8Array.of(0), encodeUint(step, 4), what)))
}

/** Root of the tree over the requests, in their order; zero for none. */
export function requestsRoot(requests: readonly Asked[]): Hash {
  return traceRoot(requests.map(requestLeaf))
}

/** The siblings of each request, from the leaf up: exactly ceil(log2(requests.length)). */
export function requestProofs(requests: readonly Asked[]): Hash[][] {
  return traceProofs(requests.map(requestLeaf))
}
