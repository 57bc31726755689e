// How long a refutation rests after it came to nothing: longer each time, and never so long that the next one would be late.

import { answerWithin, apart, type Endpoint } from '../../node/ethereum/sending/endpoint.ts'

/** What has cost gas is repeated after this long, then after twice as long. */
const FIRST_MS = 15_000
/** What has cost nothing: an endpoint is silent, or they differ. */
const FIRST_FREE_MS = 5_000
const LONGEST_FREE_MS = 60_000
/** Once the deadline has passed: the block may be alive for a day or more, in a race. */
const LONGEST_LATE_MS = 600_000
const LEAST_MS = 1_000
/** Clocks that differ by more do not tell the same time. */
const SKEW_SECONDS = 600
const ANSWER_MS = 3_000

/** `failures`: transactions of ours that had no effect. `tries`: what has come to nothing since then, at no cost. */
export type Vain = { readonly failures: number; readonly tries: number }

/**
 * Milliseconds. `secondsLeft` are by different clocks; the most urgent one counts. A rest is an eighth of what is left by that one at most, so that a
 * refutation is repeated until the end.
 */
export function restMs({ failures, tries }: Vain, secondsLeft: readonly number[]): number {
  const longest = secondsLeft.map((left) => (left > 0 ? Math.max(left * 125, LEAST_MS) : LONGEST_LATE_MS))
  return Math.min(tries === 0 ? doubled(FIRST_MS, failures) : freeMs(tries), ...longest)
}

/**
 * What the time on Ethereum may be, unix seconds: by our own clock, and by each endpoint that does not contradict it. Where all of them do (our clock is
 * wrong, or this Ethereum has a time of its own), by every one. `nowMs` is unix milliseconds.
 */
export async function possibleTimes(
  endpoints: readonly Endpoint[],
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const ask = (endpoint: Endpoint) => answerWithin(endpoint, ANSWER_MS, endpoint.head(), signal).catch(() => undefined)
  const heads = await Promise.all(apart(endpoints).map(ask))
  const own = Math.floor(nowMs / 1_000)
  const times = heads.flatMap((head) => (head === undefined ? [] : [Number(head.next)]))
  const sane = times.filter((time) => Math.abs(time - own) <= SKEW_SECONDS)
  return sane.length > 0 ? [own, ...sane] : [own, ...times]
}

function freeMs(tries: number): number {
  return Math.min(doubled(FIRST_FREE_MS, tries), LONGEST_FREE_MS)
}

function doubled(first: number, times: number): number {
  return times === 0 ? 0 : first * 2 ** Math.min(times - 1, 20)
}
