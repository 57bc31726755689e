// Percentages as people write them.

import { InvalidArgumentError } from 'commander'
import { parseWritten } from '../amount.ts'

/** Millionths, from a percentage of at most four decimals that is above 0 and at most 50. For commander. */
export function parsePercent(text: string): bigint {
  const { whole, fraction } = parseWritten(text)
  const millionths = BigInt(whole + fraction.padEnd(4, '0'))
  if (fraction.length <= 4 && millionths > 0n && millionths <= 500_000n) return millionths
  throw new InvalidArgumentError(`Expected a percentage above 0, at most 50, with at most 4 decimals; got ${text}.`)
}
