// Amounts as people write them: TTX with a decimal point, to base units, without floats.

import { InvalidArgumentError } from 'commander'
import { DECIMALS, formatAmount } from '../../node/client/amount.ts'
import { MAX_TOKENS, UNIT } from '../../node/protocol/rules.ts'

const AMOUNT = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

/**
 * Base units from 1 to 2^128 - 1 from text such as `1.5`: digits and at most one point, nothing else, so that no two readers
 * read two amounts. For commander. Throws its `InvalidArgumentError`.
 */
export function parseAmount(text: string): bigint {
  const [, whole, fraction = ''] = AMOUNT.exec(text) ?? []
  if (whole === undefined) throw badAmount('digits with at most one decimal point', text)
  if (fraction.length > DECIMALS) throw badAmount(`at most ${DECIMALS} decimals`, `${fraction.length} decimals`)
  const tokens = BigInt(whole) * UNIT + BigInt(fraction.padEnd(DECIMALS, '0'))
  if (tokens === 0n) throw badAmount('more than zero', text)
  if (tokens > MAX_TOKENS) throw badAmount(`at most ${formatAmount(MAX_TOKENS)} TTX`, text)
  return tokens
}

function badAmount(expected: string, came: string): InvalidArgumentError {
  return new InvalidArgumentError(`Expected an amount of TTX, ${expected}; got ${came}. Write it as in 1.5 or 1000.`)
}
