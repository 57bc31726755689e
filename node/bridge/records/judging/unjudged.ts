// Which blocks are still to be judged, and in which order: what could win comes first, however much else was published.

import type { Hash } from '../../../protocol/ids.ts'
import { ancestry, type BridgeView, blockOf, descent } from '../../view.ts'

/**
 * What is not judged at or above block `ground`, parents first, of siblings those with the heaviest block above them first. Goes on from what
 * the view has become in the meantime: nothing comes that builds on what is not right.
 */
export function* unjudged(view: BridgeView, ground: Hash): Generator<Hash> {
  const heaviest = weightsAbove(view, ground)
  const waiting = heaviest.has(ground) ? [ground] : []
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (blockOf(view, id).verdict.verdict === 'unknown') yield id
    const { verdict, children } = blockOf(view, id)
    if (verdict.verdict !== 'valid') continue
    const next = children.flatMap((child) => {
      const work = heaviest.get(child)
      return work === undefined ? [] : [{ child, work }]
    })
    // The last one comes first; of equals the one that was published first.
    next.reverse().sort((a, b) => Number(a.work > b.work) - Number(a.work < b.work))
    for (const { child } of next) waiting.push(child)
  }
}

/** The most work in a block that is not judged, at or above each block from `ground` on that has such a one. */
export function weightsAbove(view: BridgeView, ground: Hash): ReadonlyMap<Hash, bigint> {
  const weights = new Map<Hash, bigint>()
  for (const { id, work, verdict, refuted, children } of [...descent(view, ground)].toReversed()) {
    // Of what is dead it is good to know that it died rightly, once there is time for that.
    let most = verdict.verdict === 'unknown' ? (refuted ? 1n : work) : 0n
    for (const child of children) most = greater(most, weights.get(child) ?? 0n)
    if (most > 0n) weights.set(id, most)
  }
  return weights
}

/** The lowest block at or below a final one that is not judged, since its blobs came late, or not yet; `final` itself if there is none. */
export function groundOf(view: BridgeView, final: Hash): Hash {
  let ground = final
  for (const { id, verdict } of ancestry(view, final)) {
    if (verdict.verdict !== 'unknown') break
    ground = id
  }
  return ground
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
