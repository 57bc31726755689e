// Amounts for people: with a decimal point, without floats; of assets whose decimals nobody says in base units.

import type { Asset } from '../protocol/asset.ts'
import { MAX_TOKENS } from '../protocol/rules.ts'

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

/** As it was typed, before it is known how many decimals there are. */
export type WrittenAmount = { readonly text: string; readonly whole: string; readonly fraction: string }

const AMOUNT = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

/** Digits and at most one point, nothing else, so that no two readers read two amounts; `undefined` for anything else. */
export function readWritten(text: string): WrittenAmount | undefined {
  const [, whole, fraction = ''] = AMOUNT.exec(text) ?? []
  return whole === undefined ? undefined : { text, whole, fraction }
}

/** Base units from 1 to 2^128 - 1; else what is wrong, as what was expected and what came. */
export function toUnits({ text, whole, fraction }: WrittenAmount, decimals: number, unit: string) {
  if (fraction.length > decimals) {
    return {
      expected: decimals === 0 ? 'no decimals' : `at most ${decimals} decimals`,
      got: `${fraction.length} decimals`,
    }
  }
  const tokens = BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0')
  if (tokens === 0n) return { expected: 'more than zero', got: text }
  if (tokens > MAX_TOKENS) return { expected: `at most ${formatAmount(MAX_TOKENS, decimals)} ${unit}`, got: text }
  return tokens
}
