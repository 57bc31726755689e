// What became of a deposit that a reorganisation of Ethereum took out of its place in the queue: its id says that place, so it has another one now.

import { laneLength, queuedEntryAt } from '../../bridge/queue-view.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { depositTransaction, type QueueEntry } from '../../protocol/queue.ts'
import { type DepositTransaction, encodeTransaction } from '../../protocol/transaction.ts'
import type { Result } from '../api.ts'
import type { NodeParts } from './parts.ts'

const MOST_NAMED = 8

/** `undefined` while its place holds it, and where this node cannot say so: it is behind, or began later. */
export function reorganisedOf(
  { follower, definition }: Pick<NodeParts, 'follower' | 'definition'>,
  { deposit, to, tokens }: DepositTransaction,
): Result<'tx_where'>['reorganised'] {
  if (follower?.status.state !== 'live') return undefined
  const lane = deposit.asset === undefined ? 'deposits' : 'assets'
  const entries = follower.view.queue[lane]
  if (deposit.index < entries.start) return undefined
  const idOf = (index: bigint, entry: QueueEntry | undefined) => {
    if (entry === undefined || entry.kind === 'forced' || entry.to !== to) return undefined
    const tx = depositTransaction(definition.rules, index, entry)
    const isLike = tx.tokens === tokens && tx.deposit.asset === deposit.asset
    return isLike ? infohashOf(encodeTransaction(tx)) : undefined
  }
  const queued = queuedEntryAt(follower.view.queue, { lane, index: deposit.index })
  if (idOf(deposit.index, queued?.entry) !== undefined) return undefined
  const like: { index: bigint; infohash: Infohash }[] = []
  for (const { index, entry } of entries.entries.toReversed()) {
    const infohash = idOf(index, entry)
    if (infohash !== undefined) like.push({ index, infohash })
    if (like.length === MOST_NAMED) break
  }
  return { isReplaced: deposit.index < laneLength(entries), now: like.toReversed() }
}
