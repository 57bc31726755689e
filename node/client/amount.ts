// Amounts for people: with a decimal point, without floats; of assets whose decimals nobody says in base units.

import type { Asset } from '../protocol/asset.ts'

/** Of TTX: digits after the point. */
export const DECIMALS = 18

/** `1500000000000000000n` is `1.5`: no zeros at the end, no separators, no unit. `tokens` is not negative; `decimals` those of TTX by default. */
export function formatAmount(tokens: bigint, decimals = DECIMALS): string {
  const unit = 10n ** BigInt(decimals)
  const fraction = decimals === 0 ? '' : (tokens % unit).toString().padStart(decimals, '0').replace(/0+$/, '')
  return fraction === '' ? `${tokens / unit}` : `${tokens / unit}.${fraction}`
}

/** With its unit: `1.5 TTX`, or `1500 units of` the asset, of which nobody here knows the decimals. */
export function nameAmount(tokens: bigint, asset?: Asset): string {
  return asset === undefined ? `${formatAmount(tokens)} TTX` : `${tokens} units of ${asset}`
}
