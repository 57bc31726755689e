// What the next block would be, and what waits for it: what a node can compute of what miners do. Pure.

import type { QueuedEntry } from '../../bridge/queue-view.ts'
import type { Candidate } from '../../ledger/types.ts'
import { feeOf } from '../../protocol/fee.ts'
import type { Hash } from '../../protocol/ids.ts'
import { QUEUE_GRACE } from '../../protocol/rules.ts'
import { EASES_AFTER, HALF_LIFE_SECONDS, targetCeiling, workOf } from '../../protocol/target.ts'
import { later, secondsFrom, type Time } from '../../protocol/units.ts'
import type { Result } from '../api.ts'

type NextBlock = Result<'bridge_next'>

export type Lead = {
  readonly status: NextBlock['status']
  readonly tip: { readonly id: Hash; readonly height: bigint; readonly target: bigint; readonly publishedAt: Time }
  readonly now: Time
  readonly easiestTarget: bigint
  /** What a block on the tip has to be ready for, oldest first in each lane. */
  readonly queue: readonly Pick<QueuedEntry, 'entry' | 'time'>[]
  readonly candidates: readonly Pick<Candidate, 'asset' | 'request' | 'firstSeenMs'>[]
}

export function nextBlock({ status, tip, now, easiestTarget, queue, candidates }: Lead): NextBlock {
  const { id, height, publishedAt } = tip
  const target = targetCeiling(tip.target, secondsFrom(publishedAt, now), easiestTarget)
  const paying = candidates.filter(({ asset, request }) => request !== undefined && asset === undefined)
  const others = candidates.filter(({ asset, request }) => request === undefined || asset !== undefined)
  const deposits = queue.flatMap(({ entry }) => (entry.kind === 'deposit' ? [entry.gross] : []))
  const requested = paying.flatMap(({ request }) => request ?? [])
  const due = queue
    .map(({ time }) => time)
    .reduce<Time | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
  const seen = others.reduce((least, { firstSeenMs }) => Math.min(least, firstSeenMs), Number.POSITIVE_INFINITY)
  return {
    status,
    parent: { id, height, publishedAt: Number(publishedAt) },
    height: height + 1n,
    target,
    hashes: workOf(target),
    ...(target === easiestTarget ? {} : { easesAt: Number(later(publishedAt, EASES_AFTER)) }),
    easesBy: Number(HALF_LIFE_SECONDS),
    waiting: {
      requests: paying.length,
      fee: [...requested, ...deposits].reduce((sum, gross) => sum + feeOf(gross), 0n),
      entries: queue.length,
      ...(due === undefined ? {} : { dueAt: Number(later(due, QUEUE_GRACE)) }),
      payments: others.length,
      ...(others.length === 0 ? {} : { oldestPayment: seen }),
    },
  }
}
