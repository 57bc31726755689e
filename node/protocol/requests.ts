// What leaves the TTX side by a block: its requests by their shape alone, and the tree against which they are claimed (docs/protocol.md section 5.1).

import { concat, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Address, type Hash, toBytes, toHash, ZERO_ADDRESS } from './ids.ts'
import { unpackTransaction } from './packed.ts'
import { decodeStep, transactionIn } from './step.ts'
import { traceProofs, traceRoot } from './trace.ts'
import { type BaseUnits, toBaseUnits } from './units.ts'

/** A step that asks for wTTX. `tokens` are base units, the fee included. */
export type Asked = { readonly step: number; readonly to: Address; readonly tokens: BaseUnits }

/** TTX, which is the only kind that the bridge pays. */
const TTX = 0

/** The requests among steps, as the contract sees them: nothing is verified but shapes. In step order. */
export function requestsIn(steps: readonly Uint8Array[]): Asked[] {
  return steps.flatMap((bytes, step) => {
    const decoded = decodeStep(bytes)
    const packed = decoded && transactionIn(decoded)
    const fields = packed && unpackTransaction(packed)
    return fields?.request ? [{ step, to: fields.payee, tokens: toBaseUnits(fields.tokens) }] : []
  })
}

/** keccak(0x00 ‖ step(4) ‖ kind(1) ‖ asset(20) ‖ recipient(20) ‖ amount(16)); TTX has no asset. */
export function requestLeaf({ step, to, tokens }: Asked): Hash {
  const what = concat(encodeUint(TTX, 1), toBytes(ZERO_ADDRESS), toBytes(to), encodeUint(tokens, 16))
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
