// Commitments to blobs that are nearly all zeros, as those of small blocks are: a sum over the few elements, without what a KZG library loads for seconds.

import { pippenger } from '@noble/curves/abstract/curve.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { BLOB_ELEMENTS } from '../../protocol/blob.ts'
import { reverseBits } from '../../protocol/blob-hash.ts'
import { decodeUint, encodeText, formatHex } from '../../protocol/bytes.ts'

/** Elements other than zero. With that many it takes half a second, and with all 4,096 ten. */
export const MAX_SPARSE_ELEMENTS = 256

type Point = InstanceType<typeof bls12_381.G1.Point>
/** Points of the ceremony by the place of the element that each belongs to: each costs two milliseconds to decode. */
export type Points = (place: number) => Point

/** Of the points of Ethereum's ceremony as `kzg-wasm` has them, in hexadecimal, one after another. */
const POINTS_HASH = '559c86eeb6e993ca0bc3824b6c261949aa9e13f8551318c4c72802ca845c9ab5'
const POINT_DIGITS = 96

/** Undefined if the blob, which is one by `isBlob`, has more than `MAX_SPARSE_ELEMENTS` elements other than zero. */
export function commitSparse(blob: Uint8Array, pointAt: Points): Uint8Array | undefined {
  const places = placesOf(blob)
  if (places.length > MAX_SPARSE_ELEMENTS) return undefined
  const values = places.map((place) => decodeUint(blob.subarray(32 * place, 32 * place + 32)))
  return pippenger(bls12_381.G1.Point, places.map(pointAt), values).toBytes()
}

/** Throws if the package of the points is missing, or its file is not the one that we know. */
export async function loadPoints(): Promise<Points> {
  const { default: setUp } = await import(new URL('trustedSetup.js', import.meta.resolve('kzg-wasm')).href)
  return pointsOf(setUp.g1_lagrange)
}

/** Throws unless these are all the points of the ceremony, in `digits`: of others, commitments would be wrong. */
export function pointsOf(digits: string): Points {
  const hash = formatHex(sha256(encodeText(digits)))
  if (hash !== POINTS_HASH) throw new Error(`expected points of the KZG ceremony with hash ${POINTS_HASH}, got ${hash}`)
  const points = new Map<number, Point>()
  return (place) => {
    const found = points.get(place)
    if (found !== undefined) return found
    // The ceremony has them in the order of the roots of unity, and a blob in bit-reversed order.
    const start = POINT_DIGITS * reverseBits(place)
    const point = bls12_381.G1.Point.fromHex(digits.slice(start, start + POINT_DIGITS))
    points.set(place, point)
    return point
  }
}

/** Where a blob is not zero. */
function placesOf(blob: Uint8Array): number[] {
  const words = new BigUint64Array(blob.slice().buffer)
  return Array.from({ length: BLOB_ELEMENTS }, (_, place) => place).filter((place) =>
    words.subarray(4 * place, 4 * place + 4).some((word) => word !== 0n),
  )
}
