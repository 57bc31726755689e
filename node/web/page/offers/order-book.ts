// Offers as an order book: a table for each pair of assets, best prices first. Pure.

import type { Price } from '../../../client/maker/ladder.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Offer } from '../../../protocol/offer.ts'

/** `base` is what is priced, `quote` what its price is in; TTX if there is none. */
export type Pair = { readonly base?: Asset; readonly quote?: Asset }

/** `sell` gives the base asset. Each side with the best price for a taker first. */
export type Market<T> = {
  readonly key: string
  readonly pair: Pair
  readonly sell: readonly T[]
  readonly buy: readonly T[]
}

type Terms = Pick<Offer, 'give' | 'want'>

/** TTX prices whatever it is traded for; of two others the one whose id is greater. */
export function pairOf({ give, want }: Terms): Pair {
  const [one, other] = [give.asset, want.asset]
  const isQuote = other === undefined || (one !== undefined && one < other)
  return isQuote ? pair(one, other) : pair(other, one)
}

/** Units of the quote asset for units of the base asset. */
export function priceOf({ give, want }: Terms): Price {
  return sideOf({ give, want }) === 'sell'
    ? { base: give.tokens, quote: want.tokens }
    : { base: want.tokens, quote: give.tokens }
}

export function sideOf({ give, want }: Terms): 'sell' | 'buy' {
  return pairOf({ give, want }).base === give.asset ? 'sell' : 'buy'
}

/** Pairs in the order in which they first occur. */
export function orderBooks<T extends { readonly offer: Terms }>(entries: readonly T[]): readonly Market<T>[] {
  return [...Map.groupBy(entries, ({ offer }) => keyOf(pairOf(offer)))].map(([key, all]) => {
    const of = (side: 'sell' | 'buy') => all.filter(({ offer }) => sideOf(offer) === side)
    const [first] = all
    return {
      key,
      pair: first === undefined ? {} : pairOf(first.offer),
      sell: of('sell').toSorted((a, b) => compare(priceOf(a.offer), priceOf(b.offer))),
      buy: of('buy').toSorted((a, b) => compare(priceOf(b.offer), priceOf(a.offer))),
    }
  })
}

function compare(a: Price, b: Price): number {
  const difference = a.quote * b.base - b.quote * a.base
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

function keyOf({ base, quote }: Pair): string {
  return `${base ?? 'TTX'}/${quote ?? 'TTX'}`
}

function pair(base: Asset | undefined, quote: Asset | undefined): Pair {
  return { ...(base === undefined ? {} : { base }), ...(quote === undefined ? {} : { quote }) }
}
