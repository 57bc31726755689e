// A blob of zeros, as what a blob transaction carries that does nothing but replace another one. No KZG is needed for it: it is always the same.

import { BLOB_BYTES } from '../../protocol/blob.ts'
import { blobHash } from '../../protocol/blob-hash.ts'
import type { Sidecar } from './kzg-pool.ts'

/** Each blob has this many cells (EIP-7594). */
const CELLS = 128
/** The point at infinity, compressed: zero at all points has this as its commitment, and as each of its proofs. */
const INFINITY = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xc0 : 0))

export const EMPTY_SIDECAR: Sidecar = {
  blobs: [new Uint8Array(BLOB_BYTES)],
  commitments: [INFINITY],
  cellProofs: Array.from({ length: CELLS }, () => INFINITY),
  hashes: [blobHash(INFINITY)],
}
