// What the fast kernels have in common: they compare the first 64 bits of each digest, and what they find is looked at once more here.

import { digestOf, encodeMessage, encodeNonce, highBits, MESSAGE_BYTES, meetsTarget, type Work } from '../nonce.ts'
import type { NonceSearch } from './search.ts'

/** Of Keccak-f[1600] (FIPS 202). */
export const STATE_BYTES = 200
/** Keccak-256 absorbs 136 bytes at a time; its padding begins after the message and ends there. */
const RATE_BYTES = 136

export type LaneKernel = {
  readonly batch: number
  /** Called with the state before the permutation, `STATE_BYTES` long: message with the counter zero, padding, zeros. */
  load(state: Uint8Array): void
  /** How many counters from `start` on have more than `targetHigh` in their first 64 bits, before one that has not; `count` if all have. */
  search(start: bigint, count: number, targetHigh: bigint): number
}

export function createLaneSearch(kernel: LaneKernel): NonceSearch {
  let job: { readonly work: Work; readonly prefix: Uint8Array; readonly targetHigh: bigint } | undefined
  return {
    batch: kernel.batch,
    load(work, prefix) {
      job = { work, prefix: prefix.slice(), targetHigh: highBits(work.target) }
      const state = new Uint8Array(STATE_BYTES)
      state.set(encodeMessage(work, prefix))
      state[MESSAGE_BYTES] = 0x01
      state[RATE_BYTES - 1] = 0x80
      kernel.load(state)
    },
    search(start, count) {
      if (job === undefined) throw new Error('expected a call of load before search')
      const end = start + BigInt(count)
      for (let from = start; from < end; ) {
        const left = Number(end - from)
        const steps = kernel.search(from, left, job.targetHigh)
        if (steps >= left) return undefined
        const counter = from + BigInt(steps)
        if (isHit(job.work, encodeNonce(job.prefix, counter), job.targetHigh)) return counter
        from = counter + 1n
      }
      return undefined
    },
  }
}

/**
 * Only where the first 64 bits equal the target's do the others decide. Not more is checked here: if a kernel were wrong, its find must reach `PowPool`,
 * which switches it off.
 */
function isHit(work: Work, nonce: ReturnType<typeof encodeNonce>, targetHigh: bigint): boolean {
  const digest = digestOf(work, nonce)
  return highBits(BigInt(digest)) !== targetHigh || meetsTarget(digest, work.target)
}
