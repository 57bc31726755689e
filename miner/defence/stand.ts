// Where a block in defence of our own ones should be, and with how much work. Pure.

import type { Hash } from '../../node/protocol/ids.ts'
import { targetFloor, workOf } from '../../node/protocol/target.ts'
import { later, type Seconds, secondsFrom, type Time, toSeconds, toWork, type Work } from '../../node/protocol/units.ts'
import type { Targets } from '../draft.ts'
import { isAhead, type Race, type RaceBlock } from './races.ts'

export type Stand = {
  /** The block to build on. */
  readonly on: RaceBlock
  /** The first block of the lowest race that is in danger, and our own blocks that are lost without this one. */
  readonly first: Hash
  readonly own: readonly Hash[]
  /** Expected hashes: with less, the branch is not even ahead. A block may have as much. */
  readonly least: Work
  /** With this much, anyone who would displace it needs the work of a full block more; as far as it can be done in time. */
  readonly wanted: Work
}

/** From finding a block to its place in Ethereum: what is found later is most likely too late. */
const ON_THE_WAY = toSeconds(120n)
/** Of the time that is left, the part in which a block is to be found on average: then one in twenty comes too late. */
const PART = 3n

/**
 * What could be done now by a single block, the best first: the higher ones save all that the lower ones do. Where a branch
 * is not ahead by half of the work of its first block, one more block of a rival may be enough to displace it, and a very easy one, since targets
 * ease by the hour while the race lasts. `races` are of one branch, the lowest first, as
 * `racesOf` has them; `hashRate` hashes a second, zero if unknown.
 */
export function standsIn(races: readonly Race[], now: Time, hashRate: number): Stand[] {
  const stands: Stand[] = []
  let lowest: Race | undefined
  for (const [i, race] of races.entries()) {
    const left = secondsFrom(later(now, ON_THE_WAY), race.until)
    const margin = race.ours.work - race.theirs.work
    const goal = goalOf(race, left, hashRate)
    // Children are often somewhat easier than their parents: half of a block more is not a reason to mine another one.
    const isEndangered = !isLed(race) || 2n * margin < goal
    if (!isEndangered || left <= 0n) continue
    lowest ??= race
    // What is behind further below has to come to lead by the same block.
    const leads = races
      .slice(0, i + 1)
      .filter((each) => !isLed(each))
      .map(({ theirs }) => theirs.work - race.ours.work + 1n)
    const least = toWork(leads.reduce(max, 1n))
    // Our own blocks that are behind in a race further above are not on this branch.
    const elsewhere = new Set(races.slice(i + 1).flatMap((above) => (isLed(above) ? [] : above.own)))
    const own = lowest.own.filter((id) => !elsewhere.has(id))
    if (own.length === 0 || workOf(targetFloor(race.ours.target)) < least) continue
    stands.unshift({ on: race.ours, first: lowest.first.id, own, least, wanted: toWork(max(least, goal - margin)) })
  }
  return stands
}

/** The targets that such a block may state, where the rule allows no easier one than `ceiling`. */
export function targetsOf({ on, least, wanted }: Stand, ceiling: bigint): Targets {
  const floor = targetFloor(on.target)
  const within = (work: Work) => max(floor, min(ceiling, targetWith(work)))
  return { aim: within(wanted), easiest: within(least) }
}

/** The greatest target that stands for at least this much work. */
export function targetWith(work: Work): bigint {
  return 2n ** 256n / work - 1n
}

/** By how much the branch should be ahead: a block, or what can be done in the time that is left. */
function goalOf({ first }: Race, left: Seconds, hashRate: number): Work {
  const whole = workOf(first.target)
  return hashRate > 0 ? min(whole, toWork((BigInt(Math.ceil(hashRate)) * left) / PART)) : whole
}

function isLed({ ours, theirs }: Race): boolean {
  return isAhead(ours, theirs)
}

function min<T extends bigint>(a: T, b: T): T {
  return a < b ? a : b
}

function max<T extends bigint>(a: T, b: T): T {
  return a > b ? a : b
}
