// SHA-1 as the protocol needs it. `package.json#imports` chooses who does it: Node's own, noble elsewhere. All bytes hash to the same.

/** SHA-1, FIPS 180-4, of a message of any length: 20 bytes of their own. */
export type Sha1 = (message: Uint8Array) => Uint8Array
