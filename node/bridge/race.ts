// The race between siblings: which calls are due. Pure.

import type { Hash } from '../protocol/ids.ts'
import { ALONE_SECONDS, NOMINATION_SECONDS, RACE_SECONDS } from '../protocol/rules.ts'
import { later, type Time } from '../protocol/units.ts'
import { endOfRace, isAhead } from './race/eligible.ts'
import { type Race, racesOf } from './race/lead.ts'
import type { BridgeView } from './view.ts'

export type DueCall =
  | { readonly call: 'finalize'; readonly block: Hash }
  | { readonly call: 'nominate'; readonly parent: Hash; readonly block: Hash }

/** The calls that are right and that the contract would accept at `now`, as far as it lets us see. */
export function dueCalls(view: BridgeView, now: Time): DueCall[] {
  if (view.death !== undefined) return []
  const races = racesOf(view)
  const [lowest] = races
  const from = lowest && contractFinalAt(lowest)
  const isDecided = lowest !== undefined && from !== undefined && now >= from
  const calls: DueCall[] = isDecided ? [{ call: 'finalize', block: lowest.child.id }] : []
  // Where a race is decided, another nomination would only put it off.
  for (const race of isDecided ? races.slice(1) : races) {
    if (isNominationDue(race, now)) calls.push({ call: 'nominate', parent: race.parent, block: race.best.id })
  }
  return calls
}

/** From when on the contract accepts `finalize` of the child in the lowest race; undefined while it wants another nomination. */
function contractFinalAt({ child, living, nominee }: Race): Time | undefined {
  const [first] = living
  if (living.length === 1) return later(child.publishedAt, ALONE_SECONDS)
  if (first === undefined || nominee?.child !== child) return undefined
  return max(later(first.publishedAt, RACE_SECONDS), later(nominee.since, NOMINATION_SECONDS))
}

/** Whether the best block can be nominated, once no further one can join and if the contract would accept it now. */
function isNominationDue({ living, first, best, nominee }: Race, now: Time): boolean {
  const [earliest] = living
  if (earliest === undefined || living.length < 2 || now <= endOfRace(first)) return false
  if (best.publishedAt > endOfRace(earliest)) return false
  return nominee === undefined || isAhead(best, nominee.block)
}

function max(a: Time, b: Time): Time {
  return a > b ? a : b
}
