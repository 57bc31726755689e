// What blobs ask of a KZG library.

export type Kzg = {
  readonly name: 'native' | 'wasm'
  /** 48 bytes. `blob` is one by `isBlob`, here and below. */
  readonly commit: (blob: Uint8Array) => Uint8Array
  /** 48 bytes: that the blob has, at `place` from 0 to 4,095, the element that is there. */
  readonly prove: (blob: Uint8Array, place: number) => Uint8Array
  /** 128 of 48 bytes each: what a transaction carries for each of its blobs (EIP-7594). */
  readonly cellProofs: (blob: Uint8Array) => Uint8Array[]
}
