// The files of block torrents for the swarm: made when somebody asks for them, with bounded work and memory, since anybody may ask for all of them.

import { OperationError } from '../errors.ts'
import { type BlockFile, blockTorrent } from '../protocol/block-torrent.ts'
import type { Hash, Infohash } from '../protocol/ids.ts'
import type { BridgeRecords } from './records/bridge-records.ts'
import type { BridgeBlock } from './view.ts'

export type ShelfDeps = {
  readonly records: Pick<BridgeRecords, 'journal' | 'blockOf' | 'contentOf'>
  readonly stopping: AbortSignal
  /** Told where the torrent of a block is another one than its publication says. */
  readonly onRenamed: (block: BridgeBlock, torrent: Infohash) => void
}

type Files = readonly BlockFile[]

/** Torrents that are made or wait for it: who asks for one more finds nothing here now. */
const MOST_WAITING = 8
/** Blocks that name one torrent, of which one is right: the others would each cost a replay. */
const MOST_NAMED = 16
/** Files that were made last, in bytes; the newest stay whatever they have. */
const KEPT_BYTES = 67_108_864
/** What was handed out is in memory as long as somebody is connected for it: this much at once, and so much more each second. */
const MOST_BYTES = 536_870_912
const BYTES_PER_SECOND = 4_194_304
const MOST_KNOWN = 10_000

export class BlockShelf {
  readonly #deps: ShelfDeps
  readonly #making = new Map<Infohash, Promise<Files | undefined>>()
  /** The last one is the newest. */
  readonly #made = new Map<Infohash, Files>()
  /** What the torrents of blocks really are, where that was worked out. */
  readonly #torrents = new Map<Hash, Infohash>()
  #left = MOST_BYTES
  #countedAt = performance.now()

  constructor(deps: ShelfDeps) {
    this.#deps = deps
  }

  /** The torrent of a block, where it was worked out. */
  torrentOf(id: Hash): Infohash | undefined {
    return this.#torrents.get(id)
  }

  /** A publication's word for a torrent is where to look, and proves nothing. `undefined` also where there is too much to do now. */
  async filesOf(torrent: Infohash): Promise<Files | undefined> {
    const known = this.#made.get(torrent)
    if (known !== undefined) return this.#handOut(torrent, known)
    const making = this.#making.get(torrent)
    if (making !== undefined) return await making
    const candidates = await this.#candidates(torrent)
    if (candidates.length === 0 || this.#making.size >= MOST_WAITING || !this.#hasRoom()) return undefined
    const made =
      this.#making.get(torrent) ?? this.#make(torrent, candidates).finally(() => this.#making.delete(torrent))
    this.#making.set(torrent, made)
    return await made
  }

  async #candidates(torrent: Infohash): Promise<BridgeBlock[]> {
    const { records } = this.#deps
    const ids = await records.journal.blocksOfTorrent(torrent)
    return ids
      .flatMap((id) => records.blockOf(id) ?? [])
      .filter(({ id, verdict }) => verdict.verdict === 'valid' && (this.#torrents.get(id) ?? torrent) === torrent)
      .slice(0, MOST_NAMED)
  }

  async #make(torrent: Infohash, candidates: readonly BridgeBlock[]): Promise<Files | undefined> {
    for (const block of candidates) {
      const made = await this.#torrentOf(block)
      if (made === undefined) continue
      await this.#learn(block, made.infohash)
      this.#put(made.infohash, made.files)
      if (made.infohash === torrent) return this.#handOut(torrent, made.files)
    }
    return undefined
  }

  async #torrentOf(block: BridgeBlock) {
    try {
      const content = await this.#deps.records.contentOf(block, 'stranger', this.#deps.stopping)
      return content && blockTorrent(content)
    } catch (error) {
      if (error instanceof OperationError && error.code === 'state-unknown') return undefined
      if (this.#deps.stopping.aborted) return undefined
      throw error
    }
  }

  async #learn(block: BridgeBlock, torrent: Infohash): Promise<void> {
    if (this.#torrents.has(block.id)) return
    this.#torrents.set(block.id, torrent)
    const [oldest] = this.#torrents.keys()
    if (this.#torrents.size > MOST_KNOWN && oldest !== undefined) this.#torrents.delete(oldest)
    if (torrent === block.torrent) return
    await this.#deps.records.journal.nameTorrent(torrent, block.id)
    this.#deps.onRenamed(block, torrent)
  }

  #put(torrent: Infohash, files: Files): void {
    this.#made.set(torrent, files)
    let bytes = 0
    for (const [each, its] of [...this.#made].reverse()) {
      bytes += bytesOf(its)
      if (bytes > KEPT_BYTES && each !== torrent) this.#made.delete(each)
    }
  }

  #handOut(torrent: Infohash, files: Files): Files | undefined {
    if (!this.#hasRoom()) return undefined
    this.#left -= bytesOf(files)
    this.#made.delete(torrent)
    this.#put(torrent, files)
    return files
  }

  #hasRoom(): boolean {
    const now = performance.now()
    this.#left = Math.min(MOST_BYTES, this.#left + (BYTES_PER_SECOND * (now - this.#countedAt)) / 1_000)
    this.#countedAt = now
    return this.#left > 0
  }
}

function bytesOf(files: Files): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
