// What can be asked about the bridge: the branch, states, queue, contents of blocks, requests and their proofs.

import { EventEmitter } from 'node:events'
import { OperationError } from '../errors.ts'
import type { ChainBlock } from '../ethereum/chain.ts'
import type { Branch, LedgerBlock } from '../ledger/types.ts'
import type { ParentBlock } from '../protocol/block.ts'
import type { BlockContent, BlockFile } from '../protocol/block-torrent.ts'
import { type Hash, type Infohash, isSameBlock, isShortId } from '../protocol/ids.ts'
import type { QueuePlace } from '../protocol/queue.ts'
import type { PostedBody, WholeBody } from '../protocol/replay.ts'
import type { Facts } from '../protocol/rule-error.ts'
import type { Rules } from '../protocol/rules.ts'
import type { Time } from '../protocol/units.ts'
import { ledgerBranch } from './branch.ts'
import { blocksWithClaims, type MaturedClaim, maturedClaims, type RequestView, requestViews } from './claims.ts'
import { preferredTip } from './fork-choice.ts'
import { pendingEntries, type QueuedEntry, queuedEntryAt } from './queue-view.ts'
import type { BridgeRecords } from './records/bridge-records.ts'
import type { BlockBody } from './records/judging/judge.ts'
import type { Keep } from './records/past/keep.ts'
import { PastShelf } from './retrace/past-shelf.ts'
import { BlockShelf } from './shelf.ts'
import { type BridgeBlock, type BridgeView, compareHeights, payableNumbers } from './view.ts'

/**
 * - `syncing`: the view is not complete yet.
 * - `live`: everything up to block `at` of Ethereum is known, and the contract agrees.
 * - `unknown`: our own view of Ethereum or the disk is unhealthy, for the reason given; the view does not move on. Never a reason to act.
 * - `dead`: the contract made a block final that our own replay refutes. Nothing is adopted any more.
 */
export type FollowerStatus =
  | { readonly state: 'syncing' | 'live' | 'dead'; readonly at?: ChainBlock }
  | { readonly state: 'unknown'; readonly at?: ChainBlock; readonly code: string; readonly problem: string }

/** Codes: `bridge-dead`, `valid-block-refuted`, `follower-failed`, and those of `OperationError`s that made the status `unknown`. */
export type Alarm = { readonly code: string; readonly message: string; readonly facts: Facts }

export type FollowerEvents = {
  /** There is a block to begin with, and the ledger has it. */
  begun: []
  view: [BridgeView]
  status: [FollowerStatus]
  alarm: [Alarm]
  branch: [Branch]
  /** The torrent of a block is another one than its publication says. */
  renamed: [BridgeBlock, Infohash]
  /** The database cannot be written or read, or is damaged: that does not pass. */
  broken: [OperationError]
}

const sorted = new WeakMap<BridgeView, readonly BridgeBlock[]>()

/** Once for each view. */
function byHeight(view: BridgeView): readonly BridgeBlock[] {
  const known = sorted.get(view) ?? [...view.blocks.values()].sort(compareHeights)
  sorted.set(view, known)
  return known
}

/** Answers from what the follower has read. All of it is of the same moment. */
export abstract class BridgeAnswers extends EventEmitter<FollowerEvents> {
  /** Blocks for nodes that retrace the past. */
  readonly past: PastShelf
  readonly #records: BridgeRecords
  readonly #rules: Rules
  readonly #shelf: BlockShelf
  readonly #stopping: AbortSignal

  constructor(records: BridgeRecords, rules: Rules, stopping: AbortSignal) {
    super()
    this.#records = records
    this.#rules = rules
    this.#stopping = stopping
    const onRenamed = (block: BridgeBlock, torrent: Infohash) => this.emit('renamed', block, torrent)
    this.#shelf = new BlockShelf({ records, stopping, onRenamed })
    this.past = new PastShelf({
      blockOf: (id) => records.blockOf(id),
      posted: (id) => records.journal.posted(id),
      queued: (place) => this.queued(place),
    })
  }

  get view(): BridgeView {
    return this.#records.view
  }

  /** The newest final block that no reorganisation of Ethereum can take back. */
  get settled(): BridgeBlock {
    return this.#records.settled
  }

  /**
   * A block that was published since this node began, however old; one that is older than the view has no children here. One of the
   * view is also found by a short id (`shortId`), which is all that the contract's own links tell.
   */
  block(id: Hash): BridgeBlock | undefined {
    const { blocks } = this.view
    const known = this.#records.blockOf(id)
    if (known !== undefined || !isShortId(id)) return known
    for (const block of blocks.values()) if (isSameBlock(block.id, id)) return block
    return undefined
  }

  /**
   * All blocks that were published since this node began, by height, those of one height in the order of publication: from a height on, or after
   * a block.
   */
  async *blocksFrom(from: bigint | BridgeBlock): AsyncGenerator<BridgeBlock> {
    const { view } = this
    const recent = byHeight(view)
    let next = recent.findIndex((block) =>
      typeof from === 'bigint' ? block.sealed.header.height >= from : compareHeights(block, from) > 0,
    )
    if (next < 0) next = recent.length
    for await (const old of this.#records.journal.archive.blocks(from)) {
      // The archive has it a moment before the view has lost it.
      if (view.blocks.has(old.id)) continue
      for (let block = recent[next]; block !== undefined && compareHeights(block, old) < 0; block = recent[next]) {
        next++
        yield block
      }
      yield old
    }
    yield* recent.slice(next)
  }

  /** An entry of the queue, however old; `undefined` for one before those that this node began with. */
  queued(place: QueuePlace): QueuedEntry | undefined {
    return queuedEntryAt(this.view.queue, place) ?? this.#records.journal.archive.entry(place)
  }

  /** The preferred branch above the final block `above`, for the ledger; by default all of it that this node knows. */
  branch(above?: Hash): Branch {
    const source = { blockOf: (id: Hash) => this.block(id), bodyOf: (id: Hash) => this.#bodySync(id) }
    return ledgerBranch(this.#rules, this.view, this.settled.id, source, above)
  }

  /** A valid block to build on, with its state; `undefined` for one that is unknown, invalid, refuted, or older than what is kept. */
  parentBlock(id: Hash): (ParentBlock & { readonly publishedAt: Time }) | undefined {
    const block = this.view.blocks.get(id)
    const { states } = this.#records.judge
    if (block === undefined || block.refuted || !states.has(id)) return undefined
    return { id, header: block.sealed.header, state: states.get(id), publishedAt: block.publishedAt }
  }

  /** Queue entries that the preferred branch has not consumed: lane by lane, oldest first. */
  pending(): readonly QueuedEntry[] {
    return pendingEntries(this.view.queue, preferredTip(this.view).sealed.header.lanes)
  }

  /**
   * As posted on Ethereum, with the blobs if they have come; `undefined` for genesis, an unknown block, and perhaps the block of the snapshot
   * with which this node began.
   */
  posted(id: Hash): Promise<PostedBody | WholeBody | undefined> {
    return this.#records.journal.posted(id)
  }

  /** Its steps and states, `undefined` where `posted` is; of one in blobs once this node has found it right. */
  body(id: Hash): Promise<BlockBody | undefined> {
    return this.#records.journal.body(id)
  }

  /**
   * What the torrent of a valid block is made of, however old it is; `undefined` if its body or its blobs are not here. Throws
   * `OperationError('state-unknown')` for an invalid block, and for one below all that this node knows.
   */
  async contentOf(id: Hash): Promise<BlockContent | undefined> {
    const block = this.#records.blockOf(id)
    return block && (await this.#records.contentOf(block, 'own', this.#stopping))
  }

  /** The files of the block torrent with this infohash, for the swarm; `undefined` also where too many others are asked for now. */
  async filesOf(torrent: Infohash): Promise<readonly BlockFile[] | undefined> {
    return await this.#shelf.filesOf(torrent)
  }

  /** The torrent of a block: what it was found to be, else what its publication says. */
  torrentOf(block: BridgeBlock): Infohash | undefined {
    return this.#shelf.torrentOf(block.id) ?? block.torrent
  }

  /** The torrents that publications named, of all blocks. */
  torrents(): AsyncIterable<Infohash> {
    return this.#records.journal.torrents()
  }

  /** The oldest block from which on everything is here: all torrents above it can be made. And how many blocks behind the final one its states stay. */
  async history(): Promise<{ readonly from: bigint; readonly keep: Keep; readonly states: number }> {
    const { journal, keep } = this.#records
    const beginning = await journal.beginning()
    return { from: beginning?.height ?? 0n, keep, states: journal.keptStates.size }
  }

  /** The block with which this node began, unless that was genesis. */
  async begunWith(): Promise<Pick<LedgerBlock, 'id' | 'height'> | undefined> {
    return await this.#records.journal.beginning()
  }

  /** The requests of a block; `undefined` if it is unknown or has no body. */
  async requests(id: Hash): Promise<RequestView[] | undefined> {
    const block = this.block(id)
    const body = block && (await this.#records.journal.body(id))
    return block && body && requestViews(this.#rules, this.viewOf(block), block, body)
  }

  /** Requests of final blocks that nobody has claimed, oldest first, about `limit` of them. */
  async claims(limit = 500): Promise<MaturedClaim[]> {
    const claims: MaturedClaim[] = []
    for await (const block of this.unpaid()) {
      if (claims.length >= limit) break
      const body = await this.#records.journal.body(block.id)
      if (body !== undefined) claims.push(...maturedClaims(this.#rules, this.viewOf(block), block, body))
    }
    return claims
  }

  /** Final blocks with requests that were not paid yet, oldest first, from block `from` on; none where that is not final. */
  async *unpaid(from?: Hash): AsyncGenerator<BridgeBlock> {
    const start = from === undefined ? undefined : this.block(from)
    const isOld = start === undefined || !this.view.blocks.has(start.id)
    if (isOld) yield* this.#records.journal.archive.unpaid(start?.sealed.header.height)
    yield* blocksWithClaims(this.view, isOld ? this.view.root : start.id)
  }

  /** The view, together with what was paid of this block, which may be older. */
  viewOf(block: BridgeBlock): BridgeView {
    if (this.view.blocks.has(block.id)) return this.view
    const { archive } = this.#records.journal
    const claimed = new Map<bigint, bigint>()
    for (const number of payableNumbers(block)) {
      const paid = this.view.claimed.get(number) ?? archive.paid(number)
      if (paid !== undefined) claimed.set(number, paid)
    }
    return { ...this.view, claimed }
  }

  #bodySync(id: Hash): BlockBody {
    const body = this.#records.journal.bodySync(id)
    if (body !== undefined) return body
    throw new OperationError(
      'database-failed',
      `expected the steps of block ${id} on disk, found nothing; delete the bridge's data and follow it again`,
      { facts: { block: id } },
    )
  }
}
