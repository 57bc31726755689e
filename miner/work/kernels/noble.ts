// Nonce search in plain TypeScript with noble's Keccak-256: some 20 times slower than WebAssembly and easy to trust.

import { toHash } from '../../../node/protocol/ids.ts'
import { keccak256 } from '../../../node/protocol/keccak/noble.ts'
import { encodeMessage, highBits, meetsTarget, writeCounter } from '../nonce.ts'
import type { NonceSearch } from './search.ts'

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
      // Four bytes as a number reject nearly all digests; a bigint for each would cost a third of the rate.
      const first = Number(highBits(target) >> 32n)
      const end = start + BigInt(count)
      for (let counter = start; counter < end; counter++) {
        writeCounter(view, counter)
        const digest = keccak256(message)
        if (firstBytes(digest) > first) continue
        if (meetsTarget(toHash(digest), target)) return counter
      }
      return undefined
    },
  }
}

function firstBytes(digest: Uint8Array): number {
  return (((digest[0] ?? 0) << 24) | ((digest[1] ?? 0) << 16) | ((digest[2] ?? 0) << 8) | (digest[3] ?? 0)) >>> 0
}
