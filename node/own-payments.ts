// What the coins of this node's user hang on: payments that came by its RPC or its folder of proofs, and their unordered ancestors.

import type { TransactionLedger } from './ledger/types.ts'
import type { Infohash } from './protocol/ids.ts'
import { decodeTransaction, isPackable, parentsOf } from './protocol/transaction.ts'

/** Payments that are remembered, the oldest are forgotten first; about 100 bytes each. */
const MOST = 50_000
/** Transactions that are looked at for one payment. */
const WALK = 10_000

export class OwnPayments {
  readonly #ledger: Pick<TransactionLedger, 'file' | 'status'>
  readonly #most: number
  readonly #own = new Set<Infohash>()

  constructor(ledger: Pick<TransactionLedger, 'file' | 'status'>, most = MOST) {
    this.#ledger = ledger
    this.#most = most
  }

  has(infohash: Infohash): boolean {
    return this.#own.has(infohash)
  }

  /** With those of its ancestors that no block has ordered and whose files are here. What was added before is not walked again. */
  add(infohash: Infohash): void {
    const seen = new Set([infohash])
    const found: Infohash[] = []
    for (const next of seen) {
      if (seen.size > WALK) break
      const status = this.#ledger.status(next)
      const file = this.#ledger.file(next)
      if (file === undefined || ((status === 'ordered' || status === 'final') && next !== infohash)) continue
      found.push(next)
      // The first is looked at always: its ancestors may have come since.
      if (this.#own.has(next) && next !== infohash) continue
      const tx = decodeTransaction(file)
      if (isPackable(tx)) for (const parent of parentsOf(tx)) seen.add(parent) // a set's iteration reaches what is added during it
    }
    for (const each of found.reverse()) this.#remember(each)
  }

  #remember(infohash: Infohash): void {
    this.#own.delete(infohash)
    this.#own.add(infohash)
    const [oldest] = this.#own
    if (this.#own.size > this.#most && oldest !== undefined) this.#own.delete(oldest)
  }
}
