// What money a block moves over the bridge: its header has the sums, and what is below it tells them apart.

import { type QueuedEntry, queuedEntryAt } from '../../bridge/queue-view.ts'
import type { BridgeBlock, BridgeView } from '../../bridge/view.ts'
import { netOf } from '../../protocol/fee.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { QueuePlace } from '../../protocol/queue.ts'
import type { Result } from '../api.ts'

/** Whoever knows blocks and entries of the queue, however old. */
export type Past = {
  block(id: Hash): BridgeBlock | undefined
  queued(place: QueuePlace): QueuedEntry | undefined
}

/** No older than the view. */
export function pastOf({ blocks, queue }: BridgeView): Past {
  return { block: (id) => blocks.get(id), queued: (place) => queuedEntryAt(queue, place) }
}

type Money = Pick<Result<'bridge_block'>, 'fee' | 'queueFees' | 'requested' | 'deposited'>

// All that it follows from is in the block's id; until the entries are known it is asked again.
const known = new WeakMap<BridgeBlock, Money>()

/** By the header, which the bridge holds to what was posted, right or wrong. */
export function moneyOf(block: BridgeBlock, past: Past): Money {
  const money = known.get(block) ?? reckon(block, past)
  if (money.requested !== undefined) known.set(block, money)
  return money
}

function reckon({ sealed: { header } }: BridgeBlock, past: Past): Money {
  const fees = { fee: header.fee, queueFees: header.queueFees }
  const parent = header.height === 0n ? undefined : past.block(header.parent)?.sealed.header
  if (parent === undefined) return fees
  let [deposited, credited] = [0n, 0n]
  for (let index = parent.lanes.deposits.count; index < header.lanes.deposits.count; index++) {
    const entry = past.queued({ lane: 'deposits', index })?.entry
    if (entry?.kind !== 'deposit') return fees
    deposited += entry.gross
    credited += netOf(entry.gross)
  }
  const requested = parent.supply + credited - header.supply
  // Nothing that the bridge accepts is like that.
  return requested < 0n ? fees : { ...fees, requested, deposited }
}
