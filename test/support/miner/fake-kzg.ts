// What a KZG pool tells, without KZG: commitments that are hashes, and openings that no contract accepts. For tests in which a commitment stands for its
// blob, and nothing else about it matters: the real thing takes a tenth of a second each.

import type { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { elementAt, isBlob } from '../../../node/protocol/blob.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import type { ElementOpening } from '../../../node/protocol/blob-row.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import type { Hash } from '../../../node/protocol/ids.ts'

export class FakeKzg implements Pick<KzgPool, 'hashes' | 'openings'> {
  /** Blobs that were hashed, and elements that were opened. */
  hashed = 0
  opened = 0

  async hashes(blobs: readonly Uint8Array[]): Promise<(Hash | undefined)[]> {
    this.hashed += blobs.length
    return blobs.map((blob) => (isBlob(blob) ? fakeHash(blob) : undefined))
  }

  async openings(blobs: readonly Uint8Array[], elements: readonly number[]): Promise<ElementOpening[]> {
    this.opened += elements.length
    return elements.map((element) => ({
      element: elementAt(blobs, element),
      commitment: new Uint8Array(48),
      proof: new Uint8Array(48),
    }))
  }
}

/** Another one for each blob. */
export function fakeHash(blob: Uint8Array): Hash {
  return blobHash(concat(keccak(blob), new Uint8Array(16)))
}
