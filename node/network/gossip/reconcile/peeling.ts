// Finds the infohashes in which two sets differ from the symbols of both, by peeling: what is alone in a symbol is taken out of all of its symbols.

import type { Infohash } from '../../../protocol/ids.ts'
import { SYMBOLS } from '../../limits.ts'
import { infohashIn, isPure, SYMBOL_WORDS, symbolsOf } from './mapping.ts'
import { toggleAt } from './sketch.ts'

/** `more`: it takes more symbols. `contradiction`: they are not those of any set, or two infohashes were made to look like a third. */
export type Peeled = 'done' | 'more' | 'contradiction'

type Item = { readonly words: Int32Array; readonly symbols: readonly number[] }

export class Peeling {
  /** The difference: symbols of one side XORed with those of the other, without what was found. */
  readonly #words: Int32Array
  readonly #found = new Map<Infohash, Item>()
  #length = 0

  /** `ours`: a copy of the sketch of this side, of one moment. */
  constructor(ours: Int32Array) {
    this.#words = ours
  }

  /** Symbols of the other side that were added. */
  get length(): number {
    return this.#length
  }

  /** On either side alone; all of them once `add` has said `done`. */
  get found(): readonly Infohash[] {
    return [...this.#found.keys()]
  }

  /** Adds the next symbols of the other side, whole ones and no more than there are. At most as many infohashes are found as there are symbols. */
  add(symbols: Uint8Array): Peeled {
    const theirs = new Int32Array(Uint8Array.from(symbols).buffer)
    const [from, to] = [this.#length, Math.min(SYMBOLS, this.#length + theirs.length / SYMBOL_WORDS)]
    const begin = from * SYMBOL_WORDS
    for (const [i, word] of theirs.entries()) this.#words[begin + i] = (this.#words[begin + i] ?? 0) ^ word
    for (const { words, symbols: indices } of this.#found.values()) {
      for (const index of indices) if (index >= from && index < to) toggleAt(this.#words, index, words)
    }
    this.#length = to
    return this.#peel(Array.from({ length: to - from }, (_, i) => from + i))
  }

  #peel(changed: number[]): Peeled {
    for (let index = changed.pop(); index !== undefined; index = changed.pop()) {
      const at = index * SYMBOL_WORDS
      if (this.#isEmpty(at) || !isPure(this.#words, at, index)) continue
      const words = this.#words.slice(at, at + SYMBOL_WORDS)
      const infohash = infohashIn(words, 0)
      if (this.#found.has(infohash) || this.#found.size === this.#length) return 'contradiction'
      const symbols = symbolsOf(words)
      this.#found.set(infohash, { words, symbols })
      for (const other of symbols) {
        if (other >= this.#length) break
        toggleAt(this.#words, other, words)
        if (other !== index) changed.push(other)
      }
    }
    for (let index = 0; index < this.#length; index++) if (!this.#isEmpty(index * SYMBOL_WORDS)) return 'more'
    return 'done'
  }

  #isEmpty(at: number): boolean {
    for (let i = 0; i < SYMBOL_WORDS; i++) if (this.#words[at + i] !== 0) return false
    return true
  }
}
