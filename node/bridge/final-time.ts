// When a block of the preferred branch can be final, at the earliest and at the latest, and what that depends on. Pure.

import type { Hash } from '../protocol/ids.ts'
import { ALONE_SECONDS, NOMINATION_SECONDS, RACE_SECONDS, SIBLING_SECONDS } from '../protocol/rules.ts'
import { later, type Time, toSeconds } from '../protocol/units.ts'
import { endOfRace, isLive } from './race/eligible.ts'
import { type Race, racesOf } from './race/lead.ts'
import { type BridgeBlock, type BridgeView, isWrong } from './view.ts'

/**
 * Why the latest time is what it is, by the clock of one block:
 * - `alone`: nothing beside it can be published any more, and it is final when its day is over.
 * - `rival-possible`: before `rivalUntil` a rival can still come, and then there is a race.
 * - `wrong-sibling`: only wrong blocks are beside it, and they have to be refuted first.
 * - `unjudged-sibling`: a block is beside it that this node cannot judge (yet). If it is right, there is a race.
 * - `race`: a right rival exists, and the race is decided two days after its first block.
 * - `nomination`: the same, but the right branch has to be nominated yet, so late that its hour decides.
 */
type FinalReason = 'alone' | 'rival-possible' | 'wrong-sibling' | 'unjudged-sibling' | 'race' | 'nomination'

type FinalClock = {
  /**
   * Not before now. `earliest`: if all act at once and nothing else is published. `latest`: if no heavier branch
   * comes, wrong blocks are refuted within a day of their publication, the heaviest eligible block is nominated within an hour, and
   * what can be final is made final at once.
   */
  readonly earliest: Time
  readonly latest: Time
  readonly reason: FinalReason
  /** Publication of the first right block of its race, from which all hours count. */
  readonly first: Time
  /** From then on no rival is accepted any more; with `rival-possible` only. */
  readonly rivalUntil?: Time
  /** Right blocks beside it. */
  readonly rivals: readonly Hash[]
  /** Blocks beside it, or in the slot of its parent, that are wrong and not refuted yet. */
  readonly wrong: readonly Hash[]
  /** The same of those that this node cannot judge (yet): each may be right or wrong. */
  readonly unjudged: readonly Hash[]
}

/** `decisive` is the block on the way whose clock decides the latest time; the members of its clock, but for the times, are beside it. */
export type FinalTime = FinalClock & { readonly decisive: Hash }

// Of a view, those of the last moment that was asked for.
const known = new WeakMap<BridgeView, { readonly now: Time; readonly times: ReadonlyMap<Hash, FinalTime> }>()

/** When a block of the preferred branch can be final; undefined for a block that is not on it, or is final already. */
export function finalTimeOf(view: BridgeView, id: Hash, now: Time): FinalTime | undefined {
  return finalTimesOf(view, now).get(id)
}

/** The same for all blocks of the preferred branch, in time in proportion to the blocks beside it. The view must not change any more. */
export function finalTimesOf(view: BridgeView, now: Time): ReadonlyMap<Hash, FinalTime> {
  const last = known.get(view)
  if (last?.now === now) return last.times
  const times = view.death === undefined ? timesOf(racesOf(view), now) : new Map<Hash, FinalTime>()
  known.set(view, { now, times })
  return times
}

function timesOf(races: readonly Race[], now: Time): ReadonlyMap<Hash, FinalTime> {
  const times = new Map<Hash, FinalTime>()
  let below: FinalTime | undefined
  for (const race of races) {
    const own = { ...clockOf(race, now), decisive: race.child.id }
    // Among equals the highest: what is said of the block itself is best understood.
    const decides = below === undefined || own.latest >= below.latest ? own : below
    below = { ...decides, earliest: max(own.earliest, below?.earliest ?? now) }
    times.set(race.child.id, below)
  }
  return times
}

/** As if its parent were final already. */
function clockOf(race: Race, now: Time): FinalClock {
  const { child, living, nominee } = race
  const first = race.first.publishedAt
  const beside = living.filter(({ id }) => id !== child.id)
  const inWay = nominee === undefined || beside.includes(nominee.block) ? beside : [...beside, nominee.block]
  const wrongSiblings = beside.filter(({ verdict }) => isWrong(verdict))
  const seen = {
    first,
    rivals: idsOf(beside.filter((block) => isLive(block, 'honest'))),
    wrong: idsOf(inWay.filter(({ verdict }) => isWrong(verdict))),
    unjudged: idsOf(inWay.filter(isUnjudged)),
  }
  if (seen.rivals.length > 0) return { ...raceClock(race, now), ...seen }

  const alone = max(now, later(child.publishedAt, ALONE_SECONDS))
  // Right, it is a rival; wrong, it is dead within a day of its publication, which is earlier than a race ends.
  if (beside.some(isUnjudged)) {
    return { earliest: alone, latest: raceClock(race, now).latest, reason: 'unjudged-sibling', ...seen }
  }
  const rivalUntil = later(first, SIBLING_SECONDS)
  if (now < rivalUntil) {
    return { earliest: alone, latest: later(first, RACE_SECONDS), reason: 'rival-possible', rivalUntil, ...seen }
  }
  const latest = wrongSiblings.map(({ publishedAt }) => later(publishedAt, ALONE_SECONDS)).reduce(max, alone)
  return { earliest: alone, latest, reason: wrongSiblings.length > 0 ? 'wrong-sibling' : 'alone', ...seen }
}

function raceClock(race: Race, now: Time): Pick<FinalClock, 'earliest' | 'latest' | 'reason'> {
  const { child, living, nominee, heaviest } = race
  const decided = max(now, later(race.first.publishedAt, RACE_SECONDS))
  const stood = later(nominee?.child === child ? nominee.since : now, NOMINATION_SECONDS)
  // What came first may be right, although this node cannot say so: then the hours count from there.
  const [opening = race.first] = living.filter((block) => isLive(block, 'honest') || isUnjudged(block))
  const earliest = max(max(now, later(opening.publishedAt, RACE_SECONDS)), stood)
  // Nothing is ahead of what is nominated: nobody can restart the hour. While something can still join, that hour does not decide anyhow.
  if (nominee?.child === child && nominee.block === heaviest && isLive(heaviest, 'honest')) {
    const latest = max(decided, stood)
    return { earliest, latest, reason: latest > decided ? 'nomination' : 'race' }
  }
  const latest = max(decided, later(max(now, endOfRace(race.first)), toSeconds(2n * NOMINATION_SECONDS)))
  return { earliest, latest, reason: latest > decided ? 'nomination' : 'race' }
}

function isUnjudged({ verdict }: BridgeBlock): boolean {
  return verdict.verdict === 'unknown'
}

function idsOf(blocks: readonly BridgeBlock[]): Hash[] {
  return blocks.map(({ id }) => id)
}

function max(a: Time, b: Time): Time {
  return a > b ? a : b
}
