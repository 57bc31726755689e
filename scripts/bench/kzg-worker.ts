// A thread that times one KZG library, which it loads first: seconds in which a thread does not answer, and WebAssembly's catches what nobody catches.

import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { Kzg } from '../../node/ethereum/blobs/kzg.ts'
import { loadNativeKzg } from '../../node/ethereum/blobs/native-kzg.ts'
import { loadWasmKzg } from '../../node/ethereum/blobs/wasm-kzg.ts'
import { BLOB_BYTES } from '../../node/protocol/blob.ts'
import { cpuMs } from './scene.ts'

export type KzgWork = 'loading' | 'commitment' | 'opening of an element' | '128 cell proofs'

const library: unknown = workerData
let kzg: Kzg | undefined
const loadingMs = await cpuMs(async () => {
  kzg = library === 'native' ? loadNativeKzg() : await loadWasmKzg()
})
/** Elements below the modulus, and no two of them alike. */
const blob = new Uint8Array(randomBytes(BLOB_BYTES)).map((byte, i) => (i % 32 === 0 ? 0 : byte))

parentPort?.on('message', async (work: KzgWork) => {
  parentPort?.postMessage(work === 'loading' ? loadingMs : await cpuMs(() => run(work)))
})

function run(work: Exclude<KzgWork, 'loading'>): void {
  if (work === 'commitment') kzg?.commit(blob)
  else if (work === 'opening of an element') kzg?.prove(blob, 1_234)
  else kzg?.cellProofs(blob)
}
