// Nonce search in plain TypeScript with noble's Keccak-256: some 20 times slower than WebAssembly and easy to trust.

import { keccak } from '../../node/protocol/hash.ts'
import { toHash } from '../../node/protocol/ids.ts'
import { encodeMessage, highBits, meetsTarget, writeCounter } from './nonce.ts'
import type { NonceSearch } from './nonce-search.ts'

export function createNobleSearch(): NonceSearch {
  let message: Uint8Array = new Uint8Array()
  let view = new DataView(message.buffer)
  let target = 0n
  return {
    batch: 1_024,
    load(work, prefix) {
      message = encodeMessage(work, prefix)
      view = new DataView(message.buffer)
      target = work.target
    },
    search(start, count) {
      const targetHigh = highBits(target)
      for (let counter = start; counter < start + BigInt(count); counter++) {
        writeCounter(view, counter)
        const digest = keccak(message)
        const high = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0)
        if (high <= targetHigh && meetsTarget(toHash(digest), target)) return counter
      }
      return undefined
    },
  }
}
