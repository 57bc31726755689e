// The two hash functions of the protocol: Keccak-256 (Ethereum) and SHA-1 (BitTorrent v1).

import { keccak256 } from '#keccak'
import { sha1 as sha1Backend } from '#sha1'

/** Keccak-256 as Ethereum uses it (not SHA3-256): 32 bytes. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak256(bytes)
}

/** SHA-1, FIPS 180-4: 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return sha1Backend(bytes)
}
