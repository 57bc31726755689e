// Sums up what the changes of one group did to statuses, for those who listen.

import type { Infohash } from '../../protocol/ids.ts'
import type { LedgerChange, Status } from '../types.ts'
import type { Change, Reader } from './database.ts'
import { ENTRIES, type Entry, isShared, statusOf, WAITING } from './tables.ts'

type Moment = { readonly status: Status; readonly isShared: boolean }

const UNKNOWN: Moment = { status: 'unknown', isShared: false }

export class ChangeLog {
  #first = new Map<Infohash, Moment>()
  #last = new Map<Infohash, Moment>()

  /** `before` reads what was there before the change. */
  add(change: Change, before: Reader): void {
    for (const key of change.slots.keys()) {
      if (key[0] !== ENTRIES.letter && key[0] !== WAITING.letter) continue
      const infohash = key.slice(1) as Infohash // keys of both tables are infohashes
      // What stops to wait is deleted there in the same change: else there was nothing, and no need to look.
      const mayWait = change.slots.has(WAITING.letter + infohash)
      if (!this.#first.has(infohash)) this.#first.set(infohash, momentOf(before, infohash, mayWait))
      this.#last.set(infohash, momentOf(change, infohash, mayWait))
    }
  }

  /** The net change since the last call. */
  take(): Pick<LedgerChange, 'transactions' | 'shared' | 'unshared'> {
    const transactions: { infohash: Infohash; before: Status; after: Status }[] = []
    const shared: Infohash[] = []
    const unshared: Infohash[] = []
    for (const [infohash, after] of this.#last) {
      const before = this.#first.get(infohash) ?? UNKNOWN
      if (before.status !== after.status) transactions.push({ infohash, before: before.status, after: after.status })
      if (after.isShared && !before.isShared) shared.push(infohash)
      if (before.isShared && !after.isShared) unshared.push(infohash)
    }
    this.#first = new Map()
    this.#last = new Map()
    return { transactions, shared, unshared }
  }
}

function momentOf(reader: Reader, infohash: Infohash, mayWait: boolean): Moment {
  const entry: Entry | undefined = reader.get(ENTRIES, infohash)
  if (entry !== undefined) return { status: statusOf(entry), isShared: isShared(entry) }
  return !mayWait || reader.get(WAITING, infohash) === undefined ? UNKNOWN : { status: 'waiting', isShared: false }
}
