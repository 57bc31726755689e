// Walks over transactions and their ancestors: what is missing, what is in the way, what no block has ordered. Bounded, never recursive.

import type { Infohash } from '../../protocol/ids.ts'
import { creatorStanding, entryOf, rivalsOf, spendsOf } from '../standing/books.ts'
import { judge } from '../standing/judge.ts'
import type { Reader } from '../store/database.ts'
import { type Entry, isSettled } from '../store/tables.ts'
import type { WaitingPool } from './waiting-pool.ts'

export type Ancestors = {
  readonly missing: readonly Infohash[]
  readonly unordered: readonly Infohash[]
  /** Nothing was left out. */
  readonly complete: boolean
}

/** Ancestors that are neither ordered nor final, breadth first; `limit` bounds the transactions that are looked at. */
export function ancestorsOf(reader: Reader, pool: WaitingPool, infohash: Infohash, limit: number): Ancestors {
  const missing: Infohash[] = []
  const unordered: Infohash[] = []
  const seen = new Set<Infohash>([infohash])
  let looked = 0
  for (const next of seen) {
    if (looked++ >= limit) return { missing, unordered, complete: false }
    const entry = entryOf(reader, next)
    const item = entry ?? pool.get(next)
    if (item === undefined) {
      if (creatorStanding(reader, next) === undefined) missing.push(next)
      continue
    }
    if (isSettled(entry?.standing)) continue
    if (entry !== undefined && next !== infohash) unordered.push(next)
    for (const input of 'inputs' in item ? item.inputs.map(([one]) => one) : item.prev) seen.add(input) // a set's iteration reaches what is added during it
  }
  return { missing, unordered, complete: true }
}

/** How many transactions descend from one and count, at most `limit`. */
export function countDescendants(reader: Reader, infohash: Infohash, limit: number): number {
  const seen = new Set([infohash])
  for (const next of seen) {
    for (const [purse] of entryOf(reader, next)?.outputs ?? []) {
      const { live } = spendsOf(reader, next, purse)
      if (live !== '') seen.add(live)
      if (seen.size > limit) return limit
    }
  }
  return seen.size - 1
}

/**
 * Of a conflicting transaction: what is in its way, else what is in that of its losing ancestors.
 * Of any other: all that spend one of its inputs.
 */
export function rivalsToName(reader: Reader, entry: Entry, limit: number): readonly Infohash[] {
  if (entry.standing !== 'conflicting') return rivalsOf(reader, entry)
  const seen = new Set<Infohash>([entry.infohash])
  let looked = 0
  for (const next of seen) {
    if (looked++ >= limit) break
    const ancestor = entryOf(reader, next)
    if (ancestor?.standing !== 'conflicting') continue
    const { rivals } = judge(reader, ancestor)
    if (rivals.length > 0) return next === entry.infohash ? rivalsOf(reader, entry) : rivals
    for (const [input] of ancestor.inputs) seen.add(input)
  }
  return []
}
