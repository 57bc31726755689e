// How fast the pool hashes now: the slope of its total over the last seconds.

/** `total` hashes were done by `atMs` of a clock that never goes back. */
export type HashSample = { readonly atMs: number; readonly total: bigint }

export const RATE_WINDOW_MS = 10_000

/** Appends a sample and drops those that are older than the window, but for the one that opens it. */
export function addSample(samples: readonly HashSample[], sample: HashSample): readonly HashSample[] {
  const kept = samples.filter(({ atMs }) => atMs < sample.atMs)
  const opening = kept.findLastIndex(({ atMs }) => atMs <= sample.atMs - RATE_WINDOW_MS)
  return [...kept.slice(Math.max(opening, 0)), sample]
}

/** Zero until two samples of different times are there. */
export function hashesPerSecond(samples: readonly HashSample[]): number {
  const first = samples.at(0)
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
  return Number(last.total - first.total) / ((last.atMs - first.atMs) / 1_000)
}
