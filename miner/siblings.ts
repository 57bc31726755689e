// What lives on a parent already, in the eyes of our node: whether a block may come there, and beside what.

import { readAllChildren } from '../node/client/all-blocks.ts'
import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import type { Standing } from '../node/ethereum/reader.ts'
import { type Hash, keyOf } from '../node/protocol/ids.ts'
import { SIBLING_SECONDS } from '../node/protocol/rules.ts'
import { later, type Time, toTime } from '../node/protocol/units.ts'
import type { Result } from '../node/rpc/api.ts'

/** The latest of a parent's live children, and the target that another one has to state. */
export type Siblings = { readonly last: Hash; readonly target: bigint }

/** `obstacle`: why nothing can come on the parent now. `beside`: what a block there has to be beside; the node knows all of it to be wrong. */
export type Room = { readonly obstacle?: string; readonly beside?: Siblings }

type Block = Result<'bridge_children'>['blocks'][number]

/** The live children of a block as far as the node knows them; none of a block that it does not know. */
export async function liveChildren(node: NodeClient, parent: Hash, signal: AbortSignal): Promise<readonly Block[]> {
  try {
    return (await readAllChildren(node, parent, signal)).filter(({ refuted }) => !refuted)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'unknown-block') return []
    throw error
  }
}

/** Of these, one that is right; one that cannot be judged does not count. */
export function rightOne(children: readonly Block[]): Block | undefined {
  return children.find(({ verdict }) => verdict === 'valid')
}

/**
 * Whether a block can come on `parent`, for which the contract says `standing`; `next` is the time of the next block of
 * Ethereum. Beside wrong blocks only, which the watchers will refute, a rival is not a fork. Beside one that the node cannot judge nothing is
 * mined: it costs a bond if that one is right. Such a wait ends with its verdict, or at the latest when it is final, or dead.
 */
export async function roomOn(
  node: NodeClient,
  parent: Hash,
  standing: Standing,
  next: Time,
  signal: AbortSignal,
): Promise<Room> {
  if (standing.publishedAt === 0n) return { obstacle: 'our Ethereum endpoint does not have the parent yet' }
  if (standing.isRefuted) return { obstacle: 'the parent was refuted, and the node has not seen that yet' }
  if (standing.children === undefined) return {}
  const ends = standing.children
  const live = await liveChildren(node, parent, signal)
  const right = rightOne(live)
  if (right !== undefined) return { obstacle: `block ${right.id} is on the parent already` }
  const [first, last] = [ends.first, ends.last].map((key) => live.find((block) => keyOf(block.id) === key))
  if (first === undefined || last === undefined) {
    return { obstacle: `the node has not seen block ${first ? ends.last : ends.first} yet, which is on the parent` }
  }
  const unjudged = live.find(({ verdict }) => verdict === 'unknown')
  if (unjudged !== undefined) {
    const why = unjudged.problem === undefined ? '' : ` (${unjudged.problem})`
    return { obstacle: `the node cannot judge block ${unjudged.id} yet, which is on the parent${why}` }
  }
  const beside = { last: last.id, target: first.target }
  if (next < later(toTime(first.publishedAt), SIBLING_SECONDS)) return { beside }
  return {
    beside,
    obstacle: `block ${first.id} on the parent is wrong, but has to be refuted before another one can come`,
  }
}
