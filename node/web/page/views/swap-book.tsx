// All offers that this browser knows, by pair and price.

import { Link } from '@tanstack/react-router'
import { formatPrice } from '../../../client/maker/price.ts'
import type { Asset } from '../../../protocol/asset.ts'
import type { Address } from '../../../protocol/ids.ts'
import { AssetLink } from '../assets/asset-name.tsx'
import { nameUnit, type Unit, unitOf } from '../assets/unit.ts'
import { useAsset } from '../assets/use-asset.ts'
import { useWords } from '../language/language.tsx'
import type { Entry } from '../offers/book.ts'
import { type Market, orderBooks, type Pair, priceOf } from '../offers/order-book.ts'
import { useOwner } from '../offers/own.tsx'
import { StandingBadge } from '../offers/standing-badge.tsx'
import { useBook } from '../offers/use-book.ts'
import { AddressLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Scroll } from '../parts/scroll.tsx'
import { Badge } from '../parts/states.tsx'

export function SwapBook({ bridge }: { readonly bridge: Address }) {
  const { swap } = useWords()
  const all = useBook(bridge)
  const ended = all.filter(({ end }) => end !== undefined)
  return (
    <section>
      <h2>{swap.known}</h2>
      {all.length === 0 && <p className="faint">{swap.none}</p>}
      {orderBooks(all.filter(({ end }) => end === undefined)).map((market) => (
        <PairTable key={market.key} bridge={bridge} market={market} />
      ))}
      {ended.length > 0 && (
        <>
          <h3>{swap.ended}</h3>
          <ul className="plain">
            {ended.map((entry) => (
              <li key={entry.id}>
                <OfferLink id={entry.id} /> <StandingBadge bridge={bridge} entry={entry} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

type PairTableProps = { readonly bridge: Address; readonly market: Market<Entry> }

function PairTable({ bridge, market: { pair, sell, buy } }: PairTableProps) {
  const words = useWords()
  const { swap } = words
  const [base, quote] = [useUnitOf(pair.base), useUnitOf(pair.quote)]
  const names = [nameOf(base), nameOf(quote)] as const
  return (
    <section className="card" aria-label={swap.pair(...names)}>
      <h3>{swap.pair(...names)}</h3>
      <p className="wrap">
        {[pair.base, pair.quote].map((asset) =>
          asset === undefined ? null : (
            <span key={asset}>
              <AssetLink asset={asset} whole />{' '}
            </span>
          ),
        )}
      </p>
      <SideTable bridge={bridge} caption={swap.sell(names[0])} entries={sell} units={{ base, quote }} />
      <SideTable bridge={bridge} caption={swap.buy(names[0])} entries={buy} units={{ base, quote }} />
    </section>
  )

  function nameOf(unit: Unit): string {
    return nameUnit(unit, words)
  }
}

type SideTableProps = {
  readonly bridge: Address
  readonly caption: string
  readonly entries: readonly Entry[]
  readonly units: { readonly [Side in keyof Required<Pair>]: Unit }
}

function SideTable({ bridge, caption, entries, units: { base, quote } }: SideTableProps) {
  const { swap } = useWords()
  const owner = useOwner()
  if (entries.length === 0) return null
  const decimals = { base: base.decimals ?? 0, quote: quote.decimals ?? 0 }
  return (
    <Scroll name={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{swap.offer}</th>
            <th scope="col" className="number">
              {swap.price}
            </th>
            <th scope="col" className="number">
              {swap.gives}
            </th>
            <th scope="col" className="number">
              {swap.wants}
            </th>
            <th scope="col">{swap.standing}</th>
            <th scope="col">{swap.by}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ offer, ...entry }) => (
            <tr key={entry.id}>
              <td>
                <OfferLink id={entry.id} />
              </td>
              <td className="number">{formatPrice(priceOf(offer), decimals)}</td>
              <td className="number">
                <Money {...offer.give} isBare />
              </td>
              <td className="number">
                <Money {...offer.want} isBare />
              </td>
              <td>
                <StandingBadge bridge={bridge} entry={{ ...entry, offer }} />
              </td>
              <td>
                <AddressLink owner={offer.from} /> {offer.from === owner && <Badge tone="good">{swap.mine}</Badge>}
                {offer.taker !== undefined && offer.from !== owner && (
                  <Badge tone="plain">{offer.taker === owner ? swap.forYou : swap.forOther}</Badge>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function OfferLink({ id }: Pick<Entry, 'id'>) {
  const { swap } = useWords()
  return (
    <Link to="/swap" search={{ offer: id }} title={id}>
      {swap.open} <span className="id">{id.slice(0, 8)}</span>
    </Link>
  )
}

function useUnitOf(asset: Asset | undefined): Unit {
  return unitOf(asset, useAsset(asset).data)
}
