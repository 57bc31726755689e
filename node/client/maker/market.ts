// Whose market it is, of which two assets, and what a maker has of its book of offers.

import type { Asset } from '../../protocol/asset.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import type { Amount, Offer } from '../../protocol/offer.ts'
import { ofAsset } from '../../protocol/state.ts'
import type { OfferStanding } from '../offers/standing.ts'
import type { Inventory, Side } from './ladder.ts'

/** Two wallets, since a payment to oneself cuts nothing: the stock has what no offer binds, the shop an output of its own for each rung. */
export type Market = {
  readonly stock: Address
  /** It signs the offers. */
  readonly shop: Address
  /** TTX if it is left out. */
  readonly base?: Asset
  /** What prices are in; TTX if it is left out. */
  readonly quote?: Asset
}

/** What a rung was priced from, so that a report can say what it earned. */
export type PricedFrom = Inventory & {
  /** Millionths of what comes in. */
  readonly fee: bigint
}

/** An offer of the book that a wallet of this folder made. */
export type Booked = {
  readonly id: Infohash
  readonly offer: Offer
  /** Of a rung of a maker. */
  readonly pricedFrom?: PricedFrom
  /** What became of it for good. */
  readonly end?: { readonly state: 'taken' | 'withdrawn' | 'spent'; readonly by: Infohash }
}

/** The only record of what is bound; on disk when these resolve. */
export type MakerBook = {
  /** Of all wallets of the folder. */
  readonly read: () => Promise<readonly Booked[]>
  readonly add: (offer: Offer, pricedFrom: PricedFrom) => Promise<void>
  /** Notes what became of it, if that is for good. */
  readonly note: (booked: Booked, standing: OfferStanding) => Promise<void>
}

export function assetGiven({ base, quote }: Market, side: Side): Asset | undefined {
  return side === 'sell' ? base : quote
}

export function amountOf(market: Market, side: Side, tokens: bigint): Amount {
  return ofAsset({ tokens }, assetGiven(market, side))
}

/** On which side an offer of the shop is, if it is one of this market that anybody may take. */
export function sideOf(market: Market, { from, give, want, taker, prev }: Offer): Side | undefined {
  if (from !== market.shop || taker !== undefined || prev.length !== 1) return undefined
  if (give.asset === market.base && want.asset === market.quote) return 'sell'
  return give.asset === market.quote && want.asset === market.base ? 'buy' : undefined
}

/** The one that a rung gives whole. */
export function outputOf({ prev: [output] }: Offer): Infohash {
  if (output === undefined) throw new RangeError('an offer has an input')
  return output
}
