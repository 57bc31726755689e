// What every nonce search can do: the inner loop of mining, one work at a time, synchronously.

import type { Work } from '../nonce.ts'

export interface NonceSearch {
  /** How many counters to ask for at once: a call takes a few milliseconds, and a slow machine stays below 100. */
  readonly batch: number
  /** Starts on a work. `prefix` is what `noncePrefix` returns. */
  load(work: Work, prefix: Uint8Array): void
  /** The first counter from `start` to `start + count - 1` whose digest meets the target. `count` is below 2^31. */
  search(start: bigint, count: number): bigint | undefined
}
