// Counts and sums of the shared set by the first two bytes of the infohash, so that two nodes find what differs without listing it.

import { hash } from 'node:crypto'
import type { Infohash } from '../../../protocol/ids.ts'
import { COUNTS_BYTES } from '../../limits.ts'

const BUCKETS = 65_536
const WORDS = 5
/** One bucket on the wire: count(4) and sum(16), big-endian. */
const ENTRY_BYTES = 20

export type BucketCount = { readonly count: number; readonly sum: string }

/**
 * 65,536 buckets of a count and a sum modulo 2^128 of the first 16 bytes of sha256(infohash): 1.3 MB for any number of transactions.
 * Sums can be made to collide by anyone who makes many of their own transactions; that hides only what gossip then delivers.
 */
export class Buckets {
  /** Of each bucket: count, and four words of the sum, lowest first. */
  readonly #words = new Uint32Array(BUCKETS * WORDS)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adding the same infohash twice is the caller's bug. */
  add(infohash: Infohash): void {
    this.#size += 1
    this.#accumulate(this.#words, bucketOf(infohash), [1, ...wordsOf(infohash)])
  }

  /** Undoes `add`. Removing what was not added is the caller's bug. */
  remove(infohash: Infohash): void {
    this.#size -= 1
    const at = bucketOf(infohash)
    const one = [1, 0, 0, 0]
    // Minus x is the complement of x plus one, modulo 2^128; the count wraps at 2^32.
    this.#accumulate(this.#words, at, [2 ** 32 - 1, ...wordsOf(infohash).map((word) => ~word >>> 0)])
    this.#accumulate(this.#words, at, [0, ...one])
  }

  /** Of the 256 buckets under a prefix of no or one byte (hex), `COUNTS_BYTES` in all. */
  encodeCounts(prefix: string): Uint8Array {
    const sums = new Uint32Array(256 * WORDS)
    const first = prefix === '' ? 0 : Number.parseInt(prefix, 16) * 256
    const width = prefix === '' ? 256 : 1
    for (let i = 0; i < 256 * width; i++) {
      const from = (first + i) * WORDS
      this.#accumulate(sums, Math.floor(i / width) * WORDS, this.#words.subarray(from, from + WORDS))
    }
    const counts = new DataView(new ArrayBuffer(COUNTS_BYTES))
    for (let i = 0; i < 256; i++) {
      counts.setUint32(i * ENTRY_BYTES, sums[i * WORDS] ?? 0)
      for (let word = 1; word < WORDS; word++) {
        counts.setUint32(i * ENTRY_BYTES + ENTRY_BYTES - 4 * word, sums[i * WORDS + word] ?? 0)
      }
    }
    return new Uint8Array(counts.buffer)
  }

  #accumulate(target: Uint32Array, at: number, words: ArrayLike<number>): void {
    target[at] = (target[at] ?? 0) + (words[0] ?? 0)
    let carry = 0
    for (let word = 1; word < WORDS; word++) {
      const sum = (target[at + word] ?? 0) + (words[word] ?? 0) + carry
      target[at + word] = sum
      carry = sum >= 2 ** 32 ? 1 : 0
    }
  }
}

function bucketOf(infohash: Infohash): number {
  return Number.parseInt(infohash.slice(0, 4), 16) * WORDS
}

/** The first 16 bytes of its sha256, lowest word first. */
function wordsOf(infohash: Infohash): number[] {
  const digest = hash('sha256', Buffer.from(infohash, 'hex'), 'buffer')
  return [12, 8, 4, 0].map((offset) => digest.readUInt32BE(offset))
}

/** The 256 entries of `encodeCounts`. */
export function decodeCounts(counts: Uint8Array): BucketCount[] {
  const view = Buffer.from(counts.buffer, counts.byteOffset, counts.length)
  return Array.from({ length: 256 }, (_, i) => ({
    count: view.readUInt32BE(i * ENTRY_BYTES),
    sum: view.toString('hex', i * ENTRY_BYTES + 4, (i + 1) * ENTRY_BYTES),
  }))
}
