// The book of offers in the data folder: what was offered and taken from here, one file each.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { PricedFrom } from '../../../node/client/maker/market.ts'
import type { Bound } from '../../../node/client/offers/sparing.ts'
import type { OfferStanding } from '../../../node/client/offers/standing.ts'
import { makeFolder } from '../../../node/disk.ts'
import { writeDurably } from '../../../node/durable.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { formatOffer, type Offer } from '../../../node/protocol/offer.ts'
import { decodeOffer, offerId } from '../../../node/protocol/offer-file.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { ofAsset } from '../../../node/protocol/state.ts'
import { address, amount, infohash } from '../../../node/schema.ts'
import { formatJson } from '../context.ts'

export type BookEntry = {
  readonly id: Infohash
  readonly offer: Offer
  readonly role: 'made' | 'received'
  /** Whether the command that made it came to say so: else the same command goes on with it. */
  readonly isSaid: boolean
  /** Of a rung of a maker: from what inventory it was priced. */
  readonly pricedFrom?: PricedFrom
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
  pricedFrom: z.object({ base: amount, quote: amount, fee: amount }).optional(),
  end: END.optional(),
})
const NAME = /^([0-9a-f]{40})\.json$/

/** Files that are open at once: a system gives a process a limited number. */
const AT_ONCE = 32

/**
 * Newest first. `known` is for those who read it again and again: entries by the names of their files, which are not read if they are there already.
 * Throws `OperationError`: 'book-damaged', and 'file-unreadable' where nobody can tell what is in it.
 */
export async function readBook(folder: string, known = new Map<string, BookEntry>()): Promise<BookEntry[]> {
  const names = (await namesIn(folder)).filter((name) => NAME.test(name))
  const unknown = names.filter((name) => !known.has(name))
  for (let begin = 0; begin < unknown.length; begin += AT_ONCE) {
    const some = unknown.slice(begin, begin + AT_ONCE)
    const entries = await Promise.all(some.map((name) => readEntry(join(folder, name))))
    for (const entry of entries) known.set(`${entry.id}.json`, entry)
  }
  const entries = names.flatMap((name) => known.get(name) ?? [])
  return entries.toSorted((a, b) => b.offer.time - a.offer.time || (a.id < b.id ? -1 : 1))
}

/** On disk when it resolves, in place of what the book had of it. */
export async function keepInBook(
  folder: string,
  { offer, role, isSaid, pricedFrom, end }: Omit<BookEntry, 'id'>,
): Promise<void> {
  await makeFolder(folder)
  // What is undefined is left out.
  const entry = { offer: formatOffer(offer), role, isSaid, pricedFrom, end }
  await writeDurably(join(folder, `${offerId(offer)}.json`), formatJson(entry))
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
    const { offer: text, pricedFrom, end, ...entry } = ENTRY.parse(JSON.parse(await readFile(file, 'utf8')))
    const offer = decodeOffer(text)
    const id = offerId(offer)
    if (!file.endsWith(`${id}.json`)) throw new RangeError(`the offer is ${id}`)
    return {
      ...{ id, offer, ...entry },
      ...(pricedFrom === undefined ? {} : { pricedFrom }),
      ...(end === undefined ? {} : { end }),
    }
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
