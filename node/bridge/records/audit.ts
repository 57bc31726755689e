// Whether what the events said is what the contract itself says: an endpoint that leaves out logs is found out here.

import { type Hash, ZERO_HASH } from '../../protocol/ids.ts'
import type { BlockRecord, BridgeReading, RequestPlace } from '../chain.ts'
import { queueHashAt, queueLength } from '../queue-view.ts'
import { type BridgeBlock, type BridgeView, blockOf, descent } from '../view.ts'
import { incomplete, type StoredEvent } from './fold.ts'

/** The blocks whose records are compared: the final one and all above it. What is older cannot matter any more. */
export function auditedBlocks(view: BridgeView): Hash[] {
  return Array.from(descent(view, view.final), ({ id }) => id)
}

/** Throws `OperationError('ethereum-logs-incomplete')` where the contract says anything else than the events did. */
export function audit(view: BridgeView, reading: BridgeReading): void {
  const length = queueLength(view.queue)
  if (reading.queueLength !== length) {
    throw incomplete(`the queue has ${reading.queueLength} entries, and ${length} were reported`)
  }
  const hash = queueHashAt(view.queue, length)
  if (length > 0n && reading.queueHash !== hash) throw incomplete('the queue has other entries than those reported')
  const final = view.death?.block ?? view.final
  // After its death the bridge may go on; nothing of that is adopted.
  if (view.death === undefined && reading.finalBlock !== final) {
    throw incomplete(`block ${reading.finalBlock} is final, and ${final} is the last one reported`)
  }
  const records = new Map(reading.records.map((record) => [record.id, record]))
  for (const id of auditedBlocks(view)) {
    const problem = problemOf(view, blockOf(view, id), records)
    if (problem !== undefined) throw incomplete(`block ${id} ${problem}`)
  }
}

/** Payments that are compared at a time: what is older is of interest to nobody but him who was paid. */
const AUDITED_CLAIMS = 1_000

/** The newest payments of which was reported that they came after block `number` of Ethereum. `events` are in their order. */
export function claimsAfter(events: readonly StoredEvent[], number: bigint): RequestPlace[] {
  const claims: RequestPlace[] = []
  for (let i = events.length - 1; i >= 0 && claims.length < AUDITED_CLAIMS; i--) {
    const event = events[i]
    if (event === undefined || event.place.number <= number) break
    if (event.kind === 'claimed') claims.push({ block: event.block, step: event.step })
  }
  return claims
}

/** Throws `OperationError('ethereum-logs-incomplete')` where one was not made: whoever waits for it would wait for ever. */
export function auditClaims(claims: readonly RequestPlace[], answers: readonly boolean[]): void {
  for (const [i, { block, step }] of claims.entries()) {
    if (answers[i] !== true) throw incomplete(`request ${step} of block ${block} was reported as paid, and is not`)
  }
}

function problemOf(view: BridgeView, block: BridgeBlock, records: ReadonlyMap<Hash, BlockRecord>): string | undefined {
  const record = records.get(block.id)
  if (record === undefined || record.publishedAt === 0n) return 'is not known to the contract'
  if (record.publishedAt !== block.publishedAt || record.work !== block.work) return 'has another time or work there'
  if (record.refuted !== block.refuted) return 'is refuted there, and not here, or the other way round'
  if (record.slot !== (view.slots.get(block.id)?.block ?? ZERO_HASH)) return 'has another nomination there'
  const live = block.children.filter((child) => !blockOf(view, child).refuted)
  const linked: Hash[] = []
  for (let child = record.firstChild; child !== ZERO_HASH && linked.length <= live.length; ) {
    linked.push(child)
    child = records.get(child)?.nextSibling ?? ZERO_HASH
  }
  return linked.join() === live.join() ? undefined : 'has other children there'
}
