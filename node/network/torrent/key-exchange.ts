// The key exchange of encrypted connections (MSE), which every stranger begins by any bytes at all: its prime is tested once, and not for each of them.

import { createDiffieHellman, type DiffieHellman, randomBytes } from 'node:crypto'

/** Of MSE, 768 bits. OpenSSL tests it whenever it is handed in, which takes some four milliseconds. */
const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'
const GENERATOR = 2
/** Bytes of a private key: 160 bits are what MSE asks for. */
const PRIVATE_KEY_BYTES = 20
let shared: DiffieHellman | undefined

/** What bittorrent-protocol needs of Node's `DiffieHellman`. */
export type KeyExchange = {
  generateKeys(): Uint8Array
  computeSecret(otherPublicKey: Uint8Array): Uint8Array
}

/** Of one connection, with a private key of its own. */
export function keyExchange(): KeyExchange {
  const privateKey = randomBytes(PRIVATE_KEY_BYTES)
  const withKey = () => {
    shared ??= createDiffieHellman(PRIME, 'hex', GENERATOR)
    shared.setPrivateKey(privateKey)
    return shared
  }
  return {
    // With a private key that was set, this computes the public one.
    generateKeys: () => withKey().generateKeys(),
    computeSecret: (otherPublicKey) => withKey().computeSecret(otherPublicKey),
  }
}
