// Packed steps: what a bridging block does, one after another (docs/protocol.md section 4).

import { concat, decodeUint, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Hash, toAddress, toBytes, toHash } from './ids.ts'
import { packedSizeAt } from './packed.ts'
import { entryHash, type QueueEntry } from './queue.ts'
import { RuleError } from './rule-error.ts'

export type Step =
  | { readonly kind: 'deposit'; readonly entry: QueueEntry & { kind: 'deposit' } }
  | { readonly kind: 'applied'; readonly fee: bigint; readonly packed: Uint8Array }
  | { readonly kind: 'void'; readonly fee: bigint; readonly packedHash: Hash }
  | { readonly kind: 'transaction'; readonly packed: Uint8Array }

const DEPOSIT = 1
const APPLIED = 2
const VOID = 3
const TRANSACTION = 4

/** Bytes of the step that begins at `offset`, or 0 if what is there has no shape. */
export function stepSizeAt(steps: Uint8Array, offset: number): number {
  const kind = steps[offset]
  let size = 0
  if (kind === DEPOSIT) size = 37
  else if (kind === VOID) size = 41
  else if (kind === APPLIED || kind === TRANSACTION) {
    const before = kind === APPLIED ? 9 : 1
    const packed = packedSizeAt(steps, offset + before)
    size = packed === 0 ? 0 : before + packed
  }
  return offset + size <= steps.length ? size : 0
}

export function encodeStep(step: Step): Uint8Array {
  switch (step.kind) {
    case 'deposit':
      return concat(Uint8Array.of(DEPOSIT), encodeUint(step.entry.gross, 16), toBytes(step.entry.to))
    case 'applied':
      return concat(Uint8Array.of(APPLIED), encodeUint(step.fee, 8), step.packed)
    case 'void':
      return concat(Uint8Array.of(VOID), encodeUint(step.fee, 8), toBytes(step.packedHash))
    case 'transaction':
      return concat(Uint8Array.of(TRANSACTION), step.packed)
  }
}

/** Total: `undefined` if `bytes` is not exactly one step with a shape. */
export function decodeStep(bytes: Uint8Array): Step | undefined {
  if (bytes.length === 0 || stepSizeAt(bytes, 0) !== bytes.length) return undefined
  switch (bytes[0]) {
    case DEPOSIT: {
      const entry = {
        kind: 'deposit',
        gross: decodeUint(bytes.subarray(1, 17)),
        to: toAddress(bytes.subarray(17)),
      } as const
      return { kind: 'deposit', entry }
    }
    case APPLIED:
      return { kind: 'applied', fee: decodeUint(bytes.subarray(1, 9)), packed: bytes.slice(9) }
    case VOID:
      return { kind: 'void', fee: decodeUint(bytes.subarray(1, 9)), packedHash: toHash(bytes.subarray(9)) }
    default:
      return { kind: 'transaction', packed: bytes.slice(1) }
  }
}

/** Cuts the posted steps of a block apart. Throws `RuleError('bad-steps')` where one has no shape. */
export function splitSteps(steps: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < steps.length; ) {
    const size = stepSizeAt(steps, offset)
    if (size === 0) throw new RuleError('bad-steps', `step ${parts.length} at byte ${offset} has no shape`, { offset })
    parts.push(steps.slice(offset, offset + size))
    offset += size
  }
  return parts
}

/** Entry hash of a step that comes from the queue; nothing for a plain transaction. */
export function stepEntryHash(step: Step): Hash | undefined {
  switch (step.kind) {
    case 'deposit':
      return entryHash(step.entry)
    case 'applied':
      return entryHash({ kind: 'forced', fee: step.fee, packed: step.packed })
    case 'void':
      return toHash(keccak(concat(Uint8Array.of(APPLIED), encodeUint(step.fee, 8), toBytes(step.packedHash))))
    case 'transaction':
      return undefined
  }
}
