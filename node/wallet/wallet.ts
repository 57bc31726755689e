// An unlocked key: it signs, and it never shows itself.

import assert from 'node:assert'
import { type Address, addressOfKey } from '../protocol/ids.ts'
import { publicKeyOf, signDigest } from '../protocol/signature.ts'

/**
 * The same key serves both chains: its address is that of Ethereum (the last 20 bytes of Keccak-256 of the public key).
 * The private key lives in a `#private` field, which neither JSON nor the inspector shows; disposing wipes it.
 */
export class Wallet {
  readonly address: Address
  /** Uncompressed, without the prefix byte: 64 bytes. */
  readonly publicKey: Uint8Array
  readonly #privateKey: Uint8Array
  #wiped = false

  /** `privateKey` is a valid secp256k1 scalar of 32 bytes, big-endian; it is copied. */
  constructor(privateKey: Uint8Array) {
    this.#privateKey = Uint8Array.from(privateKey)
    this.publicKey = publicKeyOf(this.#privateKey)
    this.address = addressOfKey(this.publicKey)
  }

  /** r ‖ s ‖ v of a 32-byte digest: RFC 6979, low s (EIP-2), v 27 or 28; 65 bytes. */
  sign(digest: Uint8Array): Uint8Array {
    return this.signVariant(digest, 0)
  }

  /** See `signDigest`: one of many signatures of the same. */
  signVariant(digest: Uint8Array, variant: number): Uint8Array {
    assert(!this.#wiped, 'a wallet that was locked does not sign')
    assert(digest.length === 32, 'only digests of 32 bytes are signed')
    return signDigest(digest, this.#privateKey, variant)
  }

  /** Locks the wallet for good: the key is overwritten. */
  [Symbol.dispose](): void {
    this.#privateKey.fill(0)
    this.#wiped = true
  }
}
