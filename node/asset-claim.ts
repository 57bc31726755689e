// What an issuance says of its asset by convention: a symbol, decimals, a prospectus. Nobody checks it, and it is never an identity.

import { type Infohash, isInfohash } from './protocol/ids.ts'

/** What the memo of an issuance says by convention, and no rule demands: `symbol decimals infohash-of-prospectus`, the last of which may be missing. */
export type AssetClaim = {
  readonly symbol: string
  /** Digits after the point, 0 to `MAX_DECIMALS`. */
  readonly decimals: number
  /** Of a torrent with the text that says what the asset is. */
  readonly prospectus?: Infohash
}

/** One whole unit of more decimals than that is above all that an account can hold. */
export const MAX_DECIMALS = 38

/** ASCII alone: of what looks the same in other scripts there is no end. At least one letter, so that no symbol is an amount. */
const SYMBOL = /^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9.]{0,15}$/

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
