// Nonce search by native/: vector instructions of the processor at hand. Optional: where it was not built, WebAssembly is there.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createLaneSearch } from './lanes.ts'
import { NATIVE_NAMES, type NativeName } from './names.ts'
import type { NonceSearch } from './search.ts'

const SOURCES = ['addon.c', 'kernels.h', 'lanes.inc'].map((name) => new URL(`./native/${name}`, import.meta.url))
/** A package brings what was built when it was made; a clone has what its install built. */
const PREBUILT = new URL('./native/prebuilt/', import.meta.url)
export const BUILT = new URL('../../../node_modules/.cache/ttx-native/', import.meta.url)

/** A few milliseconds each. */
const BATCHES: Readonly<Record<NativeName, number>> = { simd128: 1 << 14, avx2: 1 << 15, avx512: 1 << 16 }

// What addon.c exports.
type Addon = {
  /** Those that this processor can run. */
  readonly kernels: readonly NativeName[]
  search(kernel: number, state: Uint8Array, start: bigint, count: number, targetHigh: bigint): number
}

/** Its name tells of which sources it was built, and for what. */
export function nativeFileName(): string {
  const hash = createHash('sha256')
  for (const source of SOURCES) hash.update(readFileSync(source)).update('\0')
  return `keccak-search-${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 16)}.node`
}

let loaded: Addon | undefined | 'not yet' = 'not yet'

/** Undefined where it was not built, or cannot be loaded. */
function loadNative(): Addon | undefined {
  if (loaded !== 'not yet') return loaded
  const name = nativeFileName()
  const file = [PREBUILT, BUILT].map((folder) => fileURLToPath(new URL(name, folder))).find((path) => existsSync(path))
  try {
    // Built of the source that the type describes.
    loaded = file === undefined ? undefined : (createRequire(import.meta.url)(file) as Addon)
  } catch {
    loaded = undefined
  }
  return loaded
}

/** Those that this machine can run, the slowest first. */
export function nativeKernels(): readonly NativeName[] {
  const here = loadNative()?.kernels ?? []
  return NATIVE_NAMES.filter((name) => here.includes(name))
}

/** Throws `RangeError` for one that is not among `nativeKernels`. */
export function createNativeSearch(name: NativeName): NonceSearch {
  const addon = loadNative()
  const kernel = addon?.kernels.indexOf(name) ?? -1
  if (addon === undefined || kernel < 0) throw new RangeError(`expected a kernel that runs here, got ${name}`)
  let message = new Uint8Array()
  return createLaneSearch({
    batch: BATCHES[name],
    load(state) {
      message = state.slice()
    },
    search: (start, count, targetHigh) => addon.search(kernel, message, start, count, targetHigh),
  })
}
