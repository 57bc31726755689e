// Amounts as people write them: with a decimal point, to base units, without floats.

import { InvalidArgumentError } from 'commander'
import { DECIMALS, formatAmount } from '../../node/client/amount.ts'
import { MAX_TOKENS } from '../../node/protocol/rules.ts'

/** As it was typed, before it is known how many decimals there are. */
export type WrittenAmount = { readonly text: string; readonly whole: string; readonly fraction: string }

const AMOUNT = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

/** Digits and at most one point, nothing else, so that no two readers read two amounts. For commander. Throws its `InvalidArgumentError`. */
export function parseWritten(text: string): WrittenAmount {
  const [, whole, fraction = ''] = AMOUNT.exec(text) ?? []
  if (whole !== undefined) return { text, whole, fraction }
  throw new InvalidArgumentError(
    `Expected an amount, digits with at most one decimal point; got ${text.slice(0, 80)}. Write it as in 1.5 or 1000.`,
  )
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

/**
 * Base units from 1 to 2^128 - 1 from text such as `1.5`: digits and at most one point, nothing else, so that no two readers
 * read two amounts. For commander. Throws its `InvalidArgumentError`.
 */
export function parseAmount(text: string): bigint {
  if (!AMOUNT.test(text)) throw badAmount('digits with at most one decimal point', text)
  const tokens = toUnits(parseWritten(text), DECIMALS, 'TTX')
  if (typeof tokens === 'bigint') return tokens
  throw badAmount(tokens.expected, tokens.got)
}

function badAmount(expected: string, came: string): InvalidArgumentError {
  return new InvalidArgumentError(`Expected an amount of TTX, ${expected}; got ${came}. Write it as in 1.5 or 1000.`)
}
