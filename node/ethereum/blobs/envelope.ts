// The form in which a blob transaction goes to an endpoint: the signed transaction, and beside it the blobs with commitments and cell proofs (EIP-4844, EIP-7594).

import { concatHex, fromRlp, type Hex, sliceHex, toHex, toRlp } from 'viem'
import type { Sidecar } from './kzg-pool.ts'

/** EIP-4844 transactions are of this type. */
const TYPE = '0x03'
/** Of the wrapper: cell proofs, which all endpoints ask for since Osaka, in place of one proof a blob. viem writes the older one only. */
const WRAPPER_VERSION = '0x01'

/** `signed` is a transaction with the blobs' versioned hashes, signed and serialized without blobs; its hash stays the same. */
export function wrapBlobTransaction(signed: Hex, { blobs, commitments, cellProofs }: Sidecar): Hex {
  const transaction = fromRlp(sliceHex(signed, 1), 'hex')
  const lists = [blobs, commitments, cellProofs].map((each) => each.map((bytes) => toHex(bytes)))
  return concatHex([TYPE, toRlp([transaction, WRAPPER_VERSION, ...lists])])
}
