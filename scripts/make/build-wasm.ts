// Builds the WebAssembly from its AssemblyScript: `node scripts/make/build-wasm.ts`. The results are committed, so that nobody
// needs the compiler; tests hold that a rebuild gives the same bytes.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MODULES = {
  'miner/work/kernels/wasm/keccak-search.wasm': 'miner/work/kernels/wasm/assembly/keccak-search.ts',
  'node/protocol/keccak/keccak.wasm': 'node/protocol/keccak/assembly/keccak.ts',
} as const

// Not -O3: it reorders statements, and the search lives by their order (7% slower).
const settings = ['-O1', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1']

/** Compiles the source of a module, which is named by its path. Throws what the compiler says if it does not compile. */
export async function buildWasm(output: keyof typeof MODULES): Promise<Uint8Array> {
  const source = MODULES[output]
  let wasm: Uint8Array | undefined
  const { error, stderr } = await asc.main([source, '--baseDir', root, '--outFile', output, ...settings], {
    writeFile: (name, contents) => {
      if (name === output && typeof contents !== 'string') wasm = contents
    },
  })
  if (error !== null) throw new Error(`expected ${source} to compile, got ${stderr.toString()}`, { cause: error })
  if (wasm === undefined) throw new Error(`expected the compiler to write ${output}, it did not`)
  return wasm
}

if (import.meta.main) {
  for (const output of Object.keys(MODULES) as (keyof typeof MODULES)[]) {
    writeFileSync(new URL(output, new URL('../..', import.meta.url)), await buildWasm(output))
    console.log(`wrote ${output}`)
  }
}
