// The polynomial whose commitment proves one element of a blob: (p(x) - p(z)) / (x - z), by its values, as a blob lists them (EIP-4844).

import { bls12_381 } from '@noble/curves/bls12-381.js'
import { BLOB_BYTES, BLOB_ELEMENTS, elementAt } from '../../protocol/blob.ts'
import { pointOf } from '../../protocol/blob-hash.ts'
import { decodeUint, encodeUint } from '../../protocol/bytes.ts'

const { Fr } = bls12_381.fields
const POINTS = Array.from({ length: BLOB_ELEMENTS }, (_, place) => pointOf(place))

/** A blob again: the quotient for the point at which the blob has the element at `place`. */
export function quotientOf(blob: Uint8Array, place: number): Uint8Array {
  const values = POINTS.map((_, i) => decodeUint(elementAt([blob], i)))
  const [z = 0n, value = 0n] = [POINTS[place], values[place]]
  const inverses = Fr.invertBatch(POINTS.map((point) => Fr.sub(point, z)))
  // Zero has no inverse, and its quotient is replaced.
  const quotients = values.map((each, i) => Fr.mul(Fr.sub(each, value), inverses[i] ?? 0n))
  // At z itself the fraction is 0 / 0; its value follows from the others: -(sum of quotient * point) / z.
  const sum = quotients.reduce((total, quotient, i) => Fr.add(total, Fr.mul(quotient, POINTS[i] ?? 0n)), 0n)
  quotients[place] = Fr.neg(Fr.div(sum, z))
  const result = new Uint8Array(BLOB_BYTES)
  quotients.forEach((quotient, i) => {
    result.set(encodeUint(quotient, 32), 32 * i)
  })
  return result
}
