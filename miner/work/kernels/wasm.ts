// Nonce search by keccak-search.wasm (source in wasm/assembly/): SIMD and scalar units at once.

import { readFileSync } from 'node:fs'
import { createLaneSearch, STATE_BYTES } from './lanes.ts'
import type { NonceSearch } from './search.ts'

export const WASM_FILE = new URL('./wasm/keccak-search.wasm', import.meta.url)

/** The WebAssembly tries this many counters a turn. */
const STRIDE = 3

// Only what is used here; the whole is among the types of the browser, which are not loaded.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

// What the exports of wasm/assembly/keccak-search.ts are.
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  message(): number
  prepare(): void
  search(start: bigint, count: number, targetHigh: bigint): number
}

/** Reads and compiles the module: some milliseconds, once per thread. */
export function createWasmSearch(): NonceSearch {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM_FILE)))
  const wasm = instance.exports as Exports // The file is built from the source that this type describes.
  const message = new Uint8Array(wasm.memory.buffer, wasm.message(), STATE_BYTES)
  return createLaneSearch({
    batch: 4_096 * STRIDE,
    load(state) {
      message.set(state)
      wasm.prepare()
    },
    search: (start, count, targetHigh) => wasm.search(start, Math.ceil(count / STRIDE) * STRIDE, targetHigh) >>> 0,
  })
}
