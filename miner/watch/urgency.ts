// In which order blocks are judged, and wrong ones killed: what could be final first, and of that the heaviest. Pure.

import type { Hash } from '../../node/protocol/ids.ts'
import { ALONE_SECONDS, RACE_SECONDS } from '../../node/protocol/rules.ts'
import { later, type Time } from '../../node/protocol/units.ts'
import type { Living, LivingBlock } from './living.ts'

/** `finalFrom`: the contract could make it final from then on. */
export type Urgent = LivingBlock & { readonly finalFrom: Time }

/**
 * What lives, by urgency: an only child could be final 24 hours after its publication, one of several 48 hours after the first of them, and
 * none before its parent. Blocks that `isWrong` names keep no sibling from being an only child: anyone who made one can have it refuted whenever
 * they like.
 */
export function byUrgency(
  { blocks }: Pick<Living, 'blocks'>,
  isWrong: (id: Hash) => boolean = () => false,
): readonly Urgent[] {
  const races = racesOf(blocks, isWrong)
  const times = new Map<Hash, Time>()
  const urgent: Urgent[] = []
  for (const block of blocks.values()) {
    const { id, parent, publishedAt } = block
    const finalFrom = max(clockOf(block, races.get(parent)), times.get(parent) ?? publishedAt)
    times.set(id, finalFrom)
    urgent.push({ ...block, finalFrom })
  }
  return urgent.sort(compareUrgency)
}

/** Below zero if `a` comes first. */
export function compareUrgency(a: Urgent, b: Urgent): number {
  if (a.finalFrom !== b.finalFrom) return a.finalFrom < b.finalFrom ? -1 : 1
  if (a.work !== b.work) return a.work > b.work ? -1 : 1
  return a.id < b.id ? -1 : Number(a.id > b.id)
}

/** Of the children of one block: how many count as siblings, and the first of them. */
type Race = { readonly first: LivingBlock; count: number }

function racesOf(blocks: Living['blocks'], isWrong: (id: Hash) => boolean): ReadonlyMap<Hash, Race> {
  const races = new Map<Hash, Race>()
  for (const block of blocks.values()) {
    if (isWrong(block.id)) continue
    const race = races.get(block.parent)
    if (race === undefined) races.set(block.parent, { first: block, count: 1 })
    else race.count += 1
  }
  return races
}

/** As if its parent were final already. */
function clockOf({ id, publishedAt }: LivingBlock, race: Race | undefined): Time {
  const alone = later(publishedAt, ALONE_SECONDS)
  if (race === undefined || (race.count === 1 && race.first.id === id)) return alone
  // It came before them where it is wrong, or else they would count it.
  return later(min(race.first.publishedAt, publishedAt), RACE_SECONDS)
}

function min(a: Time, b: Time): Time {
  return a < b ? a : b
}

function max(a: Time, b: Time): Time {
  return a > b ? a : b
}
