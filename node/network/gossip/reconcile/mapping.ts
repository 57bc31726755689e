// Which symbols of a sketch an infohash is in: integers only, so that every implementation finds the same (docs/network.md, *Symbols*).

import { hash } from 'node:crypto'
import type { Infohash } from '../../../protocol/ids.ts'
import { SYMBOL_BYTES, SYMBOLS } from '../../limits.ts'

export const SYMBOL_WORDS = SYMBOL_BYTES / 4
const CHECK_WORD = 5
/** The first four words of xorshift128 are the last four of the infohash: its first ones may begin with zeros, as work. */
const SEED_WORD = 1

/** What is XORed into each of its symbols: `infohash ‖ first 4 bytes of sha256(infohash)`, as words in the byte order of the machine. */
export function wordsOf(infohash: Infohash): Int32Array {
  const bytes = Buffer.alloc(SYMBOL_BYTES)
  bytes.write(infohash, 'hex')
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, SYMBOL_WORDS)
  words[CHECK_WORD] = checkOf(bytes)
  return words
}

/** Whether the words at `at` are those of one infohash alone that is in symbol `index`. Of what several were XORed to, one in 2^32 and fewer. */
export function isPure(words: Int32Array, at: number, index: number): boolean {
  return isIn(words, at, index) && words[at + CHECK_WORD] === checkOf(bytesAt(words, at))
}

/** The infohash in a pure symbol. */
export function infohashIn(words: Int32Array, at: number): Infohash {
  return bytesAt(words, at).toString('hex', 0, 20) as Infohash // 20 bytes
}

/**
 * The symbols of the infohash at `at`, ascending, of `SYMBOLS` in all: 13 of them in the mean. Symbol 0, and after symbol `j` the least `k > j` with
 * `r · (k + 1) · (k + 2) ≥ 2^32 · (j + 1) · (j + 2)`, where `r` is the next word of xorshift128 (G. Marsaglia, *Xorshift RNGs*, 2003). So an infohash is in symbol `k` with
 * probability `1 / (1 + k / 2)`, as rateless tables want it (L. Yang, Y. Gilad and M. Alizadeh, *Practical Rateless Set Reconciliation*, SIGCOMM 2024, section 4.2).
 */
export function symbolsOf(words: Int32Array, at = 0): number[] {
  const symbols: number[] = []
  walk(words, at, (index) => {
    symbols.push(index)
    return true
  })
  return symbols
}

function isIn(words: Int32Array, at: number, wanted: number): boolean {
  let last = 0
  walk(words, at, (index) => {
    last = index
    return index < wanted
  })
  return last === wanted
}

/** Calls `visit` for each symbol until it returns false. */
function walk(words: Int32Array, at: number, visit: (index: number) => boolean): void {
  let [x = 0, y = 0, z = 0, w = 0] = [0, 1, 2, 3].map((i) => bigEndian(words[at + SEED_WORD + i] ?? 0))
  let index = 0
  while (visit(index)) {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    const next = following(index, w >>> 0)
    if (next === undefined) return
    index = next
  }
}

/** Undefined if that is beyond the last symbol. All products are below 2^53, and so exact. */
function following(index: number, random: number): number | undefined {
  const least = 2 ** 32 * (index + 1) * (index + 2)
  if (random * SYMBOLS * (SYMBOLS + 1) < least) return undefined
  // A root that is wrong by one or two does no harm: the integers decide.
  let next = Math.max(index + 1, Math.floor((Math.sqrt(1 + (4 * least) / random) - 3) / 2) - 1)
  while (random * (next + 1) * (next + 2) < least) next += 1
  return next
}

function checkOf(bytes: Buffer): number {
  return bigEndian(hash('sha256', bytes.subarray(0, 20), 'buffer').readInt32BE())
}

function bytesAt(words: Int32Array, at: number): Buffer {
  return Buffer.from(words.buffer, words.byteOffset + at * 4, SYMBOL_BYTES)
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Of a word in the order of the machine, or back. */
function bigEndian(word: number): number {
  if (!IS_LITTLE) return word
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
