// The book of offers in the data folder: what was offered and taken from here, one file each.

import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Bound } from '../../../node/client/offers/sparing.ts'
import type { OfferStanding } from '../../../node/client/offers/standing.ts'
import { writeDurably } from '../../../node/durable.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { formatOffer, type Offer } from '../../../node/protocol/offer.ts'
import { decodeOffer, offerId } from '../../../node/protocol/offer-file.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { ofAsset } from '../../../node/protocol/state.ts'
import { address, infohash } from '../../../node/schema.ts'

export type BookEntry = {
  readonly id: Infohash
  readonly offer: Offer
  readonly role: 'made' | 'received'
  /** Whether the command that made it came to say so: else the same command goes on with it. */
  readonly isSaid: boolean
  /** What became of it for good: by a transaction in a final block. */
  readonly end?: z.infer<typeof END>
}

const END = z.union([
  z.object({ state: z.literal('taken'), by: infohash, taker: address }),
  z.object({ state: z.enum(['withdrawn', 'spent']), by: infohash }),
])
const ENTRY = z.strictObject({
  offer: z.string(),
  role: z.enum(['made', 'received']),
  isSaid: z.boolean(),
  end: END.optional(),
})
const NAME = /^([0-9a-f]{40})\.json$/

/** Files that are open at once: a system gives a process a limited number. */
const AT_ONCE = 32

/** Newest first. Throws `OperationError`: 'book-damaged', and 'file-unreadable' where nobody can tell what is in it. */
export async function readBook(folder: string): Promise<BookEntry[]> {
  const names = (await namesIn(folder)).filter((name) => NAME.test(name))
  const entries: BookEntry[] = []
  for (let begin = 0; begin < names.length; begin += AT_ONCE) {
    const some = names.slice(begin, begin + AT_ONCE).map((name) => readEntry(join(folder, name)))
    entries.push(...(await Promise.all(some)))
  }
  return entries.toSorted((a, b) => b.offer.time - a.offer.time || (a.id < b.id ? -1 : 1))
}

/** On disk when it resolves, in place of what the book had of it. */
export async function keepInBook(folder: string, { offer, role, isSaid, end }: Omit<BookEntry, 'id'>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const entry = { offer: formatOffer(offer), role, isSaid, ...(end === undefined ? {} : { end }) }
  await writeDurably(join(folder, `${offerId(offer)}.json`), `${JSON.stringify(entry)}\n`)
}

/** The same entry, which what was seen just now may have ended for good. */
export async function noteStanding(folder: string, entry: BookEntry, standing: OfferStanding): Promise<void> {
  if (entry.end !== undefined || !('by' in standing) || standing.status !== 'final') return
  const { status: _status, rivals: _rivals, ...end } = standing
  await keepInBook(folder, { ...entry, end })
}

/** What offers from here give that may still be taken. */
export async function boundOutputs(folder: string): Promise<Bound[]> {
  const open = (await readBook(folder)).filter(({ role, end }) => role === 'made' && end === undefined)
  return open.flatMap(({ offer: { from: owner, give, prev } }) =>
    prev.map((each) => ofAsset({ owner, infohash: each }, give.asset)),
  )
}

/** None if there is no book yet. One that cannot be read is another matter: what its offers bind would be spent. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    if ('code' in cause && cause.code === 'ENOENT') return []
    throw new OperationError(
      'file-unreadable',
      `expected the book of offers in ${folder}, got ${cause.message}; what is offered from here is not known, and could be spent: see what is there`,
      { facts: { file: folder }, cause },
    )
  }
}

async function readEntry(file: string): Promise<BookEntry> {
  try {
    const { offer: text, end, ...entry } = ENTRY.parse(JSON.parse(await readFile(file, 'utf8')))
    const offer = decodeOffer(text)
    const id = offerId(offer)
    if (!file.endsWith(`${id}.json`)) throw new RangeError(`the offer is ${id}`)
    return { id, offer, ...entry, ...(end === undefined ? {} : { end }) }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const got = cause instanceof RuleError || cause instanceof RangeError ? cause.message : 'something else'
    throw new OperationError(
      'book-damaged',
      `expected an offer of the book in ${file}, got ${got}; move the file away: whoever has the offer itself can still take it`,
      { facts: { file }, cause },
    )
  }
}
