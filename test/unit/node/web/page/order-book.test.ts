// Offers as an order book: one table for both directions of a pair, the best price for a taker first, compared without rounding.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parseInfohash } from '../../../../../node/protocol/ids.ts'
import type { Amount } from '../../../../../node/protocol/offer.ts'
import { orderBooks, pairOf, priceOf, sideOf } from '../../../../../node/web/page/offers/order-book.ts'

const gold = parseInfohash('1'.repeat(40))
const silver = parseInfohash('2'.repeat(40))
const token = parseAddress(`0x${'3'.repeat(40)}`)
const ttx = (tokens: bigint): Amount => ({ tokens })
const of = (asset: typeof gold | typeof token, tokens: bigint): Amount => ({ tokens, asset })
const offer = (id: string, give: Amount, want: Amount) => ({ id, offer: { give, want } })

test('TTX prices whatever it is traded for, whichever of the two gives it', () => {
  const [selling, buying] = [
    { give: of(gold, 2n), want: ttx(6n) },
    { give: ttx(6n), want: of(gold, 2n) },
  ]
  assert.deepEqual(pairOf(selling), { base: gold })
  assert.deepEqual(pairOf(buying), { base: gold })
  assert.deepEqual([sideOf(selling), sideOf(buying)], ['sell', 'buy'])
  assert.deepEqual(priceOf(selling), { base: 2n, quote: 6n })
  assert.deepEqual(priceOf(buying), { base: 2n, quote: 6n })
})

test('of two other assets the same one prices the other in both directions', () => {
  for (const [one, other] of [
    [gold, silver],
    [gold, token],
  ] as const) {
    const there = pairOf({ give: of(one, 1n), want: of(other, 1n) })
    assert.deepEqual(pairOf({ give: of(other, 1n), want: of(one, 1n) }), there)
    assert.notEqual(there.base, there.quote)
  }
})

test('who sells cheapest and who pays most comes first, also where floats would see no difference', () => {
  const much = 10n ** 30n
  const entries = [
    offer('dear', of(gold, much), ttx(2n * much)),
    offer('cheap', of(gold, much), ttx(2n * much - 1n)),
    offer('pays less', ttx(much - 1n), of(gold, much)),
    offer('pays more', ttx(much), of(gold, much)),
    offer('another pair', of(silver, 1n), ttx(1n)),
  ]
  const [first, second, ...rest] = orderBooks(entries)
  assert.equal(rest.length, 0)
  assert.deepEqual(
    first?.sell.map(({ id }) => id),
    ['cheap', 'dear'],
  )
  assert.deepEqual(
    first?.buy.map(({ id }) => id),
    ['pays more', 'pays less'],
  )
  assert.deepEqual([second?.pair, second?.sell.length, second?.buy.length], [{ base: silver }, 1, 0])
})
