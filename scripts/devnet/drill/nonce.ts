// Finds a nonce in this thread: for development chains, whose targets are easy.

import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { createWasmSearch } from '../../../miner/work/kernels/wasm.ts'
import {
  digestOf,
  encodeNonce,
  noncePrefix,
  SESSION_BYTES,
  type Solution,
  type Work,
} from '../../../miner/work/nonce.ts'

/** Lets everything else have its turn every few milliseconds. */
export async function findNonce(work: Work, signal?: AbortSignal): Promise<Solution> {
  const search = createWasmSearch()
  const prefix = noncePrefix(randomBytes(SESSION_BYTES), 0)
  search.load(work, prefix)
  for (let start = 0n; ; start += BigInt(search.batch)) {
    const counter = search.search(start, search.batch)
    if (counter !== undefined) {
      const nonce = encodeNonce(prefix, counter)
      return { work, nonce, digest: digestOf(work, nonce) }
    }
    await turn()
    signal?.throwIfAborted()
  }
}
