// Writes the feed: an event for each thing that a change of the ledger changes, in the same atomic batch as the change itself.

import type { Infohash } from '../../protocol/ids.ts'
import type { Input, Purse } from '../purse.ts'
import { outputValue, placeOf } from '../standing/books.ts'
import { headOf } from '../standing/head.ts'
import type { Change, Database, Reader } from '../store/database.ts'
import { ARRIVALS, BASE, BLOCKS, ENTRIES, type Entry, META, numberKey, statusOf } from '../store/tables.ts'
import {
  type BlockFacts,
  type BlockState,
  type BranchEntry,
  FEED,
  FEED_MARKS,
  FEED_META,
  type FeedChange,
  type FeedRow,
  type Move,
  TOLD_BLOCKS,
  type TransactionState,
} from './events.ts'

export type FeedOptions = {
  /** How many final blocks back events stay. */
  readonly keep: bigint | 'all'
}

/** `first` is the oldest event that is kept, `next` the number that the next one gets. */
export type FeedHead = { readonly first: number; readonly next: number; readonly isOn: boolean }

const NEW_HEAD: FeedHead = { first: 1, next: 1, isOn: true }

export class FeedRecorder {
  readonly #database: Database
  readonly #keep: FeedOptions['keep']
  readonly #epoch: number
  #head: FeedHead

  constructor(database: Database, head: FeedHead, { keep, epoch }: FeedOptions & { readonly epoch: number }) {
    this.#database = database
    this.#head = head
    this.#keep = keep
    this.#epoch = epoch
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Adds to a change, which is complete, what it did. `before` reads what was there before it. */
  add(change: Change, before: Reader): void {
    const events: FeedChange[] = []
    const [removed, added]: [BranchEntry[], BranchEntry[]] = [[], []]
    for (const slot of [...change.slots.keys()]) {
      const [letter, key] = [slot[0], slot.slice(1)]
      const event =
        letter === ENTRIES.letter
          ? transactionChange(before, change, key as Infohash) // keys of the table
          : letter === BASE.letter
            ? baseChange(before, change, key as Infohash) // keys of the table
            : undefined
      if (event !== undefined) events.push(event)
      if (letter === BLOCKS.letter) {
        const [old, now] = [blockAt(before, key), blockAt(change, key)]
        if (old?.id === now?.id) continue
        if (old !== undefined) removed.push(old)
        if (now !== undefined) added.push(now)
        // The id of block 0 is learnt: genesis is in it, and is not touched by that.
        const genesis = old?.height === 0n ? before.get(ARRIVALS, numberKey(1)) : undefined
        const moved = genesis === undefined ? undefined : transactionChange(before, change, genesis as Infohash) // as written
        if (moved !== undefined) events.push(moved)
      }
    }
    const branch = branchChange(before, change, removed, added)
    if (branch !== undefined) events.push(branch)
    this.#write(change, events)
    this.#prune(change, before)
  }

  /** Says what became of blocks on Ethereum since it was said last. */
  tellBlocks(
    change: Change,
    blocks: readonly { readonly block: BlockFacts; readonly state: BlockState | undefined }[],
  ) {
    const events = blocks.flatMap(({ block, state }): FeedChange[] => {
      const before = change.get(TOLD_BLOCKS, block.id)?.state
      if (isSame(before, state)) return []
      if (state === undefined) change.delete(TOLD_BLOCKS, block.id)
      else change.put(TOLD_BLOCKS, block.id, { block, state })
      return [{ kind: 'block', block, ...sides(before, state) }]
    })
    this.#write(change, events)
  }

  #write(change: Change, events: readonly FeedChange[]): void {
    if (events.length === 0) return
    let { next } = this.#head
    for (const event of events) {
      const row: FeedRow = { epoch: this.#epoch, ...event }
      change.put(FEED, numberKey(next++), row)
    }
    this.#moveHead(change, { ...this.#head, next })
  }

  /** What is below the first event is deleted once this is on disk: see `sweep`. */
  #prune(change: Change, before: Reader): void {
    const [finalHeight, finalBefore] = [headOf(change).finalHeight, headOf(before).finalHeight]
    if (finalHeight === finalBefore || this.#keep === 'all') return
    const kept = Math.max(0, finalHeight - Number(this.#keep))
    // Several blocks may become final at once.
    for (let height = Math.max(finalBefore + 1, kept); height <= finalHeight; height++)
      change.put(FEED_MARKS, numberKey(height), this.#head.next)
    const first = change.get(FEED_MARKS, numberKey(kept))
    if (first !== undefined && first > this.#head.first) this.#moveHead(change, { ...this.#head, first })
  }

  keepHead(change: Change): void {
    this.#moveHead(change, this.#head)
  }

  /** Deletes the rows of events that are not kept any more. */
  async sweep(): Promise<void> {
    const { first } = feedHeadOf(this.#database.disk)
    await this.#database.deleteBelow(FEED, numberKey(first))
    if (this.#keep === 'all') return
    const { finalHeight } = headOf(this.#database.disk)
    await this.#database.deleteBelow(FEED_MARKS, numberKey(Math.max(0, finalHeight - Number(this.#keep))))
  }

  #moveHead(change: Change, head: FeedHead): void {
    this.#head = head
    change.put(META, FEED_META, JSON.stringify(head))
  }
}

export function feedHeadOf(reader: Reader): FeedHead {
  const text = reader.get(META, FEED_META)
  return text === undefined ? NEW_HEAD : (JSON.parse(text) as FeedHead) // as `#moveHead` wrote it
}

/**
 * Where a feed begins that is switched on or off. What happened while it was off is missing: a number is left out, so that whoever has all before it is
 * told to begin again. A ledger that holds something already has no beginning in its feed either.
 */
export function switched(reader: Reader, isOn: boolean): FeedHead {
  const head = feedHeadOf(reader)
  const isKnown = reader.get(META, FEED_META) !== undefined
  if (!isKnown && headOf(reader).seq === 0) return { ...head, isOn }
  if (isKnown && head.isOn === isOn) return head
  return skipped(head, isOn)
}

/** As after changes that no event tells of. */
export function skipped({ next }: FeedHead, isOn: boolean): FeedHead {
  return { first: next + 1, next: next + 1, isOn }
}

/** What a stored transaction adds to each purse that it touches. */
export function movesOf(reader: Reader, entry: Pick<Entry, 'inputs' | 'outputs'>): Move[] {
  const moves = new Map<Purse, bigint>()
  const add = (purse: Purse, value: bigint) => moves.set(purse, (moves.get(purse) ?? 0n) + value)
  for (const [infohash, purse] of entry.inputs as readonly Input[])
    add(purse, -(outputValue(reader, infohash, purse) ?? 0n))
  for (const [purse, value] of entry.outputs) add(purse, value)
  return [...moves]
}

export function stateOf(reader: Reader, entry: Entry): TransactionState {
  const block = placeOf(reader, entry)
  return { status: statusOf(entry), ...(block === undefined ? {} : { block }) }
}

function transactionChange(before: Reader, change: Change, infohash: Infohash): FeedChange | undefined {
  const [old, now] = [before.get(ENTRIES, infohash), change.get(ENTRIES, infohash)]
  if (now === undefined)
    // Its moves are not known any more where a parent of it has been forgotten; it is dead, and counts nowhere.
    return old && { kind: 'transaction', infohash, before: stateOf(before, old) }
  const after = stateOf(change, now)
  if (old === undefined) {
    const { seq: arrival, firstSeenMs } = now
    return { kind: 'transaction', infohash, arrival, firstSeenMs, after: { ...after, moves: movesOf(change, now) } }
  }
  const state = stateOf(before, old)
  // Outputs change in place only where genesis turns out to be spent before a snapshot.
  const isMoved = old.outputs.length !== now.outputs.length
  if (isSame(state, after) && !isMoved) return undefined
  if (!isMoved) return { kind: 'transaction', infohash, before: state, after }
  return {
    ...{ kind: 'transaction', infohash },
    before: { ...state, moves: movesOf(before, old) },
    after: { ...after, moves: movesOf(change, now) },
  }
}

function baseChange(before: Reader, change: Change, infohash: Infohash): FeedChange | undefined {
  const [old, now] = [before.get(BASE, infohash), change.get(BASE, infohash)]
  return isSame(old, now) ? undefined : { kind: 'base', infohash, ...sides(old, now) }
}

function branchChange(
  before: Reader,
  change: Change,
  removed: readonly BranchEntry[],
  added: readonly BranchEntry[],
): FeedChange | undefined {
  const [old, now] = [endsOf(before), endsOf(change)]
  if (now === undefined || isSame(old, now)) return undefined
  const byHeight = (a: BranchEntry, b: BranchEntry) => Number(a.height - b.height)
  return {
    kind: 'branch',
    ...(old === undefined ? {} : { before: old }),
    after: now,
    removed: removed.toSorted(byHeight),
    added: added.toSorted(byHeight),
  }
}

/** Undefined before genesis is stored. */
export function endsOf(reader: Reader) {
  const { tipHeight, finalHeight } = headOf(reader)
  const [tip, final] = [blockAt(reader, numberKey(tipHeight)), blockAt(reader, numberKey(finalHeight))]
  if (tip === undefined || final === undefined) return undefined
  return { tip: { id: tip.id, height: tip.height }, final: { id: final.id, height: final.height } }
}

function blockAt(reader: Reader, key: string): BranchEntry | undefined {
  const block = reader.get(BLOCKS, key)
  return block && { id: block.id, height: BigInt(Number.parseInt(key, 16)), publishedAt: block.publishedAt }
}

function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
}

function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each))
  return text(a) === text(b)
}
