// Keccak-256 by keccak.wasm (source in assembly/), for Node: some eight times as fast as noble.

import { readFileSync } from 'node:fs'
import type { Keccak256 } from './backend.ts'

export const WASM_FILE = new URL('./keccak.wasm', import.meta.url)

/** Keccak-256 absorbs 136 bytes at a time; its padding begins after the message and ends with the last of them. */
const RATE_BYTES = 136
/** What the WebAssembly takes at once. */
const INPUT_BLOCKS = 64
const INPUT_BYTES = INPUT_BLOCKS * RATE_BYTES
const DIGEST_BYTES = 32

// Only what is used here; the whole is among the types of the browser, which are not loaded.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

// What the exports of assembly/keccak.ts are.
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  input(): number
  state(): number
  begin(): void
  absorb(blocks: number): void
}

const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM_FILE)))
const wasm = instance.exports as Exports // The file is built from the source that this type describes.
const input = new Uint8Array(wasm.memory.buffer, wasm.input(), INPUT_BYTES)
const digest = new Uint8Array(wasm.memory.buffer, wasm.state(), DIGEST_BYTES)

export const keccak256: Keccak256 = (message) => {
  wasm.begin()
  let offset = 0
  for (; message.length - offset >= INPUT_BYTES; offset += INPUT_BYTES) {
    input.set(message.subarray(offset, offset + INPUT_BYTES))
    wasm.absorb(INPUT_BLOCKS)
  }
  const rest = message.length - offset
  const blocks = Math.floor(rest / RATE_BYTES) + 1
  const last = blocks * RATE_BYTES - 1
  input.set(offset === 0 ? message : message.subarray(offset))
  input.fill(0, rest, last + 1)
  input[rest] = 0x01
  input[last] = (input[last] ?? 0) | 0x80
  wasm.absorb(blocks)
  return digest.slice()
}
