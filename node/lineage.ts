// The order in which transactions are handed in: parents before what spends them.

import type { Infohash } from './protocol/ids.ts'
import { RuleError } from './protocol/rule-error.ts'
import { decodeTransaction, isPackable, parentsOf } from './protocol/transaction.ts'

/**
 * `roots` and their ancestors, as far as `known` has the files: each once, parents first. What is not among `known` is left out, and so is what no root
 * descends from. Without recursion, since a chain may be long; a hash cannot be among its own ancestors, so there are no loops.
 */
export function parentsFirst(roots: Iterable<Infohash>, known: ReadonlyMap<Infohash, Uint8Array>): Infohash[] {
  const ordered = new Set<Infohash>()
  const entered = new Set<Infohash>()
  const path: { readonly infohash: Infohash; readonly open: Infohash[] }[] = []
  const enter = (infohash: Infohash) => {
    const file = known.get(infohash)
    if (file === undefined || entered.has(infohash)) return
    entered.add(infohash)
    path.push({ infohash, open: parentsIn(file).reverse() })
  }
  for (const root of roots) {
    enter(root)
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const parent = at.open.pop()
      if (parent !== undefined) enter(parent)
      else {
        ordered.add(at.infohash)
        path.pop()
      }
    }
  }
  return [...ordered]
}

/** None of bytes that are not a transaction: the ledger says what is wrong with them. */
function parentsIn(file: Uint8Array): Infohash[] {
  try {
    const tx = decodeTransaction(file)
    return isPackable(tx) ? parentsOf(tx) : []
  } catch (error) {
    if (error instanceof RuleError && error.code === 'bad-transaction-file') return []
    throw error
  }
}
