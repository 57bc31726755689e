// secp256k1 signatures: 65 bytes r ‖ s ‖ v with low s and v 27 or 28; the sender is recovered.

import { secp256k1 } from '#secp256k1'
import { decodeUint, encodeUint, parseHex } from './bytes.ts'
import { type Address, addressOfKey } from './ids.ts'

export const SIGNATURE_BYTES = 65

const DIGEST_BYTES = 32
/** What libsecp256k1 takes as additional data of the nonce. */
const EXTRA_BYTES = 32
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const HALF_ORDER = ORDER / 2n

/** 0 < r < n, 0 < s <= n / 2, v 27 or 28 (EIP-2, and docs/protocol.md section 2.1). */
export function isCanonicalSignature(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false
  const r = decodeUint(signature.subarray(0, 32))
  const s = decodeUint(signature.subarray(32, 64))
  const v = signature[64]
  return r > 0n && r < ORDER && s > 0n && s <= HALF_ORDER && (v === 27 || v === 28)
}

/** As wallets write one: hex, by some devices with the bare parity at its end, where 27 is added. `undefined` for what is not of this form. */
export function readSignature(text: unknown): Uint8Array | undefined {
  const digits = typeof text === 'string' ? /^0x([0-9a-f]+)$/i.exec(text)?.[1] : undefined
  if (digits?.length !== 2 * SIGNATURE_BYTES) return undefined
  const signature = parseHex(digits.toLowerCase())
  const parity = signature[SIGNATURE_BYTES - 1] ?? 0
  if (parity < 2) signature[SIGNATURE_BYTES - 1] = parity + 27
  return signature
}

/** What `ecrecover` returns: the signer, or `undefined` if it returns zero or the signature is not canonical. */
export function recoverSender(digest: Uint8Array, signature: Uint8Array): Address | undefined {
  if (!isCanonicalSignature(signature)) return undefined
  const key = secp256k1.recoverKey(digest, signature.subarray(0, 64), (signature[64] ?? 0) - 27)
  return key && addressOfKey(key)
}

/**
 * Signs a 32-byte digest with a 32-byte private key (RFC 6979, low s). Each `variant`, below 2^53, is another signature of the same digest by the same
 * key, as good as any; 0 is that of RFC 6979 without more. Throws if digest or key has no such shape.
 */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array, variant = 0): Uint8Array {
  if (digest.length !== DIGEST_BYTES) throw new RangeError(`a digest has ${DIGEST_BYTES} bytes`)
  // RFC 6979 reduces the digest before the nonce is derived from it, libsecp256k1 does not.
  const reduced = encodeUint(decodeUint(digest) % ORDER, DIGEST_BYTES)
  const extra = variant === 0 ? [] : [encodeUint(BigInt(variant), EXTRA_BYTES)]
  const { signature, recovery } = secp256k1.sign(reduced, privateKey, ...extra)
  const bytes = new Uint8Array(SIGNATURE_BYTES)
  bytes.set(signature)
  bytes[64] = 27 + recovery
  return bytes
}

/** The 64-byte public key of a 32-byte private key. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return secp256k1.publicKeyOf(privateKey)
}
