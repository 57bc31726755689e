// Commitments to blobs that are nearly all zeros, without a KZG library: the vectors, whose commitments are by one, and what it refuses.

import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { commit } from '../../../../../node/ethereum/blobs/kzg-worker.ts'
import {
  commitSparse,
  loadPoints,
  MAX_SPARSE_ELEMENTS,
  type Points,
  pointsOf,
} from '../../../../../node/ethereum/blobs/sparse-blob.ts'
import { BLOB_BYTES, BLOB_ELEMENTS } from '../../../../../node/protocol/blob.ts'
import { blobHash } from '../../../../../node/protocol/blob-hash.ts'
import { parseHex } from '../../../../../node/protocol/bytes.ts'
import setUp from '../../../../../node_modules/kzg-wasm/dist/esm/trustedSetup.js'
import blobVectors from '../../../../vectors/blob.json' with { type: 'json' }

/** With `count` elements other than zero, from the last one back. */
function blobOf(count: number): Uint8Array {
  return new Uint8Array(BLOB_BYTES).map((_, i) => (i % 32 === 31 && i > 32 * (BLOB_ELEMENTS - count) ? 1 : 0))
}

describe('a commitment to a sparse blob', () => {
  let points: Points
  // No library loads: what is answered was made without one.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier.endsWith('-kzg.ts') && !specifier.endsWith('load-kzg.ts')) throw new Error('no KZG library here')
      return next(specifier, context)
    },
  })
  before(async () => {
    points = await loadPoints()
  })
  after(() => hooks.deregister())

  it('is that of the KZG library for each blob of the vectors', () => {
    let compared = 0
    for (const { name, blobs, elements, hashes } of blobVectors) {
      const written = Array.from({ length: blobs }, () => new Uint8Array(BLOB_BYTES))
      for (const [element, value] of Object.entries(elements)) {
        const [blob, place] = [Math.floor(Number(element) / BLOB_ELEMENTS), Number(element) % BLOB_ELEMENTS]
        written[blob]?.set(parseHex(value), 32 * place)
      }
      written.forEach((blob, i) => {
        const commitment = commitSparse(blob, points)
        if (commitment === undefined) return
        assert.equal(blobHash(commitment), hashes[i], `${name}, blob ${i}`)
        compared++
      })
    }
    assert(compared >= 10, `${compared} compared`)
  })

  it('is made up to a number of elements, wherever they are', () => {
    assert.equal(commitSparse(blobOf(MAX_SPARSE_ELEMENTS), points)?.length, 48)
    assert.equal(commitSparse(blobOf(MAX_SPARSE_ELEMENTS + 1), points), undefined)
  })

  it('takes no library, and a blob with more elements does', async () => {
    const blob = blobOf(3)
    assert.deepEqual(await commit(blob), commitSparse(blob, points))
    await assert.rejects(commit(blobOf(MAX_SPARSE_ELEMENTS + 1)), /no KZG library here/)
  })

  it('is made of no points but those of the ceremony', () => {
    const digits: string = setUp.g1_lagrange
    assert.doesNotThrow(() => pointsOf(digits))
    // Another point that is one: a check of the curve would not see it.
    const swapped = digits.slice(96, 192) + digits.slice(0, 96) + digits.slice(192)
    for (const damaged of [swapped, digits.slice(96), `${digits}00`, digits.toUpperCase(), '']) {
      assert.throws(() => pointsOf(damaged), /expected points of the KZG ceremony/)
    }
  })
})
