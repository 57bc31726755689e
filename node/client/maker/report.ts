// What a maker did so far, in exact units: bought, sold, earned, and the product of its inventory then and now.

import { feeIn, PPM } from './curve.ts'
import type { Inventory, Side } from './ladder.ts'
import type { Sight } from './sight.ts'

export type Trades = {
  readonly trades: number
  /** Base units of the base asset. */
  readonly base: bigint
  /** Base units of the quote asset. */
  readonly quote: bigint
}

export type Report = {
  /** What blocks have ordered for both wallets. */
  readonly inventory: Inventory
  readonly spendable: Inventory
  /** No ladder begins before a block orders what is paid in or out. */
  readonly isFunding: boolean
  /** By takes that a block orders. */
  readonly sold: Trades
  readonly bought: Trades
  /** The part of what came in that was the fee. */
  readonly earned: Inventory
  /** Takes that no block has ordered yet. */
  readonly waiting: { readonly sold: Trades; readonly bought: Trades }
  /** Rungs that stand, those on takes that wait included. */
  readonly open: Readonly<Record<Side, number>>
  /** Offers of which what they give has vanished. */
  readonly lost: number
  /** base x quote, of the inventory that the first rung was priced from, and now. What is paid in and out otherwise changes it too. */
  readonly productBefore: bigint
  readonly product: bigint
}

const NONE: Trades = { trades: 0, base: 0n, quote: 0n }

/**
 * Whether no rung stands, and what no block has ordered would move the price by more than the fee (millionths): of the two assets that an operator pays
 * in, a block may order one before the other, and somebody's single unit of that other one would have a price by then. A ladder that stands is kept from
 * nothing, since what is paid in may never count.
 */
export function isFunding({ inventory, spendable, standing }: Sight, fee: bigint): boolean {
  return (
    standing.length === 0 &&
    (['base', 'quote'] as const).some((place) => {
      const difference = spendable[place] - inventory[place]
      return (difference < 0n ? -difference : difference) * PPM > inventory[place] * fee
    })
  )
}

export function reportOf(sight: Sight, fee: bigint): Report {
  const { inventory, spendable, mine } = sight
  const taken = mine.flatMap(({ booked, side, fate }) =>
    fate.state === 'taken' ? [{ ...booked, side, isSettled: fate.isSettled }] : [],
  )
  const tradesOf = (side: Side, isSettled: boolean) =>
    taken
      .filter((each) => each.side === side && each.isSettled === isSettled)
      .reduce((sum, { offer: { give, want } }) => {
        const [base, quote] = side === 'sell' ? [give.tokens, want.tokens] : [want.tokens, give.tokens]
        return { trades: sum.trades + 1, base: sum.base + base, quote: sum.quote + quote }
      }, NONE)
  const earnedBy = (side: Side) =>
    taken
      .filter((each) => each.side === side && each.isSettled)
      .reduce((sum, { offer, pricedFrom }) => sum + feeIn(offer.want.tokens, pricedFrom?.fee ?? 0n), 0n)
  const openOf = (side: Side) =>
    mine.filter((each) => each.side === side && (each.fate.state === 'open' || each.fate.state === 'hanging')).length
  const priced = mine.filter(({ booked }) => booked.pricedFrom !== undefined)
  const first = priced.toSorted((a, b) => a.booked.offer.time - b.booked.offer.time)[0]?.booked.pricedFrom
  return {
    ...{ inventory, spendable, isFunding: isFunding(sight, fee) },
    ...{ sold: tradesOf('sell', true), bought: tradesOf('buy', true) },
    earned: { base: earnedBy('buy'), quote: earnedBy('sell') },
    waiting: { sold: tradesOf('sell', false), bought: tradesOf('buy', false) },
    open: { sell: openOf('sell'), buy: openOf('buy') },
    lost: mine.filter(({ fate }) => fate.state === 'lost').length,
    productBefore: productOf(first ?? inventory),
    product: productOf(inventory),
  }
}

function productOf({ base, quote }: Inventory): bigint {
  return base * quote
}
