// A ladder and the book of a maker in words, as JSON, and as the index that takers read.

import { byPrice, type Rung } from '../../../node/client/maker/curve.ts'
import { type Plan, type Price, SIDES, type Side } from '../../../node/client/maker/ladder.ts'
import type { Shown } from '../../../node/client/maker/maker.ts'
import type { Market } from '../../../node/client/maker/market.ts'
import { formatPrice } from '../../../node/client/maker/price.ts'
import type { Report, Trades } from '../../../node/client/maker/report.ts'
import type { Pair, Place } from './maker-pair.ts'

const FUNDING_WORDS =
  'when a block has ordered what is paid in or out: until then the inventory would have a wrong price'

/** A rung as a row of a table and as data, cheapest first on each side; amounts in base units. */
export function ladderRows({ kept, made, withdrawn }: Plan, pair: Pair) {
  const doing = [
    ...kept.map((rung) => ({ ...rung, does: rung.isTaken ? 'taken, and no block has ordered that' : 'stands' })),
    ...made.map((rung) => ({ ...rung, does: 'would be made' })),
    ...withdrawn.map((rung) => ({ ...rung, does: 'would be withdrawn' })),
  ]
  return SIDES.flatMap((side) => doing.filter((rung) => rung.side === side).toSorted(byPrice)).map((rung) => {
    const { side, give, want, does } = rung
    const price = formatPrice(priceOf(rung), pair.decimals)
    const [gives, wants] = placesOf(side)
    const words = `${pair.words(gives, give)} for ${pair.words(wants, want)}: ${price} each, ${does}`
    return { data: { side, give, want, price, does }, row: [side === 'sell' ? 'sells' : 'buys for', words] as const }
  })
}

/** What a web server serves as `ladder.json`: each file is the id of its offer and `.json`. Prices are units of quote for one of base. */
export function indexOf({ shop, base, quote }: Market, pair: Pair, shown: readonly Shown[]) {
  const rungs = shown.map(({ id, side, offer: { give, want } }) => ({ id, side, give: give.tokens, want: want.tokens }))
  const assetData = (place: Place) => {
    const { symbol, decimals } = pair.views[place] ?? { symbol: 'TTX', decimals: 18 }
    return { asset: place === 'base' ? base : quote, symbol, decimals }
  }
  const sideOf = (side: Side) =>
    rungs
      .filter((rung) => rung.side === side)
      .toSorted(byPrice)
      .map(({ id: offer, give, want }) => {
        return {
          offer,
          file: `${offer}.json`,
          give,
          want,
          price: formatPrice(priceOf({ side, give, want }), pair.decimals),
        }
      })
  return { maker: shop, base: assetData('base'), quote: assetData('quote'), sell: sideOf('sell'), buy: sideOf('buy') }
}

export function reportRows(report: Report, pair: Pair): [string, string][] {
  const { inventory, isFunding, sold, bought, earned, waiting, open, lost, product, productBefore } = report
  const trades = ({ trades: count, base, quote }: Trades) =>
    `${pair.words('base', base)} for ${pair.words('quote', quote)} (${count} take${count === 1 ? '' : 's'})`
  const isWaiting = waiting.sold.trades + waiting.bought.trades > 0
  return [
    ['has', `${pair.words('base', inventory.base)} and ${pair.words('quote', inventory.quote)}`],
    ...(isFunding ? [['begins', FUNDING_WORDS] as [string, string]] : []),
    ['stand', `${open.sell} that sell, ${open.buy} that buy`],
    ['sold', trades(sold)],
    ['bought', trades(bought)],
    ['earned', `${pair.words('base', earned.base)} and ${pair.words('quote', earned.quote)} in fees`],
    ...(isWaiting
      ? [
          ['waiting', `sold ${trades(waiting.sold)}, bought ${trades(waiting.bought)}: no block has ordered it`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(lost === 0 ? [] : [['lost', `${lost} offers: what they give has vanished`] as [string, string]]),
    ['product', `${product}, at the first rung ${productBefore}`],
  ]
}

function placesOf(side: Side): readonly [gives: Place, wants: Place] {
  return side === 'sell' ? ['base', 'quote'] : ['quote', 'base']
}

function priceOf({ side, give, want }: Rung & { readonly side: Side }): Price {
  return side === 'sell' ? { base: give, quote: want } : { base: want, quote: give }
}
