// What the protocol needs of the curve secp256k1. `package.json#imports` chooses who does it: native code in Node, noble elsewhere.

/** Both backends return the same for all bytes; where they did not, the native one would be right, since it judges what is final. */
export type Secp256k1 = {
  /**
   * The 64-byte public key behind a signature r ‖ s of 64 bytes (SEC 1, section 4.1.6). `recovery` is 0 to 3; s may be high. Total:
   * returns undefined if there is no such key, or if a length or a number is out of range.
   */
  readonly recoverKey: (digest: Uint8Array, signature: Uint8Array, recovery: number) => Uint8Array | undefined
  /**
   * Signs a digest of 32 bytes, below the order of the curve (RFC 6979, low s): r ‖ s of 64 bytes, and 0 to 3 for the recovery. `extra` of 32 bytes
   * leads to another signature of the same digest (RFC 6979, section 3.6). Throws unless the private key has 32 bytes and is above zero and below the
   * order.
   */
  readonly sign: (
    digest: Uint8Array,
    privateKey: Uint8Array,
    extra?: Uint8Array,
  ) => { signature: Uint8Array; recovery: number }
  /** The 64-byte public key. Throws unless the private key has 32 bytes and is above zero and below the order. */
  readonly publicKeyOf: (privateKey: Uint8Array) => Uint8Array
}
