// An offer as people name it: a file, standard input, or its id in the book.

import { OperationError } from '../../../node/errors.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import type { Offer } from '../../../node/protocol/offer.ts'
import { decodeOffer, MAX_OFFER_BYTES, offerId } from '../../../node/protocol/offer-file.ts'
import type { CliContext } from '../context.ts'
import { readLimited } from '../files.ts'
import { readInput } from '../prompt.ts'
import { type BookEntry, readBook } from './book.ts'

export const OFFER_HELP = 'its offer.json, - for standard input, or its id in the book of this folder'

export type NamedOffer = {
  readonly id: Infohash
  readonly offer: Offer
  /** If the book has it. */
  readonly entry?: BookEntry
}

/** Throws `bad-offer`, `unknown-offer`, `book-damaged`, and what reading a file throws. */
export async function readOfferArgument({ folder, shell }: CliContext, text: string): Promise<NamedOffer> {
  const book = await readBook(folder.offers)
  if (/^[0-9a-f]{40}$/i.test(text)) {
    const entry = book.find(({ id }) => id === text.toLowerCase())
    if (entry !== undefined) return { id: entry.id, offer: entry.offer, entry }
    throw new OperationError(
      'unknown-offer',
      `expected an offer of the book in ${folder.offers}, got ${text}, which is not there; name the file of the offer, or see "ttx offer list"`,
      { facts: { offer: text } },
    )
  }
  const given =
    text === '-'
      ? await readInput(shell, MAX_OFFER_BYTES)
      : Buffer.from(await readLimited(text, MAX_OFFER_BYTES, 'an offer')).toString('utf8')
  const offer = decodeOffer(given)
  const id = offerId(offer)
  const entry = book.find((each) => each.id === id)
  return { id, offer, ...(entry === undefined ? {} : { entry }) }
}
