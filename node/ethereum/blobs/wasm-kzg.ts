// KZG by c-kzg in WebAssembly, for platforms without a native binary. It has no opening of one element, which a commitment can make.

import { loadKZG } from 'kzg-wasm'
import { formatHex, parseHex } from '../../protocol/bytes.ts'
import type { Kzg } from './kzg.ts'
import { quotientOf } from './quotient.ts'

/** Listens for what nobody catches in its thread, and throws it: for worker threads only. */
export async function loadWasmKzg(): Promise<Kzg> {
  const kzg = await loadKZG()
  const commit = (blob: Uint8Array) => parseHex(kzg.blobToKZGCommitment(`0x${formatHex(blob)}`))
  return {
    name: 'wasm',
    commit,
    prove: (blob, place) => commit(quotientOf(blob, place)),
    cellProofs: (blob) => kzg.computeCellsAndKZGProofs(`0x${formatHex(blob)}`).proofs.map(parseHex),
  }
}
