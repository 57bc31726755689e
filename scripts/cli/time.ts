// Moments and spans as people write and read them.

import { InvalidArgumentError } from 'commander'

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const SPAN = /^([0-9]{1,6})([smhd])$/
const MAX_SECONDS = 366 * 86_400

/** Seconds from text such as `24h`, `90m`, `2d` or `30s`. For commander. Throws its `InvalidArgumentError`. */
export function parseSpan(text: string): number {
  const [, count, unit] = SPAN.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? 0)
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds
  throw new InvalidArgumentError(
    `Expected a span of time of at most a year, as in 24h, 90m, 2d or 30s; got ${JSON.stringify(text)}.`,
  )
}

/** `23 h 59 min`, the two largest units that matter. */
export function formatSpan(seconds: number): string {
  const days = Math.floor(seconds / UNITS.d)
  const hours = Math.floor((seconds % UNITS.d) / UNITS.h)
  const minutes = Math.floor((seconds % UNITS.h) / UNITS.m)
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  return minutes > 0 ? `${minutes} min` : `${seconds} s`
}

const LAST_MS = 8.64e15

/** A moment, unix seconds. */
export function formatUtc(at: number): string {
  // Dates end somewhere (ECMA-262), whatever a node says.
  return new Date(Math.max(-LAST_MS, Math.min(1_000 * at, LAST_MS)))
    .toISOString()
    .replace('.000Z', ' UTC')
    .replace('T', ' ')
}

/** A moment on Ethereum's clock, seen from `now` on the same clock; unix seconds. */
export function formatMoment(at: number, now: number): string {
  const text = formatUtc(at)
  return at > now ? `${text} (in ${formatSpan(at - now)})` : `${text} (${formatSpan(now - at)} ago)`
}

/** Clocks that differ by less, in seconds, are the same for people: a quiet chain is behind by the age of its newest block. */
const SAME_CLOCK = 600

/**
 * A row for people where Ethereum's clock is not that of this machine, as after `ttx devnet skip`: times of blocks are on the one, logs on the
 * other. Both are unix seconds.
 */
export function clockRows(ethereumTime: number | undefined, now: number): [string, string][] {
  if (ethereumTime === undefined || isSameClock(ethereumTime, now)) return []
  const where = ethereumTime > now ? 'ahead of' : 'behind'
  const by = formatSpan(Math.abs(ethereumTime - now))
  return [['clock', `these times are Ethereum's, whose clock is ${by} ${where} this machine's, which logs go by`]]
}

/** What follows a moment on Ethereum's clock in a line of its own, where that clock is another than this machine's; else nothing. */
export function clockNote(ethereumTime: number, now: number): string {
  return isSameClock(ethereumTime, now) ? '' : " on Ethereum's clock"
}

function isSameClock(ethereumTime: number, now: number): boolean {
  return Math.abs(ethereumTime - now) < SAME_CLOCK
}
