// Amounts for people: TTX with a decimal point, without floats; other assets in their base units.

import type { Asset } from '../protocol/asset.ts'
import { UNIT } from '../protocol/rules.ts'

/** Digits after the point. */
export const DECIMALS = 18

/** `1500000000000000000n` is `1.5`: no zeros at the end, no separators, no unit. `tokens` is not negative. */
export function formatAmount(tokens: bigint): string {
  const fraction = (tokens % UNIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '')
  return fraction === '' ? `${tokens / UNIT}` : `${tokens / UNIT}.${fraction}`
}

/** With its unit: `1.5 TTX`, or `1500 units of` the asset, of which nobody here knows the decimals. */
export function nameAmount(tokens: bigint, asset?: Asset): string {
  return asset === undefined ? `${formatAmount(tokens)} TTX` : `${tokens} units of ${asset}`
}
