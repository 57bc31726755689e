// The deepest that a new branch could cut into what is there now: what an attacker by work would have to find. Pure.

import type { Hash } from '../../node/protocol/ids.ts'
import { BRANCH_SECONDS, SIBLING_SECONDS } from '../../node/protocol/rules.ts'
import { targetFloor, workOf } from '../../node/protocol/target.ts'
import type { Work } from '../../node/protocol/units.ts'
import type { Result } from '../../node/rpc/api.ts'

/** The deepest that a new branch could cut now. */
export type Overturn = {
  /** The branch would begin on this block. */
  readonly above: Hash
  /** Blocks that are there now and would be displaced; zero: only one that is still to come. */
  readonly displaced: number
  /** Expected, to be ahead of what is there now; all that others add until `closesAt` comes on top. */
  readonly hashes: bigint
  /** The least number of blocks for it, as a block holds at most about twice the work of its parent. */
  readonly blocks: number
  /** Whether its first block is a new rival, which has exactly the work of the first one there, and whose bond is lost. */
  readonly isRival: boolean
  /** The last second in which a block may be published to take part, unix; absent if the race has not begun. */
  readonly closesAt?: number
}

type Block = Pick<
  Result<'bridge_blocks'>['blocks'][number],
  'id' | 'parent' | 'height' | 'target' | 'work' | 'publishedAt' | 'verdict' | 'refuted' | 'preferred'
>

/**
 * The lowest fork that a new branch could make ahead of the leading one. `blocks` are the last final one and all above it, in the order of
 * publication; `now` is Ethereum's time, and `nextWork` that of the easiest block that could come on the tip.
 */
export function findOverturn(blocks: readonly Block[], now: number, nextWork: Work): Overturn {
  const [final] = blocks
  if (final === undefined) throw new RangeError('there is a final block at least')
  const branch = [final, ...blocks.filter(({ preferred, id }) => preferred && id !== final.id)]
  const tip = branch.at(-1) ?? final
  const rivals = heaviestRivals(blocks, branch)
  const live = Map.groupBy(
    blocks.filter(({ refuted }) => !refuted),
    ({ parent }) => parent,
  )
  for (const [i, fork] of branch.slice(0, -1).entries()) {
    // In the order of publication.
    const [first] = live.get(fork.id) ?? []
    if (first === undefined) continue
    const closesAt = first.publishedAt + Number(BRANCH_SECONDS)
    const isOpen = now < first.publishedAt + Number(SIBLING_SECONDS)
    // A rival branch that is there already saves the work that is in it.
    const base = (now <= closesAt ? rivals.get(fork.id) : undefined) ?? (isOpen ? fork : undefined)
    if (base === undefined) continue
    const isRival = base === fork
    const missing = tip.work - base.work + 1n
    if (!isRival) {
      return {
        above: base.id,
        displaced: branch.length - 1 - i,
        hashes: missing,
        blocks: blocksFor(base.target, missing),
        isRival,
        closesAt,
      }
    }
    // Its first block has the work of the first one, be that right or wrong; what more is needed comes above.
    const least = first.work - fork.work
    const rest = max(missing - least, 0n)
    const count = 1 + blocksFor(first.target, rest)
    return { above: base.id, displaced: branch.length - 1 - i, hashes: least + rest, blocks: count, isRival, closesAt }
  }
  const hashes = nextWork + 1n
  return { above: tip.id, displaced: 0, hashes, blocks: 1 + blocksFor(tip.target, 1n), isRival: true }
}

/** By the block of the branch above which they leave it: the heaviest of the blocks off it that are not known to be wrong, and do not build on such a one. */
function heaviestRivals(blocks: readonly Block[], branch: readonly Block[]): ReadonlyMap<Hash, Block> {
  const onBranch = new Set(branch.map(({ id }) => id))
  const forks = new Map<Hash, Hash>()
  const heaviest = new Map<Hash, Block>()
  for (const block of blocks) {
    const fork = onBranch.has(block.parent) ? block.parent : forks.get(block.parent)
    const isPossible = (block.verdict === 'valid' || block.verdict === 'unknown') && !block.refuted
    if (fork === undefined || onBranch.has(block.id) || !isPossible) continue
    forks.set(block.id, fork)
    const best = heaviest.get(fork)
    if (best === undefined || block.work > best.work) heaviest.set(fork, block)
  }
  return heaviest
}

/** The least number of blocks above one with `target` that together hold this much work. */
function blocksFor(target: bigint, hashes: bigint): number {
  let count = 0
  for (let [left, next] = [hashes, targetFloor(target)]; left > 0n; next = targetFloor(next)) {
    left -= workOf(next)
    count++
  }
  return count
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
