// How the events of the bridge add up to a view: a pure fold, so that a reorganisation is a shorter list of events.

import { OperationError } from '../../errors.ts'
import type { BridgeEvent, NominatedEvent, PublishedEvent } from '../../ethereum/chain.ts'
import { decodeSealed } from '../../protocol/header.ts'
import { type BlockKey, type Hash, keyOf } from '../../protocol/ids.ts'
import { type Lane, laneOf, ofLanes, type QueueEntry } from '../../protocol/queue.ts'
import { workOf } from '../../protocol/target.ts'
import { addWork } from '../../protocol/units.ts'
import { hashAfter, laneLength, type QueuedEntry } from '../queue-view.ts'
import {
  type BlockVerdict,
  type BridgeBlock,
  type BridgeDeath,
  type BridgeView,
  blockOf,
  descent,
  isWrong,
  type Nomination,
  type RequestPlace,
} from '../view.ts'

/** A publication as it is kept: without its content, which is kept apart, but for the hashes of its blobs. */
type StoredPublication = Omit<PublishedEvent, 'body'> &
  Pick<BridgeEvent, 'place'> & { readonly blobs?: readonly Hash[] }

/** A nomination as it is kept: by the ids of the blocks, of which the contract has but the keys. */
type StoredNomination = Omit<NominatedEvent, 'parent' | 'block'> &
  Pick<BridgeEvent, 'place'> & { readonly parent: Hash; readonly block: Hash }

/** What Ethereum said. The view is made of it, together with what our own replay found. */
export type StoredEvent =
  | StoredPublication
  | StoredNomination
  | Exclude<BridgeEvent, { kind: 'published' | 'nominated' }>

/**
 * What our own replay found of a block. It never changes: all that it follows from is in the block's id, or final for good.
 * `unknown`: this process cannot judge it.
 */
export type Finding =
  | { readonly verdict: 'valid'; readonly requests: readonly RequestPlace[] }
  | Extract<BlockVerdict, { verdict: 'invalid' | 'displaced' | 'unknown' }>

export type Findings = ReadonlyMap<Hash, Finding>

/** The block with which a node begins: genesis, or that of a snapshot. */
export type ViewRoot = Omit<BridgeBlock, 'children' | 'refuted' | 'verdict' | 'place' | 'finality'>

/** What puts an entry into a lane of the queue. */
type QueuedEvent = Extract<StoredEvent, { kind: 'deposited' | 'entered' | 'forced' }>

type LaneDraft = { readonly start: bigint; readonly startHash: Hash; readonly entries: QueuedEntry[] }

/** A view in the making. */
export type DraftView = {
  readonly root: Hash
  readonly blocks: Map<Hash, BridgeBlock>
  /** Of these blocks, by their keys. */
  readonly ids: Map<BlockKey, Hash>
  final: Hash
  readonly slots: Map<Hash, Nomination>
  readonly queue: { readonly [Each in Lane]: LaneDraft }
  readonly claimed: Map<bigint, bigint>
  death?: BridgeDeath
}

export function emptyView(root: ViewRoot): DraftView {
  const { lanes } = root.sealed.header
  return {
    root: root.id,
    blocks: new Map([[root.id, { ...root, verdict: { verdict: 'valid' }, refuted: false, children: [] }]]),
    ids: new Map([[keyOf(root.id), root.id]]),
    final: root.id,
    slots: new Map(),
    queue: ofLanes((lane) => ({ start: lanes[lane].count, startHash: lanes[lane].hash, entries: [] })),
    claimed: new Map(),
  }
}

/** A copy to apply events to. */
export function draftOf(view: BridgeView): DraftView {
  return {
    ...view,
    blocks: new Map(view.blocks),
    ids: new Map([...view.blocks.keys()].map((id) => [keyOf(id), id])),
    slots: new Map(view.slots),
    queue: ofLanes((lane) => ({ ...view.queue[lane], entries: [...view.queue[lane].entries] })),
    claimed: new Map(view.claimed),
  }
}

/**
 * The nomination by the ids of its blocks; `undefined` where it concerns blocks older than a snapshot. Throws
 * `OperationError('ethereum-logs-incomplete')` where a publication must be missing.
 */
export function namedIn(
  view: DraftView,
  event: Extract<BridgeEvent, { kind: 'nominated' }>,
): StoredNomination | undefined {
  const [parent, block] = [view.ids.get(event.parent), view.ids.get(event.block)]
  if (parent !== undefined && block !== undefined) return { ...event, parent, block }
  if (isBegunLate(view)) return undefined
  const unknown = parent === undefined ? event.parent : event.block
  throw incomplete(`an event (nominated) names the block of key ${unknown}, whose publication was not reported`)
}

/**
 * Whether the event concerns what this node follows. What builds on blocks older than a snapshot does not.
 * Throws `OperationError('ethereum-logs-incomplete')` where an earlier event must be missing.
 */
export function isRelevant(view: DraftView, event: StoredEvent | Exclude<BridgeEvent, { kind: 'nominated' }>): boolean {
  const begunLate = isBegunLate(view)
  const needs = (id: Hash) => {
    if (view.blocks.has(id)) return true
    if (begunLate) return false
    throw incomplete(`an event (${event.kind}) names block ${id}, whose publication was not reported`)
  }
  switch (event.kind) {
    case 'published':
      return needs(event.parent)
    case 'refuted':
    case 'finalized':
      return needs(event.id)
    case 'nominated':
      return needs(event.parent) && needs(event.block)
    case 'claimed':
      // What an older block pays is reported of that block as ever.
      return needs(event.block) || begunLate
    default: {
      const lane = laneOf(kindOf(event))
      const length = laneLength(view.queue[lane])
      const name = `entry ${event.index} of the lane of ${lane}`
      if (event.index > length) throw incomplete(`${name} was reported, but not entry ${length}`)
      if (event.index < length && event.index >= view.queue[lane].start) {
        throw incomplete(`${name} was reported twice`)
      }
      return event.index === length
    }
  }
}

/** Applies a relevant event. Throws `OperationError('ethereum-logs-incomplete')` where an earlier event must be missing. */
export function applyEvent(view: DraftView, event: StoredEvent, findings: Findings): void {
  switch (event.kind) {
    case 'published':
      publish(view, event, findings.get(event.id))
      return
    case 'refuted': {
      const block = view.blocks.get(event.id)
      if (block !== undefined) view.blocks.set(event.id, { ...block, refuted: true })
      return
    }
    case 'finalized':
      finalize(view, event)
      return
    case 'nominated':
      view.slots.set(event.parent, { block: event.block, place: event.place })
      return
    case 'claimed':
      view.claimed.set(event.number, event.amount)
      return
    case 'deposited':
    case 'entered':
    case 'forced':
      queue(view, event)
      return
  }
}

/** The error where events of the contract do not fit together, or not to what the contract itself says. */
export function incomplete(problem: string): OperationError {
  return new OperationError(
    'ethereum-logs-incomplete',
    `expected all events of the bridge, but ${problem}; the endpoint leaves out logs: nothing of its answer was used, use another one if this stays`,
    { facts: { problem }, retry: true },
  )
}

/** Brings into the view what was found of a block that is in it, and what that means for those above it. */
export function applyFinding(view: DraftView, id: Hash, finding: Finding): void {
  for (const { id: each } of descent(view, id)) {
    const block = blockOf(view, each)
    const parent = blockOf(view, block.sealed.header.parent)
    if (each === id) {
      view.blocks.set(id, { ...block, ...judged(parent, finding) })
      // Its blobs came when the contract had made it final already.
      if (finding.verdict === 'invalid' && block.finality) view.death ??= { block: id, place: block.finality.place }
    }
    // What was found of others stays; what was not looked at follows from what is below it.
    else if (block.verdict.verdict === 'unknown')
      view.blocks.set(each, { ...block, ...judged(parent, undefined, block.blobs !== undefined) })
  }
}

function publish(view: DraftView, event: StoredPublication, finding: Finding | undefined): void {
  const parent = view.blocks.get(event.parent)
  if (parent === undefined || view.blocks.has(event.id))
    throw incomplete(`block ${event.id} was published out of order`)
  const sealed = decodeSealed(event.sealed)
  view.blocks.set(event.id, {
    id: event.id,
    sealed,
    publishedAt: event.time,
    work: addWork(parent.work, workOf(sealed.header.target)),
    place: event.place,
    ...judged(parent, finding, event.blobs !== undefined),
    refuted: false,
    torrent: event.torrent,
    ...(event.blobs === undefined ? {} : { blobs: event.blobs }),
    children: [],
  })
  view.blocks.set(parent.id, { ...parent, children: [...parent.children, event.id] })
  view.ids.set(keyOf(event.id), event.id)
}

function judged(
  { id, verdict }: BridgeBlock,
  finding: Finding | undefined,
  isInBlobs = false,
): Pick<BridgeBlock, 'verdict' | 'requests'> {
  if (verdict.verdict === 'invalid') return { verdict: { verdict: 'doomed', by: id }, requests: [] }
  if (verdict.verdict === 'doomed') return { verdict, requests: [] }
  if (finding?.verdict === 'valid') return { verdict: { verdict: 'valid' }, requests: finding.requests }
  if (finding !== undefined) return { verdict: finding, requests: [] }
  const todo = isInBlobs ? 'this node has still to get its blobs, or to replay it' : 'this node has still to replay it'
  const why = verdict.verdict === 'valid' ? todo : `block ${id} below it is not judged`
  return { verdict: { verdict: 'unknown', why }, requests: [] }
}

function finalize(view: DraftView, event: Extract<StoredEvent, { kind: 'finalized' }>): void {
  const block = view.blocks.get(event.id)
  if (block === undefined || view.death !== undefined) return
  if (block.id !== view.root && block.sealed.header.parent !== view.final) {
    throw incomplete(`block ${event.id} became final, but its parent was not reported to be`)
  }
  if (isWrong(block.verdict)) {
    view.death = { block: block.id, place: event.place }
    return
  }
  const { fee } = block.sealed.header
  if (event.fee !== 0n && event.fee !== fee) {
    throw incomplete(`block ${event.id} became final for a fee of ${event.fee}, and not of ${fee} or none`)
  }
  const finality = { place: event.place, fee: event.fee, unpaid: event.fee < fee }
  view.blocks.set(block.id, { ...block, finality })
  if (block.id !== view.root) view.final = block.id
}

function queue(view: DraftView, event: QueuedEvent): void {
  const { index, time, place } = event
  const entry = entryOf(event)
  const lane = view.queue[laneOf(entry.kind)]
  const from = event.kind === 'entered' ? event.asset : event.from
  lane.entries.push({ index, entry, from, time, place, queueHash: hashAfter(lane, entry) })
}

function entryOf(event: QueuedEvent): QueueEntry {
  switch (event.kind) {
    case 'deposited':
      return { kind: 'deposit', gross: event.gross, to: event.to }
    case 'entered':
      return { kind: 'entered', fee: event.fee, amount: event.amount, to: event.to, asset: event.asset }
    case 'forced':
      return { kind: 'forced', fee: event.fee, packed: event.packed }
  }
}

function kindOf({ kind }: QueuedEvent): QueueEntry['kind'] {
  return kind === 'deposited' ? 'deposit' : kind
}

function isBegunLate(view: DraftView): boolean {
  return (view.blocks.get(view.root)?.sealed.header.height ?? 0n) > 0n
}
