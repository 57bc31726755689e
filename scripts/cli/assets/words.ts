// Assets in words. A symbol is never shown without the whole id, since only that says which asset it is.

import { formatAmount } from '../../../node/client/amount.ts'
import { type Doubt, doubtsOf } from '../../../node/client/assets/doubts.ts'
import type { AssetView } from '../../../node/client/assets/view.ts'
import type { Named } from '../../../node/client/symbol.ts'
import type { Asset } from '../../../node/protocol/asset.ts'

/** `1.5 GOLD`, or `1500 units` where nobody says the decimals: to be shown beside the id. */
export function formatOf(tokens: bigint, { symbol, decimals }: Pick<AssetView, 'symbol' | 'decimals'>): string {
  if (decimals === undefined) return `${tokens} units`
  return symbol === undefined ? formatAmount(tokens, decimals) : `${formatAmount(tokens, decimals)} ${symbol}`
}

/** With the id: `1.5 GOLD of asset …`. */
export function nameOf(tokens: bigint, view: AssetView): string {
  return `${formatOf(tokens, view)} of asset ${view.asset}`
}

/** What speaks against an asset, each a sentence without a full stop; `known` are the others that the wallet would show. */
export function warningsOf(view: AssetView, known: readonly Named[]): readonly string[] {
  return doubtsOf(view, known).map(warn)
}

function warn(doubt: Doubt): string {
  switch (doubt.kind) {
    case 'unfinal':
      return `its issuance is not final (${doubt.status}): it may never have been`
    case 'no-gateway':
      return 'no gateway of this network: its contract alone decides what is behind it, and whether it pays'
    case 'money':
      return `it calls itself ${doubt.symbol}, and is not ${doubt.money}: it is an asset of this id`
    case 'alike':
      return `its name ${doubt.symbol} reads like ${doubt.other.symbol} of another asset: ${doubt.other.asset}; compare the ids`
    case 'alike-more':
      return `its name ${doubt.symbol} reads like those of ${doubt.count} more assets; compare the ids`
  }
}

/** The same as rows of a table. */
export function warningRows(view: AssetView, known: readonly Named[]): readonly [string, string][] {
  return warningsOf(view, known).map((warning) => ['', `careful: ${warning}`])
}

/** What an id alone says. */
export function kindWords(asset: Asset): string {
  return asset.startsWith('0x') ? 'entered by a contract on Ethereum' : 'issued on TTX'
}
