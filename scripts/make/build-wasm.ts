// Builds miner/work/keccak-search.wasm from its AssemblyScript: `node scripts/make/build-wasm.ts`. The result is committed, so that
// mining needs no compiler; a test holds that a rebuild gives the same bytes.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = 'miner/work/assembly/keccak-search.ts'
const output = 'miner/work/keccak-search.wasm'

// Not -O3: it reorders statements, and the search lives by their order (7% slower).
const settings = ['-O1', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1']

/** Compiles the source. Throws what the compiler says if it does not compile. */
export async function buildWasm(): Promise<Uint8Array> {
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
  writeFileSync(new URL(output, new URL('../..', import.meta.url)), await buildWasm())
  console.log(`wrote ${output}`)
}
