// The KZG library that this machine has: native where it loads, else WebAssembly, some seven times as slow.

import type { Kzg } from './kzg.ts'

/** Takes seconds, in which the thread does not answer: the set-up of the ceremony has 4,096 points and more. */
export async function loadKzg(): Promise<Kzg> {
  try {
    const { loadNativeKzg } = await import('./native-kzg.ts')
    return loadNativeKzg()
  } catch {
    // No binary for this platform, or one that its libraries do not fit.
    const { loadWasmKzg } = await import('./wasm-kzg.ts')
    return await loadWasmKzg()
  }
}
