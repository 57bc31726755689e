// Checks the blobs in the evidence of a demo with other code than that which made them: rust-eth-kzg and viem.

import assert from 'node:assert/strict'
import { DasContextJs } from '@crate-crypto/node-eth-kzg'
import { bytesToHex, commitmentToVersionedHash, concat, type Hex, hexToBigInt, keccak256, size, sliceHex } from 'viem'

const BLOB_BYTES = 131_072

/** The blobs are those of the header, by a KZG of others, and their rows are the steps: 31 bytes of each element count. */
export function checkBlobs(
  bytes: Buffer,
  steps: readonly Hex[],
  { root, told, field }: { root: Hex; told: { growth: string }; field: (offset: number, width: number) => Hex },
): void {
  const kzg = DasContextJs.create({ usePrecomp: false })
  const blobs = Array.from({ length: bytes.length / BLOB_BYTES }, (_, i) =>
    bytes.subarray(BLOB_BYTES * i, BLOB_BYTES * (i + 1)),
  )
  const hashes = blobs.map((blob) => {
    const commitment = kzg.blobToKzgCommitment(Uint8Array.from(blob))
    return commitmentToVersionedHash({ commitment: bytesToHex(commitment) })
  })
  assert.equal(keccak256(concat(['0x02', ...hashes])), root)
  const content = (element: number, count: number) =>
    concat(
      Array.from({ length: count }, (_, i) =>
        bytesToHex(bytes.subarray(32 * (element + i) + 1, 32 * (element + i + 1))),
      ),
    )
  let at = 2 * steps.length
  for (const [i, step] of steps.entries()) {
    const elements = Math.ceil(size(step) / 31)
    assert.equal(sliceHex(content(at, elements), 0, size(step)), step)
    at += elements
    if (i === steps.length - 1) break
    assert.equal(hexToBigInt(sliceHex(content(2 * i, 2), 32, 34)), BigInt(at), `the end of step ${i}`)
  }
  assert.equal(`${Number(BigInt.asIntN(16, hexToBigInt(field(103, 2))))}`, told.growth)
}
