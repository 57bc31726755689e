// What two nodes' sync confirmations say of each other: in step, behind, ahead, on another branch, or merely another first-seen.

import type { BridgeBlock, BridgeView } from './bridge/view.ts'
import type { Status } from './ledger/types.ts'
import type { Difference } from './network/gossip/reconcile/comparer.ts'
import type { Summary } from './network/store.ts'
import { type Hash, type Infohash, ZERO_HASH } from './protocol/ids.ts'

/**
 * - `unknown`: it has not said anything yet, or names a block that is not known here.
 * - `differs`: each has payments that the other lacks, or it is not known which.
 * - `first-seen`: what it counts and this node does not are rivals of what this node counts: each saw another one first, until a block decides.
 */
type Verdict = 'in-step' | 'behind' | 'ahead' | 'differs' | 'first-seen' | 'other-branch' | 'unknown'

export type Agreement = {
  readonly verdict: Verdict
  /** Payments that this node counts and the peer does not, and the other way round; absent where that is not known. */
  readonly lacks?: number
  readonly has?: number
  /** By how many blocks it is behind this node. */
  readonly blocksBehind?: number
  readonly blocksAhead?: number
  /** Of one on another branch: the newest block that both have. */
  readonly since?: { readonly id: Hash; readonly height: bigint }
  /** Of another first-seen: what the peer counts and this node does not, at most 32. */
  readonly disputed?: readonly Infohash[]
}

/** What this node knows. */
export type Here = {
  readonly summary: Summary
  /** Absent in a node that does not follow Ethereum. */
  readonly view: Pick<BridgeView, 'blocks'> | undefined
  readonly status: (infohash: Infohash) => Status
}

/** Blocks of a branch that are walked to find where two part; peers may name any block, once for each look at them. */
const WALK = 1_024

/** `theirs` is a claim, `difference` what its symbols told last. */
export function agreementOf(here: Here, theirs: Summary | undefined, difference?: Difference): Agreement {
  if (theirs === undefined) return { verdict: 'unknown' }
  const blocks = blocksOf(here, theirs)
  const payments = paymentsOf(here, theirs, difference)
  if (blocks === undefined) return { ...payments, verdict: 'unknown' }
  if (blocks.since !== undefined) return { ...payments, ...blocks, verdict: 'other-branch' }
  if (payments.disputed !== undefined) return { ...payments, ...blocks, verdict: 'first-seen' }
  const isBehind = (payments.lacks ?? 0) > 0 || blocks.blocksBehind !== undefined
  const isAhead = (payments.has ?? 0) > 0 || blocks.blocksAhead !== undefined
  if (isBehind !== isAhead) return { ...payments, ...blocks, verdict: isBehind ? 'behind' : 'ahead' }
  const isInStep = theirs.fingerprint === here.summary.fingerprint && !isBehind
  return { ...payments, ...blocks, verdict: isInStep ? 'in-step' : 'differs' }
}

function paymentsOf(
  { summary, status }: Here,
  theirs: Summary,
  difference: Difference | undefined,
): Pick<Agreement, 'lacks' | 'has' | 'disputed'> {
  if (theirs.fingerprint === summary.fingerprint) return { lacks: 0, has: 0 }
  const more = summary.count - theirs.count
  const isWhole =
    difference?.here.length === difference?.hereCount && difference?.there.length === difference?.thereCount
  if (difference === undefined) return byCount(more)
  if (!isWhole) return { lacks: difference.hereCount, has: difference.thereCount }
  // Since then this node may have got what it lacked, or a block may have decided.
  const here = difference.here.filter((infohash) => isCounted(status(infohash)))
  const there = difference.there.filter((infohash) => !isCounted(status(infohash)))
  // It is of another moment.
  if (here.length - there.length !== more) return byCount(more)
  const isDispute = there.length > 0 && there.every((infohash) => status(infohash) === 'conflicting')
  return { lacks: here.length, has: there.length, ...(isDispute ? { disputed: there } : {}) }
}

/** That is all that equal or unequal counts tell. */
function byCount(more: number): Pick<Agreement, 'lacks' | 'has'> {
  if (more === 0) return {}
  return more > 0 ? { lacks: more } : { has: -more }
}

/** Undefined if it names a block that is not known here. */
function blocksOf(
  { summary, view }: Here,
  theirs: Summary,
): Pick<Agreement, 'blocksBehind' | 'blocksAhead' | 'since'> | undefined {
  const isSame = theirs.newestBlock === summary.newestBlock
  if (isSame || view === undefined || theirs.newestBlock === ZERO_HASH) return {}
  const [our, their] = [view.blocks.get(summary.newestBlock), view.blocks.get(theirs.newestBlock)]
  if (our === undefined || their === undefined) return undefined
  const common = lastCommon(view, our, their)
  const { height } = our.sealed.header
  const behind = Number(height - their.sealed.header.height)
  if (common === undefined) return behind > 0 ? { blocksBehind: behind } : undefined
  if (common.id === their.id) return { blocksBehind: behind }
  if (common.id === our.id) return { blocksAhead: -behind }
  return { since: { id: common.id, height: common.sealed.header.height } }
}

/** Undefined if the branches part, or one ends, farther down than is walked. */
function lastCommon(view: Pick<BridgeView, 'blocks'>, a: BridgeBlock, b: BridgeBlock): BridgeBlock | undefined {
  let [left, right]: [BridgeBlock | undefined, BridgeBlock | undefined] = [a, b]
  const below = ({ sealed }: BridgeBlock) => view.blocks.get(sealed.header.parent)
  for (let steps = 0; steps < WALK && left !== undefined && right !== undefined; steps++) {
    if (left.id === right.id) return left
    const [leftHeight, rightHeight]: [bigint, bigint] = [left.sealed.header.height, right.sealed.header.height]
    if (leftHeight >= rightHeight) left = below(left)
    if (rightHeight >= leftHeight) right = below(right)
  }
  return undefined
}

function isCounted(status: Status): boolean {
  return status === 'accepted' || status === 'ordered' || status === 'final'
}
