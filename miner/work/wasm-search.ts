// Nonce search by keccak-search.wasm (source in assembly/): SIMD and scalar units at once.

import { readFileSync } from 'node:fs'
import { digestOf, encodeMessage, encodeNonce, highBits, MESSAGE_BYTES, meetsTarget, type Work } from './nonce.ts'
import type { NonceSearch } from './nonce-search.ts'

export const WASM_FILE = new URL('./keccak-search.wasm', import.meta.url)

const STATE_BYTES = 200
/** Keccak-256 absorbs 136 bytes at a time; its padding begins after the message and ends there. */
const RATE_BYTES = 136
/** The WebAssembly tries this many counters a turn. */
const STRIDE = 3

// Only what is used here; the whole is among the types of the browser, which are not loaded.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

// What the exports of assembly/keccak-search.ts are.
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
  const state = new Uint8Array(wasm.memory.buffer, wasm.message(), STATE_BYTES)
  let job: { readonly work: Work; readonly prefix: Uint8Array } | undefined

  return {
    batch: 4_096 * STRIDE,
    load(work, prefix) {
      job = { work, prefix: prefix.slice() }
      state.fill(0)
      state.set(encodeMessage(work, prefix))
      state[MESSAGE_BYTES] = 0x01
      state[RATE_BYTES - 1] = 0x80
      wasm.prepare()
    },
    search(start, count) {
      if (job === undefined) throw new Error('expected a call of load before search')
      const end = start + BigInt(count)
      const targetHigh = highBits(job.work.target)
      for (let from = start; from < end; ) {
        const left = Number(end - from)
        const steps = wasm.search(from, Math.ceil(left / STRIDE) * STRIDE, targetHigh) >>> 0
        if (steps >= left) return undefined
        const counter = from + BigInt(steps)
        if (isHit(job.work, encodeNonce(job.prefix, counter), targetHigh)) return counter
        from = counter + 1n
      }
      return undefined
    },
  }
}

/**
 * The WebAssembly compares the first 64 bits; only where they equal the target's do the others decide. Not more is checked
 * here: if the WebAssembly were wrong, its find must reach `PowPool`, which asserts that it is right.
 */
function isHit(work: Work, nonce: ReturnType<typeof encodeNonce>, targetHigh: bigint): boolean {
  const digest = digestOf(work, nonce)
  return highBits(BigInt(digest)) !== targetHigh || meetsTarget(digest, work.target)
}
