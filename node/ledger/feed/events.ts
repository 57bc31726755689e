// The events of the change feed: what changed, with what was there before, so that a reader can follow and undo.

import type { Hash, Infohash } from '../../protocol/ids.ts'
import type { Purse } from '../purse.ts'
import type { Table } from '../store/database.ts'
import type { BlockPlace, Status } from '../types.ts'

/** What a transaction adds to a purse, net, in base units; 0 where it takes as much as it gives. */
export type Move = readonly [Purse, bigint]

/** Where a stored transaction is. */
export type TransactionState = {
  readonly status: Exclude<Status, 'unknown' | 'invalid'>
  readonly block?: BlockPlace
  /** Only where they are new or changed. */
  readonly moves?: readonly Move[]
}

type BranchEnd = { readonly id: Hash; readonly height: bigint }
export type BranchEntry = BranchEnd & { readonly publishedAt: number }

/** What the node thinks of a published block. */
export type BlockState = {
  readonly verdict: 'valid' | 'invalid' | 'displaced' | 'unknown'
  readonly refuted: boolean
  readonly final: boolean
}

/** A published block, in the words of its header. */
export type BlockFacts = {
  readonly id: Hash
  readonly height: bigint
  readonly parent: Hash
  readonly miner: string
  readonly publishedAt: number
  readonly torrent?: Infohash
}

/** `before` is absent of what is new, `after` of what is forgotten. */
export type FeedChange =
  | {
      readonly kind: 'transaction'
      readonly infohash: Infohash
      readonly before?: TransactionState
      readonly after?: TransactionState
      /** Of a new one: its place in the order of arrival, and when it came, unix milliseconds. */
      readonly arrival?: number
      readonly firstSeenMs?: number
      /** Of a new one, unless it has been forgotten since: `tx.json`. */
      readonly file?: string
    }
  /** Outputs of a snapshot whose transaction is not here. */
  | {
      readonly kind: 'base'
      readonly infohash: Infohash
      readonly before?: readonly Move[]
      readonly after?: readonly Move[]
    }
  | {
      readonly kind: 'branch'
      readonly before?: { readonly tip: BranchEnd; readonly final: BranchEnd }
      readonly after: { readonly tip: BranchEnd; readonly final: BranchEnd }
      readonly removed: readonly BranchEntry[]
      readonly added: readonly BranchEntry[]
    }
  | {
      readonly kind: 'block'
      readonly block: BlockFacts
      readonly before?: BlockState
      readonly after?: BlockState
    }

/** `epoch` tells apart two events of one number, where a power cut lost the first. */
export type FeedEvent = { readonly sequence: number; readonly epoch: number } & FeedChange

export type FeedPage = {
  readonly events: readonly FeedEvent[]
  /** The newest event there is; 0 with none. */
  readonly newest: number
}

/** The state as changes from nothing: `sequence` is where to read on once all pages were read. */
export type FeedSnapshotPage = {
  readonly sequence: number
  readonly epoch: number
  readonly changes: readonly FeedChange[]
  readonly next?: string
}

/** By sequence. */
export const FEED: Table<FeedRow> = { letter: 'l', encode: encodeRow, decode: decodeRow }
/** Blocks of Ethereum as the feed told them last, by id. */
export const TOLD_BLOCKS: Table<ToldBlock> = { letter: 'j', encode: encodeRow, decode: decodeRow }
/** The newest sequence when the block of this height became final. */
export const FEED_MARKS: Table<number> = { letter: 'n', encode: String, decode: Number }

export type FeedRow = { readonly epoch: number } & FeedChange
export type ToldBlock = { readonly block: BlockFacts; readonly state: BlockState }

/** Of `FeedHead`. */
export const FEED_META = 'feed'

/** Bigints are written with an `n` behind them: no other text of a row reads like that. */
function encodeRow(row: unknown): string {
  return JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

function decodeRow<T>(line: string): T {
  // As written above; nothing else writes these tables.
  return JSON.parse(line, (_, value) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as T
}
