// Prices as people write them: whole units of one asset for a whole unit of another one, without floats.

import { formatAmount, type WrittenAmount } from '../amount.ts'
import type { Price } from './ladder.ts'

/** Digits after the point of the whole unit of each; 0 where units are meant. */
export type Decimals = { readonly base: number; readonly quote: number }

const DIGITS = 8
const PLACES = 100

/** With eight digits that count, rounded. */
export function formatPrice({ base, quote }: Price, decimals: Decimals): string {
  const value = (quote * 10n ** BigInt(decimals.base + PLACES)) / (base * 10n ** BigInt(decimals.quote))
  const cut = 10n ** BigInt(Math.max(0, `${value}`.length - DIGITS))
  return formatAmount(((value + cut / 2n) / cut) * cut, PLACES)
}

export function toPrice({ whole, fraction }: WrittenAmount, decimals: Decimals): Price {
  return {
    base: 10n ** BigInt(decimals.base + fraction.length),
    quote: BigInt(whole + fraction) * 10n ** BigInt(decimals.quote),
  }
}
