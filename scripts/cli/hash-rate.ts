// Hash rates as people write them.

import { InvalidArgumentError } from 'commander'

const RATE = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)([kMGTP]?)$/
const PREFIXES = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 } as const
const SIZES = Object.entries(PREFIXES).toReversed()

/** Hashes a second from text such as `8.8M`. For commander. Throws its `InvalidArgumentError`. */
export function parseHashRate(text: string): number {
  const [, count, prefix = ''] = RATE.exec(text) ?? []
  const rate = Number(count) * PREFIXES[prefix as keyof typeof PREFIXES]
  if (rate > 0) return rate
  throw new InvalidArgumentError(
    `Expected hashes a second above zero, as in 500k, 8.8M, 2G or 1T; got ${JSON.stringify(text.slice(0, 40))}.`,
  )
}

/** `1.18 MH/s`: three digits that count. */
export function formatHashRate(perSecond: number): string {
  return `${formatCount(perSecond, ' ')}H/s`
}

/** `220 MH`: 220 million hashes. */
export function formatHashes(count: bigint): string {
  return `${formatCount(Number(count), ' ')}H`
}

/** `220M`: three digits that count, and the prefix of the unit. */
export function formatCount(count: number, between = ''): string {
  const [prefix, size] = SIZES.find(([, least]) => count >= least) ?? ['', 1]
  return `${Number((count / size).toPrecision(3))}${between}${prefix}`
}
