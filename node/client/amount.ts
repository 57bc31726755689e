// Amounts for people: TTX with a decimal point, without floats.

import { UNIT } from '../protocol/rules.ts'

/** Digits after the point. */
export const DECIMALS = 18

/** `1500000000000000000n` is `1.5`: no zeros at the end, no separators, no unit. `tokens` is not negative. */
export function formatAmount(tokens: bigint): string {
  const fraction = (tokens % UNIT).toString().padStart(DECIMALS, '0').replace(/0+$/, '')
  return fraction === '' ? `${tokens / UNIT}` : `${tokens / UNIT}.${fraction}`
}
