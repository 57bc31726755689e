// The offers that a browser keeps: read as strictly as a file of a stranger, whatever is found there.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInfohash } from '../../../../../node/protocol/ids.ts'
import { formatOffer, type Offer } from '../../../../../node/protocol/offer.ts'
import { offerId } from '../../../../../node/protocol/offer-file.ts'
import {
  boundBy,
  formatBook,
  MOST_OFFERS,
  parseBook,
  readOffer,
  withOffer,
} from '../../../../../node/web/page/offers/book.ts'
import { accountOf, signOffer } from '../../../../../scripts/assure/models/world.ts'

const maker = accountOf('maker')
const gold = parseInfohash('1'.repeat(40))
const prev = [parseInfohash('a'.repeat(40)), parseInfohash('b'.repeat(40))]

function made(want: bigint): Offer {
  const body = { give: { tokens: 5n, asset: gold }, want: { tokens: want }, time: 1, prev }
  return signOffer(maker, body)
}

test('what was kept is there again, each offer once, with what became of it', () => {
  const [one, other] = [made(1n), made(2n)]
  const both = withOffer(withOffer(withOffer([], one) ?? [], other) ?? [], one) ?? []
  assert.deepEqual(
    both.map(({ id }) => id),
    [offerId(one), offerId(other)],
  )
  const by = parseInfohash('c'.repeat(40))
  const ended = both.map((each, i) => (i === 0 ? { ...each, end: { state: 'taken', by } as const } : each))
  assert.deepEqual(parseBook(formatBook(ended)), ended)
})

test('what is not an offer is passed over, and so is one that nobody signed', () => {
  const good = formatOffer(made(1n))
  const bad = good.replace('"tokens":"5"', '"tokens":"6"')
  const text = JSON.stringify([{ offer: bad }, 7, null, { offer: 7 }, { offer: good }])
  assert.equal(parseBook(text).length, 1)
  for (const nothing of [null, '', '{}', '[', '"x"']) assert.deepEqual(parseBook(nothing), [])
})

test('what open offers give is bound, and what ended binds nothing', () => {
  const entry = { id: offerId(made(1n)), offer: made(1n) }
  const bound = prev.map((infohash) => ({ owner: maker.address, asset: gold, infohash }))
  assert.deepEqual(boundBy([entry]), bound)
  const by = parseInfohash('c'.repeat(40))
  assert.deepEqual(boundBy([{ ...entry, end: { state: 'withdrawn', by } }]), [])
})

test('a text that is longer than any offer is not looked into, and a full book takes no more', () => {
  assert.throws(() => readOffer(`{${' '.repeat(1_000_000)}}`), {
    code: 'bad-offer',
    message: /at most 2048 characters/,
  })
  assert.equal(offerId(readOffer(`\n ${formatOffer(made(1n))} `)), offerId(made(1n)))
  const entry = { id: offerId(made(1n)), offer: made(1n) }
  const full = Array.from({ length: MOST_OFFERS }, () => entry)
  assert.equal(withOffer(full, made(2n)), undefined)
  assert.equal(withOffer(full, made(1n)), full)
})
