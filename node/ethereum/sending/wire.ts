// An attempt as endpoints take it: what is kept on disk has no blobs, which the call brings.

import { type Hex, parseTransaction, type TransactionSerializedEIP4844 } from 'viem'
import { EMPTY_SIDECAR } from '../blobs/empty-blob.ts'
import { wrapBlobTransaction } from '../blobs/envelope.ts'
import type { Sidecar } from '../blobs/kzg-pool.ts'
import type { BridgeCall } from '../calls.ts'
import type { Attempt } from './attempt.ts'

/** `attempt` is one at `call`, with its blobs (`checkBlobs`). */
export function wireOf(call: BridgeCall, attempt: Attempt): Hex {
  const { raw } = attempt
  return isBlobTransaction(raw) ? wrapBlobTransaction(raw, sidecarOf(call, attempt)) : raw
}

/** Throws `RangeError` where a call comes without the blobs that an attempt at it was signed for: it could never be sent again. */
export function checkBlobs(call: BridgeCall, attempts: readonly Attempt[]): void {
  for (const attempt of attempts) {
    const { raw } = attempt
    if (!isBlobTransaction(raw)) continue
    const { blobVersionedHashes: signed = [] } = parseTransaction(raw)
    const { hashes } = sidecarOf(call, attempt)
    if (signed.join() !== hashes.join())
      throw new RangeError(`expected the blobs ${signed.join()} with ${call.name}, got ${hashes.join()}`)
  }
}

function sidecarOf({ name, sidecar }: BridgeCall, { isCancel }: Attempt): Sidecar {
  if (isCancel) return EMPTY_SIDECAR
  if (sidecar === undefined) throw new RangeError(`expected ${name} with the blobs it was signed with, got none`)
  return sidecar
}

/** EIP-4844 transactions are of type 3. */
function isBlobTransaction(raw: Hex): raw is TransactionSerializedEIP4844 {
  return raw.startsWith('0x03')
}
