// Symbols of assets: what a wallet shows as one, and which of them look alike. A symbol is what somebody says, and never an identity.

import type { Asset } from '../protocol/asset.ts'
import { type Infohash, isInfohash } from '../protocol/ids.ts'

/** What the memo of an issuance says by convention, and no rule demands: `symbol decimals infohash-of-prospectus`, the last of which may be missing. */
export type AssetClaim = {
  readonly symbol: string
  /** Digits after the point, 0 to `MAX_DECIMALS`. */
  readonly decimals: number
  /** Of a torrent with the text that says what the asset is. */
  readonly prospectus?: Infohash
}

/** An asset by the name that it gives itself. */
export type Named = { readonly asset: Asset; readonly symbol: string }

/** One whole unit of more decimals than that is above all that an account can hold. */
export const MAX_DECIMALS = 38

/** ASCII alone: of what looks the same in other scripts there is no end. At least one letter, so that no symbol is an amount. */
const SYMBOL = /^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9.]{0,15}$/
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

/** Whether wallets show a text as a symbol: 1 to 16 letters, digits and points of ASCII, at least one of them a letter, no point in front. */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text)
}

/** The memo of an issuance. `symbol` is one, `decimals` within its bounds. */
export function formatClaim({ symbol, decimals, prospectus }: AssetClaim): string {
  return prospectus === undefined ? `${symbol} ${decimals}` : `${symbol} ${decimals} ${prospectus}`
}

/** Undefined if the memo is not of this form: then the asset has a number of units and no name. */
export function parseClaim(memo: string | undefined): AssetClaim | undefined {
  const [symbol = '', digits = '', prospectus, ...rest] = (memo ?? '').split(' ')
  if (!isSymbol(symbol) || !/^(0|[1-9][0-9]?)$/.test(digits) || rest.length > 0) return undefined
  const decimals = Number(digits)
  if (decimals > MAX_DECIMALS) return undefined
  if (prospectus === undefined) return { symbol, decimals }
  return isInfohash(prospectus) ? { symbol, decimals, prospectus } : undefined
}

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
