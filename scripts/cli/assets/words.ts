// Assets in words. A symbol is never shown without the whole id, since only that says which asset it is.

import { formatAmount } from '../../../node/client/amount.ts'
import { imitatedBy, moneyImitatedBy, type Named } from '../../../node/client/symbol.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import type { AssetView } from './views.ts'

/** `1.5 GOLD`, or `1500 units` where nobody says the decimals: to be shown beside the id. */
export function formatOf(tokens: bigint, { symbol, decimals }: Pick<AssetView, 'symbol' | 'decimals'>): string {
  if (decimals === undefined) return `${tokens} units`
  return symbol === undefined ? formatAmount(tokens, decimals) : `${formatAmount(tokens, decimals)} ${symbol}`
}

/** Others of the same look that are named: anybody can send anybody as many as they like. */
const NAMED = 2

/** With the id: `1.5 GOLD of asset …`. */
export function nameOf(tokens: bigint, view: AssetView): string {
  return `${formatOf(tokens, view)} of asset ${view.asset}`
}

/** What speaks against an asset, each a sentence without a full stop; `known` are the others that the wallet would show. */
export function warningsOf(view: AssetView, known: readonly Named[]): readonly string[] {
  const warnings: string[] = []
  if (view.kind === 3 && !view.isFinal)
    warnings.push(`its issuance is not final (${view.status}): it may never have been`)
  if (view.kind === 2 && view.isGateway === false)
    warnings.push('no gateway of this network: its contract alone decides what is behind it, and whether it pays')
  if (view.symbol === undefined) return warnings
  const { symbol } = view
  const money = moneyImitatedBy(symbol)
  if (money !== undefined) warnings.push(`it calls itself ${symbol}, and is not ${money}: it is an asset of this id`)
  const alike = imitatedBy({ asset: view.asset, symbol }, known)
  for (const other of alike.slice(0, NAMED))
    warnings.push(`its name ${symbol} reads like ${other.symbol} of another asset: ${other.asset}; compare the ids`)
  if (alike.length > NAMED)
    warnings.push(`its name ${symbol} reads like those of ${alike.length - NAMED} more assets; compare the ids`)
  return warnings
}

/** The same as rows of a table. */
export function warningRows(view: AssetView, known: readonly Named[]): readonly [string, string][] {
  return warningsOf(view, known).map((warning) => ['', `careful: ${warning}`])
}

/** What an id alone says. */
export function kindWords(asset: Asset): string {
  return asset.startsWith('0x') ? 'entered by a contract on Ethereum' : 'issued on TTX'
}
