// What the network asks of the node, answered by the ledger, the bridge's follower and the pool of mined blocks.

import type { BlockPool, BlockSource, PooledBlock } from './block-pool.ts'
import type { BridgeFollower } from './bridge/follower.ts'
import { preferredBranch, preferredTip } from './bridge/fork-choice.ts'
import { ancestry, type BridgeBlock } from './bridge/view.ts'
import type { Status, TransactionLedger } from './ledger/types.ts'
import type {
  NetworkStore,
  Order,
  PeerName,
  Shared,
  StoreChange,
  Summary,
  ToldBlock,
  TorrentFile,
  TransactionOutcome,
} from './network/store.ts'
import { type BlockRows, rowsIn } from './protocol/block-torrent.ts'
import { encodeSealed } from './protocol/header.ts'
import { type Hash, type Infohash, ZERO_HASH } from './protocol/ids.ts'

export type NetworkStoreDeps = {
  readonly ledger: TransactionLedger
  readonly pool: BlockPool
  /** Absent in a node without Ethereum: it takes part in payments, and knows no blocks. */
  readonly follower: BridgeFollower | undefined
}

/** Blocks are new to peers when they are mined; those on Ethereum every node finds there. */
export class NodeStore implements NetworkStore {
  readonly genesis: Infohash
  readonly #deps: NetworkStoreDeps
  readonly #listeners = new Set<(change: StoreChange) => void>()
  readonly #told = new WeakSet<PooledBlock>()

  constructor(deps: NetworkStoreDeps) {
    this.genesis = deps.ledger.genesis
    this.#deps = deps
    deps.ledger.subscribe(({ shared, unshared, transactions }) => {
      const came = transactions.filter(({ before, after }) => !isCounted(before) && isCounted(after))
      const left = transactions.filter(({ before, after }) => isCounted(before) && !isCounted(after))
      if (shared.length + unshared.length + came.length + left.length === 0) return
      const counted = { came: came.map(({ infohash }) => infohash), left: left.map(({ infohash }) => infohash) }
      this.#tell({ transactions: shared, gone: unshared, counted, blocks: [] })
    })
  }

  get isHeld(): boolean {
    return this.#deps.ledger.isHeld
  }

  has(infohash: Infohash): boolean {
    // What cannot be accepted yet is not asked for: reconciliation finds it later.
    return this.isHeld || this.#deps.ledger.has(infohash)
  }

  transaction(infohash: Infohash): Uint8Array | undefined {
    const { ledger } = this.#deps
    return ledger.isShared(infohash) ? ledger.file(infohash) : undefined
  }

  infohashes(prefix: string, after?: Infohash): AsyncIterable<Infohash> {
    return this.#deps.ledger.infohashes(prefix, after)
  }

  shared(): AsyncIterable<Shared> {
    return this.#deps.ledger.shared()
  }

  isCounted(infohash: Infohash): boolean {
    return isCounted(this.#deps.ledger.status(infohash))
  }

  order(from: number, most: number, unordered: boolean): Promise<Order> {
    return this.#deps.ledger.order(from, most, unordered)
  }

  /** Ordered payments come with their blocks, in order and without a question to anybody, as long as Ethereum can be read. */
  syncs(): 'all' | 'unordered' | 'later' {
    const state = this.#deps.follower?.status.state
    if (state === 'syncing') return 'later'
    return state === 'live' ? 'unordered' : 'all'
  }

  room(from: PeerName): number {
    return this.#deps.ledger.room(from.host)
  }

  async blockFiles(torrent: Infohash): Promise<readonly TorrentFile[] | undefined> {
    return this.#deps.pool.byTorrent(torrent)?.files ?? (await this.#deps.follower?.filesOf(torrent))
  }

  headers(): readonly ToldBlock[] {
    const { pool, follower } = this.#deps
    const unpublished = pool.blocks.filter(({ id }) => follower?.view.blocks.has(id) !== true)
    const mined = unpublished.map(({ sealed, torrent }) => ({ sealed, torrent }))
    if (follower === undefined) return mined
    const { view } = follower
    // From the one on that is final for good, with which a new node begins.
    const { settled } = follower
    const final = []
    for (const block of ancestry(view, view.final)) {
      final.unshift(block)
      if (block.id === settled.id) break
    }
    const published = [...final, ...preferredBranch(view)].flatMap((block) => this.#toldOf(block) ?? [])
    return [...published, ...mined]
  }

  async *torrents(): AsyncIterable<Infohash> {
    if (this.#deps.follower !== undefined) yield* this.#deps.follower.torrents()
  }

  /** Tells the peers of a final block: new nodes among them begin with it. */
  tellFinal(block: BridgeBlock): void {
    const told = this.#toldOf(block)
    if (told !== undefined) this.#tell({ transactions: [], gone: [], blocks: [told] })
  }

  /** Genesis was never mined: every node has it, and would mistake its header for one without work. */
  #toldOf(block: BridgeBlock): ToldBlock | undefined {
    const { sealed } = block
    const torrent = this.#deps.follower?.torrentOf(block)
    return sealed.header.height > 0n && torrent !== undefined ? { sealed: encodeSealed(sealed), torrent } : undefined
  }

  ancestors(block: Hash, most: number): readonly Uint8Array[] {
    return this.#deps.follower?.past.headers(block, most) ?? []
  }

  async pastBlock(block: Hash): Promise<Uint8Array | undefined> {
    return await this.#deps.follower?.past.block(block)
  }

  isPastAtHand(block: Hash): boolean {
    return this.#deps.follower?.past.isAtHand(block) === true
  }

  summary(): Summary {
    const { ledger, follower } = this.#deps
    const { count, weight, fingerprint } = ledger.summary()
    const tip = follower && preferredTip(follower.view)
    return {
      count,
      weight,
      fingerprint,
      newestBlock: tip?.id ?? ZERO_HASH,
      stateRoot: tip?.sealed.header.state ?? ZERO_HASH,
    }
  }

  async onTransaction(_: Infohash, file: Uint8Array, from: PeerName): Promise<TransactionOutcome> {
    // Nobody in particular brought what the owner of this node asks for by its infohash.
    const { status, missing, isNew } = await this.#deps.ledger.submit(file, from.id === '' ? 'asked' : from.host)
    if (!isNew) return { state: 'known', missing }
    return { state: status === 'waiting' || status === 'conflicting' ? status : 'accepted', missing }
  }

  async onHeader(sealed: Uint8Array): Promise<'known' | 'wanted'> {
    return this.#deps.follower !== undefined && this.#deps.pool.isWanted(sealed) ? 'wanted' : 'known'
  }

  async onBlock(sealed: Uint8Array, files: readonly TorrentFile[]): Promise<void> {
    await this.addBlock(sealed, rowsIn(files), 'peer')
  }

  /** Puts a mined block into the pool and tells the peers. Throws what `BlockPool.add` throws. */
  async addBlock(sealed: Uint8Array, rows: BlockRows, source: BlockSource): Promise<PooledBlock> {
    const block = await this.#deps.pool.add(sealed, rows, source)
    if (this.#told.has(block)) return block
    this.#told.add(block)
    this.#tell({ transactions: [], gone: [], blocks: [{ sealed: block.sealed, torrent: block.torrent }] })
    return block
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function isCounted(status: Status): boolean {
  return status === 'accepted' || status === 'ordered' || status === 'final'
}
