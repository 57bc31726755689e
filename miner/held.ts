// What becomes of one of our blocks that was found and is not on its way yet: it is published, held, or given up.

import type { NodeClient } from '../node/client/rpc.ts'
import type { EthereumAccount } from '../node/ethereum/account.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import type { Hash } from '../node/protocol/ids.ts'
import { workOf } from '../node/protocol/target.ts'
import { offerOf } from './assemble.ts'
import { type Publication, parentOf, publicationId } from './journal.ts'
import type { Prospect } from './planner.ts'
import { type Decision, decide } from './profit.ts'
import { liveChildren, rightOne } from './siblings.ts'

export type HeldDeps = {
  readonly node: NodeClient
  readonly ethereum: Pick<EthereumAccount, 'record' | 'standing'>
}

export type Moment = {
  readonly nowMs: number
  /** How long the oldest request may wait. */
  readonly longestWaitMs: number
  /** See `MinerOptions`. */
  readonly paymentsWaitMs?: number | undefined
  /** Of what the prospect defends, if it does. */
  readonly defence?: Decision
  /** First blocks of the races that our own blocks are in, once that is known. */
  readonly races?: ReadonlySet<Hash>
}

export type Fate =
  | { readonly do: 'publish'; readonly entry: Publication }
  | { readonly do: 'hold' | 'give up'; readonly reason: string }

/**
 * Of our own blocks that are neither published nor lost, the one that waits to be published: one that was sent, else one on this parent.
 * `others`: those beside it that were never sent. `publishing` is on its way, and is not one of them.
 */
export function heldOn(
  parent: Hash,
  entries: readonly Publication[],
  publishing: Hash | undefined,
): { readonly held?: Publication; readonly others: readonly Publication[] } {
  const open = entries.filter((entry) => {
    const { stage } = entry
    return (stage === 'mined' || stage === 'submitted' || stage === 'sent') && publicationId(entry) !== publishing
  })
  const sent = open.find(({ attempts }) => attempts.length > 0)
  const held = sent ?? open.findLast((entry) => parentOf(entry) === parent) ?? open.at(-1)
  if (held === undefined) return { others: [] }
  const isBeside = (entry: Publication) => entry !== held && parentOf(entry) === parentOf(held)
  return { held, others: open.filter((entry) => isBeside(entry) && entry.attempts.length === 0) }
}

/** Throws what node and endpoint throw. */
export async function fateOf(
  { node, ethereum }: HeldDeps,
  held: Publication,
  prospect: Pick<Prospect, 'parent' | 'policy' | 'beside' | 'obstacle' | 'defends'>,
  moment: Moment,
  signal: AbortSignal,
): Promise<Fate> {
  const { header } = decodeSealed(held.sealed)
  const id = publicationId(held)
  // Anyone who has its torrent can have published it.
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
    if (isPointless(held, moment)) return { do: 'give up', reason: 'the race for which it was found is over' }
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

  const { policy, defends } = prospect
  const paymentsMs = header.stepCount > 0 ? moment.paymentsWaitMs : undefined
  const waiting = { sinceMs: held.sinceMs, longestMs: moment.longestWaitMs, paymentsMs }
  const least = defends?.least ?? 0n
  if (workOf(header.target) < least) return { do: 'give up', reason: 'its branch would not be ahead even with it' }
  const decision =
    moment.defence ?? decide(offerOf(decodeSealed(held.sealed), held.body), policy, waiting, moment.nowMs)
  if (!decision.publish && isPointless(held, moment)) return { do: 'give up', reason: 'its race is over' }
  if (!decision.publish) return { do: 'hold', reason: `a block is found: ${decision.reason}` }
  const { beside: _, ...alone } = held
  return { do: 'publish', entry: beside ? { ...alone, beside: beside.last } : alone }
}

/** Whether a block that was to defend others has nothing to defend any more. */
function isPointless({ defends }: Publication, { races }: Moment): boolean {
  return defends !== undefined && races !== undefined && !races.has(defends)
}
