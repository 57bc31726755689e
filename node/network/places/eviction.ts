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

/**
 * Bitcoin Core's `SelectNodeToEvict` (src/node/eviction.cpp), with what there is to know here. Kept are, one after the other: 4 by a keyed hash of their range,
 * which nobody can aim at; 8 with the lowest latency, which is a matter of place; the 8 that delivered last, which is work; half of the rest, those that were
 * connected the longest, against attacks that begin later. Of what remains the youngest in the range with the most goes; undefined if nothing remains.
 * `secret` is random for each start.
 */
export function nodeToEvict<T extends Candidate>(candidates: readonly T[], secret: string): T | undefined {
  const keyed = new Map<string, string>()
  for (const { range } of candidates) {
    if (!keyed.has(range)) keyed.set(range, createHash('sha256').update(`${secret} ${range}`).digest('hex'))
  }
  const byKey = (a: T, b: T) => ((keyed.get(a.range) ?? '') < (keyed.get(b.range) ?? '') ? -1 : 1)
  let rest = without(candidates, KEPT_BY_RANGE, byKey)
  rest = without(rest, KEPT_BY_LATENCY, (a, b) => order(a.latencyMs, b.latencyMs) || a.since - b.since)
  rest = without(rest, KEPT_BY_USE, (a, b) => order(b.usefulAt, a.usefulAt) || a.since - b.since)
  rest = without(rest, Math.floor(rest.length / 2), (a, b) => a.since - b.since)
  return mostCrowded(rest).toSorted((a, b) => b.since - a.since)[0]
}

/** Those of the range that most are of; of several such ranges, the one whose youngest is the youngest. */
export function mostCrowded<T extends Pick<Candidate, 'range' | 'since'>>(places: readonly T[]): readonly T[] {
  const ranges = Map.groupBy(places, ({ range }) => range)
  const youngest = (all: readonly T[]) => Math.max(...all.map(({ since }) => since))
  return [...ranges.values()].toSorted((a, b) => b.length - a.length || youngest(b) - youngest(a))[0] ?? []
}

/** Without the first `count` in this order. */
function without<T>(candidates: readonly T[], count: number, compare: (a: T, b: T) => number): readonly T[] {
  return candidates.toSorted(compare).slice(count)
}

/** Ascending, infinities included. */
function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
