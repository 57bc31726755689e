// The curve in JavaScript, for browsers.

import { secp256k1 as noble } from '@noble/curves/secp256k1.js'
import type { Secp256k1 } from './backend.ts'

const DIGEST_BYTES = 32

export const secp256k1: Secp256k1 = {
  recoverKey(digest, signature, recovery) {
    if (digest.length !== DIGEST_BYTES) return undefined // noble would cut it off
    try {
      const parsed = noble.Signature.fromBytes(signature, 'compact').addRecoveryBit(recovery)
      return parsed.recoverPublicKey(digest).toBytes(false).subarray(1)
    } catch {
      return undefined // a number is out of range, r is not an x-coordinate of the curve, or the key is the point at infinity
    }
  },

  sign(digest, privateKey, extra) {
    if (digest.length !== DIGEST_BYTES) throw new RangeError(`a digest has ${DIGEST_BYTES} bytes`)
    const options = { prehash: false, format: 'recovered' } as const
    const bytes = noble.sign(digest, privateKey, extra ? { ...options, extraEntropy: extra } : options)
    return { signature: bytes.subarray(1), recovery: bytes[0] ?? 0 }
  },

  publicKeyOf(privateKey) {
    return noble.getPublicKey(privateKey, false).subarray(1)
  },
}
