// What becomes of an own block that was found and is not on its way yet: it is published, held, or given up.

import { decodeSealed } from '../node/protocol/header.ts'
import type { NodeClient } from '../node/rpc/client.ts'
import { offerOf } from './assemble.ts'
import type { Ethereum } from './ethereum.ts'
import { type Publication, publicationId } from './journal.ts'
import type { Planner, Prospect } from './planner.ts'
import { decide } from './profit.ts'
import { liveChildren, rightOne } from './siblings.ts'

export type HeldDeps = {
  readonly node: NodeClient
  readonly ethereum: Pick<Ethereum, 'record' | 'standing'>
  readonly planner: Pick<Planner, 'rules'>
}

export type Fate =
  | { readonly do: 'publish'; readonly entry: Publication }
  | { readonly do: 'hold' | 'give up'; readonly reason: string }

/** `moment` is now, and how long the oldest request may wait. Throws what node and endpoint throw. */
export async function fateOf(
  { node, ethereum, planner }: HeldDeps,
  held: Publication,
  prospect: Pick<Prospect, 'parent' | 'policy' | 'beside' | 'obstacle'>,
  moment: { readonly nowMs: number; readonly longestWaitMs: number },
  signal: AbortSignal,
): Promise<Fate> {
  const { header } = decodeSealed(held.sealed)
  const id = publicationId(held)
  // Whoever has its torrent can have published it.
  const isSent = held.attempts.length > 0 || (await ethereum.record(id)).publishedAt > 0n
  if (isSent) return { do: 'publish', entry: held }

  const standing = await ethereum.standing(header.parent)
  const first = standing.children?.first
  // Not for a wrong one, nor for one that the node has not judged yet: else a lie would be enough to waste the work of others.
  const winner = first && rightOne(await liveChildren(node, header.parent, signal))?.id
  if (winner === id) return { do: 'publish', entry: held }
  if (winner !== undefined) return { do: 'give up', reason: `block ${winner} was published first` }
  const isOut = standing.isRefuted || header.height <= standing.finalHeight
  if (isOut) return { do: 'give up', reason: 'its parent is out' }
  if (header.parent !== prospect.parent) {
    const reason = `the next block builds on ${prospect.parent}, not on ${header.parent} as the block that was found`
    return { do: 'hold', reason }
  }
  const { beside, obstacle } = prospect
  if (first !== undefined && (beside?.target !== header.target || obstacle !== undefined)) {
    const what = beside
      ? 'but is wrong: once it is refuted, the block that was found can follow'
      : 'and is being judged'
    return { do: 'hold', reason: `block ${first} came first, ${what}` }
  }

  const offer = offerOf(await planner.rules(signal), held)
  const waiting = { sinceMs: held.sinceMs, longestMs: moment.longestWaitMs }
  const decision = decide(offer, prospect.policy, waiting, moment.nowMs)
  if (!decision.publish) return { do: 'hold', reason: `a block is found: ${decision.reason}` }
  const { beside: _, ...alone } = held
  return { do: 'publish', entry: beside ? { ...alone, beside: beside.last } : alone }
}
