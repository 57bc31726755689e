// Which node that came in gives its place to another: the least useful of where most come from.

import { createHash } from 'node:crypto'

/** A connected node that dialled this one. */
export type Candidate = {
  /** See `rangeOf`. */
  readonly range: string
  /** When it connected, when it last delivered something that was accepted and new, and the time of its fastest answer; milliseconds. */
  readonly since: number
  readonly usefulAt: number
  readonly latencyMs: number
}

/** How many are kept for each merit. */
const KEPT_BY_RANGE = 4
const KEPT_BY_LATENCY = 8
const KEPT_BY_USE = 8

/** A node has this long to be of use before its age is a merit, and before it counts as one that is of none, milliseconds. */
const TRIAL_MS = 30_000

/**
 * Bitcoin Core's `SelectNodeToEvict` (src/node/eviction.cpp), with what there is to know here. Kept are, one after the other: 4 by a keyed hash of their range,
 * which nobody can aim at; 8 with the lowest latency, which is a matter of place; the 8 that delivered last, which is work; half of the rest, those that ever
 * delivered before others, and those that were connected the longest, against attacks that begin later. Of what remains somebody goes from the range with the most:
 * the youngest that was of no use for all of its trial; else of those on trial the one that began first, so that the others have the rest of theirs; else who
 * delivered the longest ago. Undefined if nothing remains. `secret` is random for each start.
 */
export function nodeToEvict<T extends Candidate>(candidates: readonly T[], secret: string, now: number): T | undefined {
  const keyed = new Map<string, string>()
  for (const { range } of candidates) {
    if (!keyed.has(range)) keyed.set(range, createHash('sha256').update(`${secret} ${range}`).digest('hex'))
  }
  const byKey = (a: T, b: T) => ((keyed.get(a.range) ?? '') < (keyed.get(b.range) ?? '') ? -1 : 1)
  let rest = without(candidates, KEPT_BY_RANGE, byKey)
  rest = without(rest, KEPT_BY_LATENCY, (a, b) => order(a.latencyMs, b.latencyMs) || a.since - b.since)
  rest = without(rest, KEPT_BY_USE, (a, b) => order(b.usefulAt, a.usefulAt) || a.since - b.since)
  rest = without(
    rest,
    Math.floor(rest.length / 2),
    (a, b) => Number(wasUseful(b)) - Number(wasUseful(a)) || a.since - b.since,
  )
  const isOnTrial = ({ since }: T) => now - since < TRIAL_MS
  const useless = rest.filter((node) => !wasUseful(node) && !isOnTrial(node))
  if (useless.length > 0) return mostCrowded(useless).toSorted((a, b) => b.since - a.since)[0]
  const onTrial = rest.filter((node) => !wasUseful(node))
  if (onTrial.length > 0) return ofCrowded(onTrial).toSorted((a, b) => a.since - b.since)[0]
  return ofCrowded(rest).toSorted((a, b) => order(a.usefulAt, b.usefulAt))[0]
}

/** Whether it ever delivered something that was accepted and new. */
export function wasUseful({ usefulAt }: Pick<Candidate, 'usefulAt'>): boolean {
  return usefulAt !== Number.NEGATIVE_INFINITY
}

/** Those of the range that most are of; of several such ranges, the one whose youngest is the youngest. */
export function mostCrowded<T extends Pick<Candidate, 'range' | 'since'>>(places: readonly T[]): readonly T[] {
  const ranges = Map.groupBy(places, ({ range }) => range)
  const youngest = (all: readonly T[]) => Math.max(...all.map(({ since }) => since))
  return [...ranges.values()].toSorted((a, b) => b.length - a.length || youngest(b) - youngest(a))[0] ?? []
}

/** Those of every range that as many are of as of any. */
function ofCrowded<T extends Pick<Candidate, 'range'>>(places: readonly T[]): readonly T[] {
  const ranges = [...Map.groupBy(places, ({ range }) => range).values()]
  const most = Math.max(0, ...ranges.map(({ length }) => length))
  return ranges.filter(({ length }) => length === most).flat()
}

/** Without the first `count` in this order. */
function without<T>(candidates: readonly T[], count: number, compare: (a: T, b: T) => number): readonly T[] {
  return candidates.toSorted(compare).slice(count)
}

/** Ascending, infinities included. */
function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
