// How fast the pool hashes while it searches: the slope of its total over the last seconds of searching. What it rests does not count.

/** `total` hashes were done in `searchedMs` milliseconds of searching, which stand still while the pool rests. */
export type HashSample = { readonly searchedMs: number; readonly total: bigint }

/** Hashes per second over the last ten seconds of searching, minute and quarter of an hour; absent where there is no more than the shorter span has. */
export type HashRates = { readonly tenSeconds: number; readonly minute?: number; readonly quarterHour?: number }

const TEN_SECONDS_MS = 10_000
const MINUTE_MS = 60_000
const QUARTER_HOUR_MS = 900_000
/** Samples that are closer than this are one: however often somebody asks, there are no more than a thousand. */
const STEP_MS = 1_000

/** Appends a sample and drops those that are older than the longest window, but for the one that opens it. */
export function addSample(samples: readonly HashSample[], sample: HashSample): readonly HashSample[] {
  const kept = samples.filter(({ searchedMs }) => searchedMs < sample.searchedMs)
  const [before, last] = [kept.at(-2), kept.at(-1)]
  if (before !== undefined && last !== undefined && last.searchedMs - before.searchedMs < STEP_MS) kept.pop()
  const opening = kept.findLastIndex(({ searchedMs }) => searchedMs <= sample.searchedMs - QUARTER_HOUR_MS)
  return [...kept.slice(Math.max(opening, 0)), sample]
}

/** `tenSeconds` is zero until two samples of different times are there. */
export function ratesOf(samples: readonly HashSample[]): HashRates {
  const span = (samples.at(-1)?.searchedMs ?? 0) - (samples.at(0)?.searchedMs ?? 0)
  return {
    tenSeconds: slopeOver(samples, TEN_SECONDS_MS),
    ...(span > TEN_SECONDS_MS && { minute: slopeOver(samples, MINUTE_MS) }),
    ...(span > MINUTE_MS && { quarterHour: slopeOver(samples, QUARTER_HOUR_MS) }),
  }
}

/** What to reckon with: over a minute, since a machine that does other things as well is uneven over ten seconds. */
export function steadyRate({ minute, tenSeconds }: HashRates): number {
  return minute ?? tenSeconds
}

function slopeOver(samples: readonly HashSample[], windowMs: number): number {
  const last = samples.at(-1)
  if (last === undefined) return 0
  const from = last.searchedMs - windowMs
  const first = samples.findLast(({ searchedMs }) => searchedMs <= from) ?? samples.at(0)
  if (first === undefined || last.searchedMs <= first.searchedMs) return 0
  return Number(last.total - first.total) / ((last.searchedMs - first.searchedMs) / 1_000)
}
