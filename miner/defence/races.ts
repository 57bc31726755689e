// The races that our own blocks are in: which blocks lead on either side, as the rule of docs/protocol.md section 7.5 compares them. Pure.

import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import { BRANCH_SECONDS, MAX_DEPTH } from '../../node/protocol/rules.ts'
import { later, type Time, type Work } from '../../node/protocol/units.ts'

export type RaceBlock = {
  readonly id: Hash
  readonly parent: Hash
  readonly target: bigint
  /** Cumulative, expected hashes. */
  readonly work: Work
  readonly publishedAt: Time
  /** Whether it was seen to be valid, and is not refuted. Whatever else decides nothing. */
  readonly isRight: boolean
}

/** A race in which our own blocks are on the branch of the first block, where alone they earn something. */
export type Race = {
  readonly first: RaceBlock
  /** The last second in which a block counts. */
  readonly until: Time
  /** Of what counts, the block that is ahead: on the branch of `first`, and on those of its rivals. */
  readonly ours: RaceBlock
  readonly theirs: RaceBlock
  /** Our own blocks that earn nothing if a rival wins. */
  readonly own: readonly Hash[]
}

/**
 * The lowest first, since it decides about all above it. `final` is the block from which on nothing is decided. A miner with something to lose is
 * on the one branch that goes through the first of all siblings, from there up.
 */
export function racesOf(final: Hash, blocks: Iterable<RaceBlock>, own: Iterable<Hash>): Race[] {
  const children = Map.groupBy(
    [...blocks].filter(({ isRight }) => isRight),
    ({ parent }) => parent,
  )
  for (const siblings of children.values()) siblings.sort((a, b) => (a.publishedAt < b.publishedAt ? -1 : 1))
  const branch: RaceBlock[] = []
  for (let first = children.get(final)?.[0]; first !== undefined; first = children.get(first.id)?.[0])
    branch.push(first)
  const wanted = new Set(own)
  return branch.flatMap((first, i): Race[] => {
    const rivals = children.get(first.parent)?.slice(1) ?? []
    const above = rivals.length === 0 ? [] : branch.slice(i).flatMap(({ id }) => (wanted.has(id) ? [id] : []))
    if (above.length === 0) return []
    const until = later(first.publishedAt, BRANCH_SECONDS)
    const ours = leaderAbove([first], until, children)
    const theirs = leaderAbove(rivals, until, children)
    return ours && theirs ? [{ first, until, ours, theirs, own: above }] : []
  })
}

/** Of these siblings and what counts above them, the block that is ahead. */
function leaderAbove(
  siblings: readonly RaceBlock[],
  until: Time,
  children: ReadonlyMap<Hash, readonly RaceBlock[]>,
): RaceBlock | undefined {
  let leader: RaceBlock | undefined
  const waiting = siblings.map((block) => ({ block, depth: 1 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { block, depth } = next
    if (block.publishedAt > until || depth > MAX_DEPTH) continue
    if (leader === undefined || isAhead(block, leader)) leader = block
    for (const above of children.get(block.id) ?? []) waiting.push({ block: above, depth: depth + 1 })
  }
  return leader
}

/** More work; then the earlier publication; in one second the smaller key. */
export function isAhead(a: RaceBlock, b: RaceBlock): boolean {
  if (a.work !== b.work) return a.work > b.work
  if (a.publishedAt !== b.publishedAt) return a.publishedAt < b.publishedAt
  return keyOf(a.id) < keyOf(b.id)
}
