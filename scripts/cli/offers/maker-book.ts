// The book of offers as a maker uses it: the same files, looked at again and again.

import type { MakerBook } from '../../../node/client/maker/market.ts'
import { type BookEntry, keepInBook, noteStanding, readBook } from './book.ts'

/** An entry is read once: nothing but its end ever changes in it, and what somebody else notes of that is noted here as well. */
export function makerBook(folder: string): MakerBook {
  const known = new Map<string, BookEntry>()
  return {
    read: async () => (await readBook(folder, known)).filter(({ role }) => role === 'made'),
    add: (offer, pricedFrom) => keepInBook(folder, { offer, role: 'made', isSaid: true, pricedFrom }),
    note: async ({ id }, standing) => {
      const name = `${id}.json`
      const entry = known.get(name)
      if (entry === undefined) return
      await noteStanding(folder, entry, standing)
      if ('by' in standing && standing.status === 'final') known.delete(name)
    },
  }
}

/** The same book, in which nothing is written. */
export function readOnly({ read }: MakerBook): MakerBook {
  const nothing = async () => undefined
  return { read, add: nothing, note: nothing }
}
