// The change feed of a ledger: what is read of it, and where it is written from.

import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import type { Change, Database, Reader } from '../store/database.ts'
import { ARRIVALS, BASE, BLOCKS, ENTRIES, FILES, META, numberKey } from '../store/tables.ts'
import type { Writer } from '../store/writer.ts'
import {
  type BlockFacts,
  type BlockState,
  FEED,
  FEED_META,
  type FeedChange,
  type FeedEvent,
  type FeedPage,
  type FeedSnapshotPage,
  TOLD_BLOCKS,
} from './events.ts'
import {
  endsOf,
  type FeedHead,
  type FeedOptions,
  FeedRecorder,
  feedHeadOf,
  movesOf,
  skipped,
  stateOf,
  switched,
} from './recorder.ts'

export type ReadFeed = {
  /** Events behind this one; 0: from the first. */
  readonly after: number
  /** That of the event `after`. Left out, it is not compared. */
  readonly epoch?: number | undefined
  readonly limit: number
}

/** A part of a snapshot: what comes first, and what a cursor begins with. */
const PARTS = ['base', 'transactions', 'branch', 'blocks'] as const

export class LedgerFeed {
  readonly #database: Database
  readonly #options: FeedOptions
  readonly #listeners = new Set<() => void>()
  #recorder: FeedRecorder | undefined
  #writer: Writer | undefined
  #newest = 0
  #first = 1
  #sweeping: Promise<void> = Promise.resolve()

  constructor(database: Database, options: FeedOptions) {
    this.#database = database
    this.#options = options
  }

  /** `epoch`: unix milliseconds of this start. `lost`: how far the feed of a database was that had to be emptied. */
  start(writer: Writer, epoch: number, lost?: FeedHead): void {
    const head = lost === undefined ? switched(this.#database.disk, true) : skipped(lost, true)
    this.#writer = writer
    this.#recorder = new FeedRecorder(this.#database, head, { ...this.#options, epoch })
  }

  /** Once genesis is stored: what has been said of this start is on disk, and what is not kept any more is deleted. */
  async settle(): Promise<void> {
    await this.#writer?.run((change) => this.#recorder?.keepHead(change))
    await this.#recorder?.sweep()
    this.onWritten()
  }

  async stop(): Promise<void> {
    await this.#sweeping
  }

  /** Adds to a change what it did; nothing before it has started. */
  record(change: Change, before: Reader): void {
    this.#recorder?.add(change, before)
  }

  /** Tells those who listen, where there is more than before. */
  onWritten(): void {
    const { first, next } = feedHeadOf(this.#database.disk)
    if (first > this.#first) this.#sweeping = this.#sweeping.then(() => this.#recorder?.sweep())
    this.#first = first
    if (next - 1 === this.#newest) return
    this.#newest = next - 1
    for (const listener of this.#listeners) listener()
  }

  /** Calls `listener` after each batch with events is on disk. Returns what ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves once it is on disk. `state` undefined: Ethereum has the block no more. What was told so already is not told again. */
  async tellBlocks(blocks: readonly { readonly block: BlockFacts; readonly state: BlockState | undefined }[]) {
    await this.#writer?.run((change) => this.#recorder?.tellBlocks(change, blocks))
  }

  /** Those that were told, and have not been forgotten. */
  async toldBlocks(): Promise<readonly BlockFacts[]> {
    return (await this.#database.range(TOLD_BLOCKS, {})).map(([, { block }]) => block)
  }

  /** Forgets what became of blocks that cannot change any more; nothing is told. */
  async forgetBlocks(ids: readonly BlockFacts['id'][]): Promise<void> {
    await this.#writer?.run((change) => {
      for (const id of ids) change.delete(TOLD_BLOCKS, id)
    })
  }

  /** Throws `OperationError('feed-pruned')`. */
  async read({ after, epoch, limit }: ReadFeed): Promise<FeedPage> {
    const { first, next } = feedHeadOf(this.#database.disk)
    if (after + 1 < first || after >= next) throw pruned(after, first, next - 1)
    const row = epoch === undefined || after < first ? undefined : this.#database.committed(FEED, numberKey(after))
    if (row !== undefined && row.epoch !== epoch) throw pruned(after, first, next - 1)
    const rows = await this.#database.range(FEED, { gt: numberKey(after), limit })
    const events = rows.map(([key, row]): FeedEvent => ({ sequence: Number.parseInt(key, 16), ...row }))
    // They may have been deleted between the two looks.
    if (events.length > 0 && events[0]?.sequence !== after + 1) throw pruned(after, events[0]?.sequence ?? 0, next - 1)
    return { events: await this.#withFiles(events), newest: next - 1 }
  }

  /** The state as it is now, page by page: whoever has all pages reads on behind the `sequence` of the first, and lets each event say what is so now. */
  async snapshot(cursor: string | undefined, limit: number): Promise<FeedSnapshotPage> {
    const [name = 'base', from = ''] = (cursor ?? 'base:').split(':')
    const part = PARTS.indexOf(name as (typeof PARTS)[number]) // -1 of what is none
    const { next } = feedHeadOf(this.#database.disk)
    const head = { sequence: next - 1, epoch: this.#recorder?.epoch ?? 0 }
    const range = { gt: from, limit }
    const { changes, last } = await this.#part(PARTS[part], range)
    if (last !== undefined) return { ...head, changes, next: `${name}:${last}` }
    const following = PARTS[part + 1]
    return following === undefined ? { ...head, changes } : { ...head, changes, next: `${following}:` }
  }

  /** `last` is where the part goes on, if it does. */
  async #part(
    name: (typeof PARTS)[number] | undefined,
    range: { readonly gt: string; readonly limit: number },
  ): Promise<{ readonly changes: FeedChange[]; readonly last: string | undefined }> {
    const lastOf = (rows: readonly (readonly [string, unknown])[]) =>
      rows.length < range.limit ? undefined : rows.at(-1)?.[0]
    const disk = this.#database.disk
    if (name === 'base') {
      const rows = await this.#database.range(BASE, range)
      // Keys of the table.
      const changes = rows.map(([key, after]): FeedChange => ({ kind: 'base', infohash: key as Infohash, after }))
      return { changes, last: lastOf(rows) }
    }
    if (name === 'transactions') {
      const rows = await this.#database.range(ARRIVALS, range)
      const entries = await this.#database.many(
        ENTRIES,
        rows.map(([, infohash]) => infohash),
      )
      const changes = entries.flatMap((entry): FeedChange[] => {
        if (entry === undefined) return []
        const { infohash, seq: arrival, firstSeenMs } = entry
        const after = { ...stateOf(disk, entry), moves: movesOf(disk, entry) }
        return [{ kind: 'transaction', infohash, arrival, firstSeenMs, after }]
      })
      return { changes: await this.#withFiles(changes), last: lastOf(rows) }
    }
    if (name === 'branch') {
      const rows = await this.#database.range(BLOCKS, range)
      const ends = endsOf(disk)
      if (ends === undefined) return { changes: [], last: undefined }
      const added = rows.map(([key, block]) => ({ ...block, height: BigInt(Number.parseInt(key, 16)) }))
      return { changes: [{ kind: 'branch', after: ends, removed: [], added }], last: lastOf(rows) }
    }
    const rows = await this.#database.range(TOLD_BLOCKS, range)
    const changes = rows.map(([, { block, state }]): FeedChange => ({ kind: 'block', block, after: state }))
    return { changes, last: lastOf(rows) }
  }

  /** What has been forgotten since has none. */
  async #withFiles<T extends FeedChange>(changes: readonly T[]): Promise<T[]> {
    const isNew = (change: FeedChange) => change.kind === 'transaction' && change.before === undefined
    const wanted = changes.flatMap((change) =>
      change.kind === 'transaction' && isNew(change) ? [change.infohash] : [],
    )
    const files = await this.#database.many(FILES, wanted)
    let at = 0
    return changes.map((change) => {
      const file = isNew(change) ? files[at++] : undefined
      return file === undefined ? change : { ...change, file }
    })
  }
}

/** Says that changes are missing from here on, in a ledger that keeps no feed (any more). */
export async function endFeed(database: Database, writer: Writer): Promise<void> {
  if (database.committed(META, FEED_META) === undefined) return
  const head = switched(database.disk, false)
  await writer.run((change) => change.put(META, FEED_META, JSON.stringify(head)))
  await database.deleteBelow(FEED, numberKey(head.first))
  await database.deleteBelow(TOLD_BLOCKS, '~')
}

function pruned(after: number, first: number, newest: number): OperationError {
  return new OperationError(
    'feed-pruned',
    `expected to go on behind an event that is kept, from ${first - 1} to ${newest}, got ${after}: begin at a snapshot (feed_snapshot), and go on behind its sequence`,
    { facts: { after, first, newest } },
  )
}
