// The offers that this browser knows, made or pasted, kept in it: whoever is at it sees them, and nobody else.

import type { Bound } from '../../../client/offers/sparing.ts'
import type { Infohash } from '../../../protocol/ids.ts'
import { formatOffer, type Offer } from '../../../protocol/offer.ts'
import { decodeOffer, MAX_OFFER_BYTES, offerId } from '../../../protocol/offer-file.ts'
import { RuleError } from '../../../protocol/rule-error.ts'
import { ofAsset } from '../../../protocol/state.ts'
import { parseList } from '../parse-list.ts'

/** What became of one for good, by a transaction in a final block. */
export type End = { readonly state: 'taken' | 'withdrawn' | 'spent'; readonly by: Infohash }
export type Entry = { readonly id: Infohash; readonly offer: Offer; readonly end?: End }

/** More would be asked about with each payment that the node hears of. */
export const MOST_OFFERS = 100

/** By its text: who signed is recovered once. */
const decoded = new Map<string, Entry | undefined>()

/** What is not an offer is passed over: nothing but this page writes there. In the order in which they came. */
export function parseBook(text: string | null): readonly Entry[] {
  return parseList(text)
    .filter(isLine)
    .flatMap(({ offer, end }) => {
      if (!decoded.has(offer)) decoded.set(offer, readEntry(offer))
      const entry = decoded.get(offer)
      return entry === undefined ? [] : [end === undefined ? entry : { ...entry, end }]
    })
}

export function formatBook(entries: readonly Entry[]): string {
  return JSON.stringify(entries.map(({ offer, end }) => ({ offer: formatOffer(offer), ...(end && { end }) })))
}

/** The same with this one; undefined if there is no room. */
export function withOffer(entries: readonly Entry[], offer: Offer): readonly Entry[] | undefined {
  const id = offerId(offer)
  if (entries.some((each) => each.id === id)) return entries
  return entries.length >= MOST_OFFERS ? undefined : [...entries, { id, offer }]
}

/** What their makers must not spend otherwise, as long as they may be taken. */
export function boundBy(entries: readonly Entry[]): readonly Bound[] {
  return entries.flatMap(({ offer: { from: owner, give, prev }, end }) =>
    end === undefined ? prev.map((infohash) => ofAsset({ owner, infohash }, give.asset)) : [],
  )
}

/** Of a file or of a clipboard. Throws `RuleError('bad-offer')`, before it looks into what is longer than any offer. */
export function readOffer(text: string): Offer {
  const trimmed = text.trim()
  if (trimmed.length <= MAX_OFFER_BYTES) return decodeOffer(trimmed)
  throw new RuleError(
    'bad-offer',
    `not an offer: expected at most ${MAX_OFFER_BYTES} characters, got ${trimmed.length}; get the file again from its maker`,
  )
}

type Line = { readonly offer: string; readonly end?: End }

function isLine(line: unknown): line is Line {
  return typeof line === 'object' && line !== null && 'offer' in line && typeof line.offer === 'string'
}

function readEntry(text: string): Entry | undefined {
  try {
    const offer = readOffer(text)
    return { id: offerId(offer), offer }
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}
