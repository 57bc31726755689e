// Symbols of assets that look alike. A symbol is what somebody says, and never an identity.

import type { Asset } from '../protocol/asset.ts'

/** An asset by the name that it gives itself. */
export type Named = { readonly asset: Asset; readonly symbol: string }

/** Money here or on Ethereum that is not an asset: an asset that says so is something else. */
const NO_ASSETS = ['TTX', 'wTTX', 'ETH', 'BTC']
/** What is read as the same, in lower case. */
const ALIKE = [
  [/\./g, ''],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/0/g, 'o'],
  [/[1l]/g, 'i'],
  [/2/g, 'z'],
  [/5/g, 's'],
  [/8/g, 'b'],
] as const

/** Those that read the same as the symbol of another asset: same letters in another case, a digit for a letter, `rn` for `m`. */
export function imitatedBy({ asset, symbol }: Named, known: readonly Named[]): readonly Named[] {
  const skeleton = skeletonOf(symbol)
  return known.filter((each) => each.asset !== asset && skeletonOf(each.symbol) === skeleton)
}

/** The money that an asset of this symbol would be taken for; undefined if there is none. */
export function moneyImitatedBy(symbol: string): string | undefined {
  return NO_ASSETS.find((name) => skeletonOf(name) === skeletonOf(symbol))
}

/** Whether two names of people or wallets read the same, which differ: as symbols do, and hyphens and underlines do not count. */
export function looksLike(one: string, other: string): boolean {
  const skeleton = (name: string) => skeletonOf(name.replace(/[-_]/g, ''))
  return one !== other && skeleton(one) === skeleton(other)
}

function skeletonOf(symbol: string): string {
  return ALIKE.reduce((text, [what, by]) => text.replace(what, by), symbol.toLowerCase())
}
