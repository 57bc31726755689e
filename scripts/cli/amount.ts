// Amounts as arguments of commands.

import { InvalidArgumentError } from 'commander'
import { DECIMALS, readWritten, toUnits, type WrittenAmount } from '../../node/client/amount.ts'

/** Digits and at most one point, nothing else, so that no two readers read two amounts. For commander. Throws its `InvalidArgumentError`. */
export function parseWritten(text: string): WrittenAmount {
  const written = readWritten(text)
  if (written !== undefined) return written
  throw new InvalidArgumentError(
    `Expected an amount, digits with at most one decimal point; got ${text.slice(0, 80)}. Write it as in 1.5 or 1000.`,
  )
}

/**
 * Base units from 1 to 2^128 - 1 from text such as `1.5`: digits and at most one point, nothing else, so that no two readers
 * read two amounts. For commander. Throws its `InvalidArgumentError`.
 */
export function parseAmount(text: string): bigint {
  const written = readWritten(text)
  if (written === undefined) throw badAmount('digits with at most one decimal point', text)
  const tokens = toUnits(written, DECIMALS, 'TTX')
  if (typeof tokens === 'bigint') return tokens
  throw badAmount(tokens.expected, tokens.got)
}

function badAmount(expected: string, came: string): InvalidArgumentError {
  return new InvalidArgumentError(`Expected an amount of TTX, ${expected}; got ${came}. Write it as in 1.5 or 1000.`)
}
