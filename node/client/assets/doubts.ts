// What speaks against an asset, as facts: the command line and the page say each in their own words.

import type { Asset } from '../../protocol/asset.ts'
import { imitatedBy, moneyImitatedBy, type Named } from '../symbol.ts'
import type { AssetView, IssuedView } from './view.ts'

export type Doubt =
  /** Its issuance is not final: it may never have been. */
  | { readonly kind: 'unfinal'; readonly status: IssuedView['status'] }
  /** No gateway of this network: its contract alone decides what is behind it, and whether it pays. */
  | { readonly kind: 'no-gateway' }
  /** It is not the money that it calls itself. */
  | { readonly kind: 'money'; readonly symbol: string; readonly money: string }
  /** Its name reads like that of another asset. */
  | { readonly kind: 'alike'; readonly symbol: string; readonly other: Named }
  /** And like those of so many more. */
  | { readonly kind: 'alike-more'; readonly symbol: string; readonly count: number }

/** Others of the same look that are named: anybody can send anybody as many as they like. */
const NAMED = 2

/** `known` are the others that are shown beside it. */
export function doubtsOf(view: AssetView, known: readonly Named[]): readonly Doubt[] {
  const doubts: Doubt[] = []
  if (view.kind === 3 && !view.isFinal) doubts.push({ kind: 'unfinal', status: view.status })
  if (view.kind === 2 && view.isGateway === false) doubts.push({ kind: 'no-gateway' })
  if (view.symbol === undefined) return doubts
  return [...doubts, ...likenesses(view.asset, view.symbol, known)]
}

function likenesses(asset: Asset, symbol: string, known: readonly Named[]): readonly Doubt[] {
  const money = moneyImitatedBy(symbol)
  const alike = imitatedBy({ asset, symbol }, known)
  const more = alike.length - NAMED
  return [
    ...(money === undefined ? [] : [{ kind: 'money', symbol, money } as const]),
    ...alike.slice(0, NAMED).map((other) => ({ kind: 'alike', symbol, other }) as const),
    ...(more > 0 ? [{ kind: 'alike-more', symbol, count: more } as const] : []),
  ]
}
