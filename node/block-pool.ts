// Blocks that were mined but are not on Ethereum (yet): replayed, and kept for a while so that their torrents come first.

import { OperationError } from './errors.ts'
import type { KzgPool } from './ethereum/blobs/kzg-pool.ts'
import { checkForm, findHashes, judgeMined } from './mined-block.ts'
import { MAX_BLOB_STEPS } from './protocol/blob.ts'
import { blobTraceRoot } from './protocol/blob-hash.ts'
import type { ParentBlock, QueueReader } from './protocol/block.ts'
import { type BlockFile, type BlockRows, blockTorrent, rowsIn } from './protocol/block-torrent.ts'
import { blockId, decodeSealed, encodeSealed, type SealedHeader } from './protocol/header.ts'
import type { Hash, Infohash } from './protocol/ids.ts'
import { LANES, type LanePoints } from './protocol/queue.ts'
import { RuleError } from './protocol/rule-error.ts'
import { LANE_SHARE, type Rules } from './protocol/rules.ts'
import { targetCeiling, targetFloor } from './protocol/target.ts'
import { secondsFrom, type Time } from './protocol/units.ts'

export type PooledBlock = {
  readonly id: Hash
  readonly sealed: Uint8Array
  readonly torrent: Infohash
  readonly target: bigint
  readonly source: BlockSource
  readonly files: readonly BlockFile[]
}

/** What the pool must know of the bridge. */
export type PoolView = {
  readonly kzg: Pick<KzgPool, 'hashes'>
  readonly rules: Rules
  readonly easiestTarget: bigint
  /** The block to build on, with its state; `undefined` while Ethereum is not in view. */
  readonly tip: () => (ParentBlock & { readonly publishedAt: Time }) | undefined
  readonly isPublished: (id: Hash) => boolean
  /** Whether a published block has a verdict of this node, so that nobody needs its rows from here any more. */
  readonly isJudged: (id: Hash) => boolean
  readonly queue: QueueReader
  /** Whether these points of the lanes are where they were seen to be. */
  readonly isOnQueue: (lanes: LanePoints) => boolean
  /** Unix seconds on Ethereum's clock. */
  readonly now: () => Time
}

/** `own`: it came from the operator's own miner, by RPC. */
export type BlockSource = 'own' | 'peer'

// Each may hold a large snapshot. A peer's block is accepted only if it has the work of a real one, and the harder ones stay.
const MAX_PEER_BLOCKS = 8
const MAX_OWN_BLOCKS = 8

export class BlockPool {
  readonly #view: PoolView
  readonly #blocks = new Map<Hash, PooledBlock>()
  /** Blobs that peers sent, one block after another. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(view: PoolView) {
    this.#view = view
  }

  get(id: Hash): PooledBlock | undefined {
    return this.#blocks.get(id)
  }

  byTorrent(torrent: Infohash): PooledBlock | undefined {
    return [...this.#blocks.values()].find((block) => block.torrent === torrent)
  }

  /** Oldest first. */
  get blocks(): readonly PooledBlock[] {
    return [...this.#blocks.values()]
  }

  /** The blobs of a block here with these hashes, in their order; none if there is none. */
  blobsOf(hashes: readonly Hash[]): readonly Uint8Array[] {
    const root = blobTraceRoot(hashes)
    const block = this.blocks.find(({ sealed }) => decodeSealed(sealed).header.traceRoot === root)
    const rows = block && rowsIn(block.files)
    return rows && 'blobs' in rows ? rows.blobs : []
  }

  /** Forgets blocks that Ethereum has now, once they were judged there: until then this may be the only place that has their blobs. */
  prune(): void {
    const { isPublished, isJudged } = this.#view
    for (const id of this.#blocks.keys()) if (isPublished(id) && isJudged(id)) this.#blocks.delete(id)
  }

  /**
   * Whether a header is worth fetching its block: it builds on the tip, its work was done, and it says what `publish` would accept now as
   * far as a header shows. Throws `RuleError('bad-header' | 'bad-work')` for what no node would accept, whatever it has seen.
   */
  isWanted(sealed: Uint8Array): boolean {
    const decoded = decodeSealed(sealed)
    const id = blockId(decoded)
    this.#checkObjective(decoded, id)
    if (this.#blocks.has(id) || this.#view.isPublished(id)) return false
    return this.#problemNow(decoded) === undefined && this.#hasRoom(decoded.header.target, 'peer')
  }

  /**
   * Replays a block and keeps it. Throws `RuleError` (`bad-header`, `bad-work`, `bad-steps`, `invalid-block`), or
   * `OperationError` (`block-not-wanted`, `block-not-judged`) where that depends on what this node has seen.
   */
  async add(sealed: Uint8Array, rows: BlockRows, source: BlockSource): Promise<PooledBlock> {
    const decoded = decodeSealed(sealed)
    const id = blockId(decoded)
    const known = this.#blocks.get(id)
    if (known !== undefined) return known
    this.#checkObjective(decoded, id)
    checkForm(decoded.header, rows, id)
    if (source === 'own' || !('blobs' in rows)) return await this.#take(decoded, rows, id, source)
    // Six commitments at a time: a block of our own never waits for more than those of one that a peer sent.
    const turn = this.#turn.then(() => this.#take(decoded, rows, id, source))
    this.#turn = turn.catch(() => undefined)
    return await turn
  }

  /** What it costs to look at grows from line to line. */
  async #take(sealed: SealedHeader, rows: BlockRows, id: Hash, source: BlockSource): Promise<PooledBlock> {
    const before = this.#blocks.get(id)
    if (before !== undefined) return before
    this.#parentOf(sealed, id, source)
    const known = 'blobs' in rows ? await findHashes(this.#view.kzg, sealed.header, rows.blobs, id) : rows
    // Meanwhile it may have come from elsewhere, and Ethereum may have moved on.
    const meanwhile = this.#blocks.get(id)
    if (meanwhile !== undefined) return meanwhile
    const parent = this.#parentOf(sealed, id, source)
    const content = judgeMined(this.#view.rules, parent, sealed, known, this.#view.queue, id)
    const { files, infohash: torrent } = blockTorrent(content)
    this.#makeRoom(source)
    const block = { id, sealed: encodeSealed(sealed), torrent, target: sealed.header.target, source, files }
    this.#blocks.set(id, block)
    return block
  }

  /** The tip, on which it is. Throws `OperationError('block-not-wanted')`. */
  #parentOf(sealed: SealedHeader, id: Hash, source: BlockSource): ParentBlock {
    const parent = this.#view.tip()
    const problem = this.#problemNow(sealed)
    if (parent !== undefined && problem === undefined && this.#hasRoom(sealed.header.target, source)) return parent
    throw new OperationError('block-not-wanted', `block ${id} is not accepted now: ${problem ?? 'the pool is full'}`, {
      facts: { block: id, parent: sealed.header.parent },
      retry: true,
    })
  }

  #checkObjective({ header }: SealedHeader, id: Hash): void {
    const { rules, easiestTarget } = this.#view
    if (header.chain !== rules.chain || header.bridge !== rules.bridge) {
      throw new RuleError('bad-header', `block ${id} belongs to another bridge`, { block: id })
    }
    if (header.stepCount > MAX_BLOB_STEPS) {
      throw new RuleError('bad-header', `block ${id} has more than ${MAX_BLOB_STEPS} steps`, { block: id })
    }
    if (BigInt(id) > header.target || header.target > easiestTarget) {
      throw new RuleError('bad-work', `block ${id} does not have the work that its target asks for`, { block: id })
    }
  }

  /** Why the contract would not accept it now, as this node sees the contract. */
  #problemNow({ header }: SealedHeader): string | undefined {
    const { easiestTarget, now, isOnQueue } = this.#view
    const parent = this.#view.tip()
    if (parent === undefined) return 'Ethereum is not in view yet'
    if (header.parent !== parent.id) return `it does not build on the tip ${parent.id}`
    const ceiling = targetCeiling(parent.header.target, secondsFrom(parent.publishedAt, now()), easiestTarget)
    if (header.target < targetFloor(parent.header.target) || header.target > ceiling)
      return 'its target is out of range'
    for (const lane of LANES) {
      const consumed = header.lanes[lane].count - parent.header.lanes[lane].count
      if (consumed < 0n || consumed > BigInt(LANE_SHARE)) return `it consumes too many entries of the lane of ${lane}`
    }
    return isOnQueue(header.lanes) ? undefined : 'its queue is not the one that was seen'
  }

  #hasRoom(target: bigint, source: BlockSource): boolean {
    const peers = this.blocks.filter((block) => block.source === 'peer')
    return source === 'own' || peers.length < MAX_PEER_BLOCKS || peers.some((block) => block.target > target)
  }

  /** Our own blocks go oldest first, those of peers easiest first. */
  #makeRoom(source: BlockSource): void {
    const rivals = this.blocks.filter((block) => block.source === source)
    if (rivals.length < (source === 'own' ? MAX_OWN_BLOCKS : MAX_PEER_BLOCKS)) return
    const ranked = source === 'own' ? rivals : rivals.toSorted((a, b) => (a.target > b.target ? -1 : 1))
    const [gone] = ranked
    if (gone !== undefined) this.#blocks.delete(gone.id)
  }
}
