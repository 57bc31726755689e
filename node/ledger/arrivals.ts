// Transactions in the order in which they were stored, from either end.

import type { Infohash } from '../protocol/ids.ts'
import { headOf } from './standing/head.ts'
import type { Database } from './store/database.ts'
import { ARRIVALS, ENTRIES, isSettled, isShared, numberKey } from './store/tables.ts'
import type { LedgerOrder, Newest, Page } from './types.ts'

/** Positions that one page looks at, at most: few may be left between many that a block has ordered. */
const MOST_LOOKED_AT = 10_000

type Arrivals = { readonly infohashes: readonly Infohash[]; readonly next?: number }

/** All that is stored, from position `from` on; `next` if there may be more. */
export async function arrivalsFrom(database: Database, from: number, most: number): Promise<Arrivals> {
  const rows = await database.range(ARRIVALS, { gte: numberKey(from), limit: most })
  const infohashes = rows.map(([, infohash]) => infohash as Infohash) // as written
  const last = rows.at(-1)
  return rows.length < most || last === undefined ? { infohashes } : { infohashes, next: positionOf(last) + 1 }
}

/** See `TransactionLedger.order`. */
export async function orderFrom(
  database: Database,
  { from, most, unordered }: { readonly from: number; readonly most: number; readonly unordered: boolean },
): Promise<LedgerOrder> {
  const end = endOf(database)
  const rows = await database.range(ARRIVALS, { gte: numberKey(from), lt: numberKey(end), limit: most })
  const infohashes = await sharedOf(database, rows, unordered)
  const last = rows.at(-1)
  const next = rows.length < most || last === undefined ? end : positionOf(last) + 1
  return { infohashes, next: Math.max(from, next), end }
}

/** See `TransactionLedger.newest`. */
export async function newestBefore(
  database: Database,
  { before, limit, unordered }: Newest,
): Promise<Page<Infohash, number>> {
  const items: Infohash[] = []
  let at = before ?? endOf(database)
  for (let looked = 0; items.length < limit && looked < MOST_LOOKED_AT; looked += limit) {
    // No more than the page still takes, so that none is looked at and left out.
    const most = limit - items.length
    const range = { gte: numberKey(0), lt: numberKey(at), reverse: true, limit: most }
    const rows = await database.range(ARRIVALS, range)
    items.push(...(await sharedOf(database, rows, unordered)))
    const last = rows.at(-1)
    if (rows.length < most || last === undefined) return { items }
    at = positionOf(last)
  }
  return { items, next: at }
}

async function sharedOf(
  database: Database,
  rows: readonly (readonly [string, string])[],
  unordered: boolean,
): Promise<readonly Infohash[]> {
  const entries = await database.many(
    ENTRIES,
    rows.map(([, infohash]) => infohash),
  )
  return entries.flatMap((entry) => {
    const isTold = entry !== undefined && isShared(entry) && !(unordered && isSettled(entry.standing))
    return isTold ? [entry.infohash] : []
  })
}

function endOf(database: Database): number {
  return headOf(database.disk).seq + 1
}

function positionOf([key]: readonly [string, string]): number {
  return Number.parseInt(key, 16)
}
