// How a block names its blobs, and where the polynomial of a blob is opened (EIP-4844; docs/protocol.md section 5.2).

import { sha256 } from '@noble/hashes/sha2.js'
import { BLOB_ELEMENTS } from './blob.ts'
import { concat } from './bytes.ts'
import { keccak } from './hash.ts'
import { type Hash, toBytes, toHash } from './ids.ts'

/** Of the scalar field of BLS12-381. */
export const BLS_MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

/** Generates the group of the 4,096th roots of unity: 7 generates that of all but zero. */
const ROOT = power(7n, (BLS_MODULUS - 1n) / BigInt(BLOB_ELEMENTS))

/** 0x01 and 31 bytes of SHA-256 of the commitment: the versioned hash that `blobhash` gives. */
export function blobHash(commitment: Uint8Array): Hash {
  return toHash(concat(Uint8Array.of(1), sha256(commitment).subarray(1)))
}

/** The `traceRoot` of a block whose rows are in blobs. */
export function blobTraceRoot(hashes: readonly Hash[]): Hash {
  return toHash(keccak(concat(Uint8Array.of(2), ...hashes.map(toBytes))))
}

/** Where the polynomial of a blob has the value of the element at `place`, from 0 to 4,095: a blob lists its values in bit-reversed order. */
export function pointOf(place: number): bigint {
  return power(ROOT, BigInt(reverseBits(place)))
}

/** Of 12 bits: where the element at a place of a blob is in natural order, and the other way round. */
export function reverseBits(place: number): number {
  let reversed = 0
  for (let bit = 1; bit < BLOB_ELEMENTS; bit *= 2) reversed = 2 * reversed + ((place & bit) === 0 ? 0 : 1)
  return reversed
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let [square, left] = [base, exponent]; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % BLS_MODULUS
    square = (square * square) % BLS_MODULUS
  }
  return result
}
