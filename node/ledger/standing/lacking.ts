// Which work an accepted payment lacks, so that other nodes may not have it.

import type { Infohash } from '../../protocol/ids.ts'
import { relayBitsOf } from '../../relay-bits.ts'
import type { RelayLimits } from '../intake/relay-price.ts'
import type { Reader } from '../store/database.ts'
import { type Entry, isSettled } from '../store/tables.ts'
import { entryOf } from './books.ts'
import { cheapestCoin } from './cheapest-coin.ts'

/**
 * Zero bits that other nodes ask for now in front of its infohash, or that of an ancestor, and that are not there; else 0. Where more than `limit` of its
 * ancestors lacked some when they came, what was asked of these then.
 */
export function bitsLacking(reader: Reader, entry: Entry, limits: RelayLimits, limit: number): number {
  if (entry.standing !== 'accepted') return 0
  const seen = new Set<Infohash>([entry.infohash])
  let [most, looked] = [0, 0]
  for (const infohash of seen) {
    const each = entryOf(reader, infohash)
    if (each === undefined || isSettled(each.standing) || each.bitsAsked + each.ancestorBits === 0) continue
    if (looked++ >= limit) return Math.max(most, entry.ancestorBits)
    most = Math.max(most, ownLack(reader, each, limits))
    if (each.ancestorBits > 0) for (const [parent] of each.inputs) seen.add(parent) // a set's iteration reaches what is added during it
  }
  return most
}

/** What came after it on the same coin did not make it dearer for others. */
function ownLack(reader: Reader, { infohash, inputs, bitsAsked, charge }: Entry, limits: RelayLimits): number {
  if (bitsAsked === 0) return 0
  const bits = Math.min(bitsAsked, cheapestCoin(reader, inputs, limits, charge)?.bits ?? 0)
  return relayBitsOf(infohash) < bits ? bits : 0
}
