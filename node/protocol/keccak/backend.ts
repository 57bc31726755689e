// Keccak-256 as the protocol needs it. `package.json#imports` chooses who does it: WebAssembly in Node, noble elsewhere. All bytes hash to the same.

/** Keccak-256 as Ethereum uses it (not SHA3-256), of a message of any length: 32 bytes of their own. */
export type Keccak256 = (message: Uint8Array) => Uint8Array
