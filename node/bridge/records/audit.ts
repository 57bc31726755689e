// Whether what the events said is what the contract itself says: an endpoint that leaves out logs is found out here.

import type { BlockRecord, BridgeReading } from '../../ethereum/chain.ts'
import { type Hash, keyOf, ZERO_HASH } from '../../protocol/ids.ts'
import { LANES } from '../../protocol/queue.ts'
import { preferredBranch } from '../fork-choice.ts'
import { laneHashAt, laneLength } from '../queue-view.ts'
import { type BridgeBlock, type BridgeView, blockOf, descent } from '../view.ts'
import { incomplete, type StoredEvent } from './fold.ts'

/** At one block of Ethereum; of more than this many each has its turn. */
const MOST_AUDITED = 1_000

/**
 * The blocks whose records are compared: the final one and all above it, of many those of `turn` (0, 1, 2, …), those that something was reported
 * of (`touched`), and the branch that leads. What is older cannot matter any more.
 */
export function auditedBlocks(view: BridgeView, touched: Iterable<Hash>, turn: number): Hash[] {
  const all = Array.from(descent(view, view.final), ({ id }) => id)
  if (all.length <= MOST_AUDITED) return all
  const above = new Set(all)
  const from = (turn * MOST_AUDITED) % all.length
  const leading = preferredBranch(view).map(({ id }) => id)
  const chosen = [view.final, ...leading, ...all.slice(from, from + MOST_AUDITED)]
  for (const id of touched) if (above.has(id)) chosen.push(id)
  return [...new Set(chosen)]
}

/** Throws `OperationError('ethereum-logs-incomplete')` where the contract says anything else than the events did. */
export function audit(view: BridgeView, asked: readonly Hash[], reading: BridgeReading): void {
  for (const lane of LANES) {
    const length = laneLength(view.queue[lane])
    const there = reading.lanes[lane]
    if (there.length !== length) {
      throw incomplete(`the lane of ${lane} has ${there.length} entries, and ${length} were reported`)
    }
    if (length > 0n && there.hash !== laneHashAt(view.queue[lane], length))
      throw incomplete(`the lane of ${lane} has other entries than those reported`)
  }
  const final = view.death?.block ?? view.final
  // After its death the bridge may go on; nothing of that is adopted.
  if (view.death === undefined && reading.finalBlock !== final) {
    throw incomplete(`block ${reading.finalBlock} is final, and ${final} is the last one reported`)
  }
  const siblings = new Map<Hash, ReadonlyMap<Hash, Hash>>()
  for (const [i, id] of asked.entries()) {
    const block = blockOf(view, id)
    const record = reading.records[i]
    if (record?.id !== id) throw incomplete(`nothing came of block ${id}`)
    const { parent } = block.sealed.header
    const next = siblings.get(parent) ?? nextSiblings(view, parent)
    siblings.set(parent, next)
    const problem = problemOf(view, block, record, next.get(block.id) ?? ZERO_HASH)
    if (problem !== undefined) throw incomplete(`block ${id} ${problem}`)
  }
}

/** Payments that are compared at a time: what is older is of interest only to the one who was paid. */
const AUDITED_CLAIMS = 1_000

/** The newest payments that were reported to come after block `number` of Ethereum. `events` are in their order. */
export function claimsAfter(events: readonly StoredEvent[], number: bigint): bigint[] {
  const claims: bigint[] = []
  for (let i = events.length - 1; i >= 0 && claims.length < AUDITED_CLAIMS; i--) {
    const event = events[i]
    if (event === undefined || event.place.number <= number) break
    if (event.kind === 'claimed') claims.push(event.number)
  }
  return claims
}

/** Throws `OperationError('ethereum-logs-incomplete')` where one was not made: anyone who waits for it would wait forever. */
export function auditClaims(claims: readonly bigint[], answers: readonly boolean[]): void {
  for (const [i, number] of claims.entries()) {
    if (answers[i] !== true) throw incomplete(`request ${number} was reported as paid, and is not`)
  }
}

/** The live sibling that follows each live child of a block. */
function nextSiblings(view: BridgeView, parent: Hash): ReadonlyMap<Hash, Hash> {
  const live = view.blocks.get(parent)?.children.filter((child) => !blockOf(view, child).refuted) ?? []
  return new Map(live.flatMap((child, i) => (live[i + 1] === undefined ? [] : [[child, live[i + 1] ?? ZERO_HASH]])))
}

function problemOf(view: BridgeView, block: BridgeBlock, record: BlockRecord, next: Hash): string | undefined {
  if (record.publishedAt === 0n) return 'is not known to the contract'
  if (record.publishedAt !== block.publishedAt || record.work !== block.work) return 'has another time or work there'
  if (record.refuted !== block.refuted) return 'is refuted there, and not here, or the other way round'
  if (record.slot !== keyOf(view.slots.get(block.id)?.block ?? ZERO_HASH)) return 'has another nomination there'
  const first = block.children.find((child) => !blockOf(view, child).refuted) ?? ZERO_HASH
  if (record.firstChild !== keyOf(first)) return 'has other children there'
  // What the contract keeps of siblings ends with a refutation, and where one is final nothing asks.
  return block.refuted || block.id === view.final || record.nextSibling === keyOf(next)
    ? undefined
    : 'has other siblings there'
}
