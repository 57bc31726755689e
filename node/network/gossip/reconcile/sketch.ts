// The first symbols of a rateless table of the set, kept up to date: any peer is answered by a slice of it, without a walk through the set.

import type { Infohash } from '../../../protocol/ids.ts'
import { SYMBOL_BYTES, SYMBOLS } from '../../limits.ts'
import { SYMBOL_WORDS, symbolsOf, wordsOf } from './mapping.ts'

/** Coded symbols (Yang, Gilad and Alizadeh, SIGCOMM 2024): 24,576 bytes for any number of transactions. */
export class Sketch {
  readonly #words = new Int32Array(SYMBOLS * SYMBOL_WORDS)
  /** What a reader began to read is of one moment until it begins again, or its parts would not fit. */
  readonly #begun = new WeakMap<object, Uint8Array>()

  /** Adds an infohash that is not in it, or removes one that is. */
  toggle(infohash: Infohash): void {
    const item = wordsOf(infohash)
    for (const index of symbolsOf(item)) toggleAt(this.#words, index, item)
  }

  /** As it is now: `SYMBOLS` times `SYMBOL_WORDS`. */
  copy(): Int32Array {
    return this.#words.slice()
  }

  /** At most `most` symbols of `reader`'s moment, which begins where `from` is 0; of now if it never began. None from beyond the last. */
  read(reader: object, from: number, most: number): Uint8Array {
    let bytes = from === 0 ? undefined : this.#begun.get(reader)
    if (bytes === undefined) {
      bytes = new Uint8Array(this.#words.slice().buffer)
      this.#begun.set(reader, bytes)
    }
    return bytes.subarray(from * SYMBOL_BYTES, (from + most) * SYMBOL_BYTES)
  }
}

/** XORs the words of one infohash into a symbol. */
export function toggleAt(words: Int32Array, index: number, item: Int32Array): void {
  const at = index * SYMBOL_WORDS
  for (let i = 0; i < SYMBOL_WORDS; i++) words[at + i] = (words[at + i] ?? 0) ^ (item[i] ?? 0)
}
