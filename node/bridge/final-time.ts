// When a block of the preferred branch can be final, at the earliest and at the latest, and what that depends on. Pure.

import type { Hash } from '../protocol/ids.ts'
import { ALONE_SECONDS, BRANCH_SECONDS, NOMINATION_SECONDS, RACE_SECONDS, SIBLING_SECONDS } from '../protocol/rules.ts'
import { branchTo, isLive, liveChildren, preferredBranch, winnerOf } from './race.ts'
import { type BridgeBlock, type BridgeView, blockOf } from './view.ts'

/**
 * Why the latest time is what it is, by the clock of one block:
 * - `alone`: nothing beside it can be published any more, and it is final when its day is over.
 * - `rival-possible`: before `rivalUntil` a rival can still come, and then there is a race.
 * - `wrong-sibling`: only wrong blocks are beside it, and they have to be refuted first.
 * - `race`: a right rival exists, and the race is decided two days after its first block.
 * - `nomination`: the same, but the right branch has to be nominated yet, so late that its hour decides.
 */
export type FinalReason = 'alone' | 'rival-possible' | 'wrong-sibling' | 'race' | 'nomination'

export type FinalClock = {
  /**
   * Unix seconds, not before now. `earliest`: if everybody acts at once and nothing else is published. `latest`: if no heavier branch
   * comes, wrong blocks are refuted within a day of their publication, the heaviest eligible block is nominated within an hour, and
   * what can be final is made final at once.
   */
  readonly earliest: bigint
  readonly latest: bigint
  readonly reason: FinalReason
  /** Publication of the first right block of its race, from which all hours count. Unix seconds. */
  readonly first: bigint
  /** From then on no rival is taken any more; unix seconds, with `rival-possible` only. */
  readonly rivalUntil?: bigint
  /** Right blocks beside it. */
  readonly rivals: readonly Hash[]
  /** Blocks beside it, or in the slot of its parent, that are wrong and not refuted yet. */
  readonly wrong: readonly Hash[]
}

/** `decisive` is the block on the way whose clock decides the latest time; the members of its clock, but for the times, stand beside it. */
export type FinalTime = FinalClock & { readonly decisive: Hash }

/** When a block of the preferred branch can be final; nothing for a block that is not on it, or is final already. */
export function finalTimeOf(view: BridgeView, id: Hash, now: bigint): FinalTime | undefined {
  const branch = preferredBranch(view)
  const length = branch.findIndex((block) => block.id === id) + 1
  if (length === 0 || view.death !== undefined) return undefined
  let time: FinalTime | undefined
  for (const block of branch.slice(0, length)) {
    const own = clockOf(view, block, now)
    // Among equals the highest: what is said of the block itself is best understood.
    const decides = time === undefined || own.latest >= time.latest ? { ...own, decisive: block.id } : time
    time = { ...decides, earliest: max(own.earliest, time?.earliest ?? now) }
  }
  return time
}

/** As if its parent were final already. */
function clockOf(view: BridgeView, block: BridgeBlock, now: bigint): FinalClock {
  const parent = block.sealed.header.parent
  const right = liveChildren(view, parent, 'honest')
  const first = right[0]?.publishedAt ?? block.publishedAt
  const wrongSiblings = liveChildren(view, parent, 'contract').filter((each) => !isLive(each, 'honest'))
  const rivals = right.flatMap(({ id }) => (id === block.id ? [] : [id]))
  const seen = {
    first,
    rivals,
    wrong: [...new Set([...wrongSiblings.map(({ id }) => id), ...wrongInSlot(view, parent)])],
  }
  if (rivals.length > 0) return { ...raceClock(view, parent, block, first, now), ...seen }

  const alone = max(now, block.publishedAt + ALONE_SECONDS)
  const rivalUntil = first + SIBLING_SECONDS
  if (now < rivalUntil) {
    return { earliest: alone, latest: first + RACE_SECONDS, reason: 'rival-possible', rivalUntil, ...seen }
  }
  const deaths = wrongSiblings.map(({ publishedAt }) => publishedAt + ALONE_SECONDS)
  const latest = deaths.reduce(max, alone)
  return { earliest: alone, latest, reason: wrongSiblings.length > 0 ? 'wrong-sibling' : 'alone', ...seen }
}

function raceClock(
  view: BridgeView,
  parent: Hash,
  block: BridgeBlock,
  first: bigint,
  now: bigint,
): Pick<FinalClock, 'earliest' | 'latest' | 'reason'> {
  const decided = max(now, first + RACE_SECONDS)
  const end = first + BRANCH_SECONDS
  const slot = view.slots.get(parent)
  const leadsHere = slot !== undefined && branchTo(view, parent, slot.block, 'contract') === block
  const stood = leadsHere ? slot.place.time + NOMINATION_SECONDS : now + NOMINATION_SECONDS
  const earliest = max(decided, stood)
  // Nothing is ahead of what is nominated: nobody can start the hour anew. While something can still join, that hour does not decide anyhow.
  const isSettled = leadsHere && winnerOf(view, parent, 'contract')?.block.id === slot.block
  if (isSettled && isLive(blockOf(view, slot.block), 'honest')) {
    return { earliest, latest: earliest, reason: earliest > decided ? 'nomination' : 'race' }
  }
  const latest = max(decided, max(now, end) + 2n * NOMINATION_SECONDS)
  return { earliest, latest, reason: latest > decided ? 'nomination' : 'race' }
}

/** What stands in the slot of `parent`, if it is wrong and the contract does not know. */
function wrongInSlot(view: BridgeView, parent: Hash): Hash[] {
  const slot = view.slots.get(parent)
  const block = slot && view.blocks.get(slot.block)
  if (block === undefined || isLive(block, 'honest')) return []
  return branchTo(view, parent, block.id, 'contract') === undefined ? [] : [block.id]
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
