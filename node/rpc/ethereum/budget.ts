// How much one HTTP request may cost, whatever is in it: counted in transactions that are read from the disk.

import { EthereumError } from './errors.ts'

/** A full block has 3,500 transactions, so any one of them can be read. */
export const MOST_READS = 5_000

export class Budget {
  #left = MOST_READS

  /** Whether it suffices; then it is spent. */
  has(reads: number): boolean {
    if (reads > this.#left) return false
    this.#left -= reads
    return true
  }

  /** Throws `EthereumError` (limit). */
  spend(reads: number): void {
    if (this.has(reads)) return
    throw new EthereumError(
      'limit',
      `one request may have ${MOST_READS} transactions read, and what it asks for needs more: send the calls of a batch in several requests`,
    )
  }

  get left(): number {
    return this.#left
  }
}
