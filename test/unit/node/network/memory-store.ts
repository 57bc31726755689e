// A network store in memory for these tests: files are accepted unless their text says otherwise.

import { createHash } from 'node:crypto'
import type {
  HeaderOutcome,
  NetworkStore,
  Order,
  Shared,
  StoreChange,
  Summary,
  ToldBlock,
  TorrentFile,
  TransactionOutcome,
} from '../../../../node/network/store.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { concat, encodeText } from '../../../../node/protocol/bytes.ts'
import { SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { type Infohash, toBytes, toHash, toInfohash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'

export const GENESIS_FILE = encodeText('{"genesis":true}')
export const GENESIS = infohashOf(GENESIS_FILE)

/** A file of this store's world: `after` is an infohash that must be here first. */
export function testFile(label: string, after?: Infohash): Uint8Array {
  return encodeText(JSON.stringify(after === undefined ? { label } : { after, label }))
}

/** As `blocks` tells of a block: a sealed header, in which is the infohash of the torrent of `files` too, and that infohash. */
export function testHeader(files: readonly TorrentFile[], label = 1): Uint8Array {
  const torrent = toBytes(infohashOfInfo(blockContent(files).info))
  return concat(new Uint8Array(SEALED_BYTES - 20).fill(label), torrent, torrent)
}

export class MemoryStore implements NetworkStore {
  readonly genesis: Infohash
  /** The shared set. */
  readonly files = new Map<Infohash, Uint8Array>()
  readonly waiting = new Map<Infohash, Uint8Array>()
  readonly blocks = new Map<Infohash, { readonly sealed: Uint8Array; readonly files: readonly TorrentFile[] }>()
  /** For waiting files of one peer. */
  places = 8_192
  /** What peers sent, in the order of arrival. */
  readonly received: Infohash[] = []
  readonly #listeners = new Set<(change: StoreChange) => void>()

  constructor(genesis: Uint8Array = GENESIS_FILE) {
    this.genesis = infohashOf(genesis)
    this.files.set(this.genesis, genesis)
  }

  /** As if a wallet made it. */
  add(...files: readonly Uint8Array[]): Infohash[] {
    const transactions = files.map((file) => infohashOf(file))
    for (const [i, infohash] of transactions.entries()) this.files.set(infohash, files[i] ?? new Uint8Array())
    this.#changed({ transactions, gone: [], blocks: [] })
    return transactions
  }

  /** As if this node's miner made it. */
  addBlock(told: Uint8Array, files: readonly TorrentFile[]): void {
    const sealed = told.subarray(0, SEALED_BYTES)
    const torrent = toInfohash(told.subarray(SEALED_BYTES))
    this.blocks.set(torrent, { sealed, files })
    this.#changed({ transactions: [], gone: [], blocks: [{ sealed, torrent }] })
  }

  has(infohash: Infohash): boolean {
    return this.files.has(infohash) || this.waiting.has(infohash)
  }

  transaction(infohash: Infohash): Uint8Array | undefined {
    return this.files.get(infohash)
  }

  async *infohashes(prefix: string, after?: Infohash): AsyncGenerator<Infohash> {
    const all = [...this.files.keys()].filter((infohash) => infohash.startsWith(prefix) && infohash > (after ?? ''))
    yield* all.sort()
  }

  async *shared(): AsyncGenerator<Shared> {
    for (const infohash of [...this.files.keys()]) yield { infohash, isCounted: true }
  }

  isCounted(infohash: Infohash): boolean {
    return this.files.has(infohash)
  }

  async order(from: number, most: number): Promise<Order> {
    const all = [...this.files.keys()]
    const next = Math.min(all.length, from + most)
    return { infohashes: all.slice(from, next), next: Math.max(from, next), end: all.length }
  }

  syncs(): 'all' {
    return 'all'
  }

  room(): number {
    return this.places - this.waiting.size
  }

  async blockFiles(torrent: Infohash): Promise<readonly TorrentFile[] | undefined> {
    return this.blocks.get(torrent)?.files
  }

  headers(): ToldBlock[] {
    return [...this.blocks.entries()].map(([torrent, { sealed }]) => ({ sealed, torrent }))
  }

  summary(): Summary {
    const digest = createHash('sha256')
    for (const infohash of [...this.files.keys()].sort()) digest.update(infohash)
    const fingerprint = toHash(digest.digest())
    return { count: this.files.size, weight: 1n, fingerprint, newestBlock: ZERO_HASH, stateRoot: ZERO_HASH }
  }

  async onTransaction(infohash: Infohash, file: Uint8Array): Promise<TransactionOutcome> {
    this.received.push(infohash)
    const { label, after } = JSON.parse(new TextDecoder().decode(file))
    if (String(label).startsWith('bad')) throw new RuleError('bad-transaction-file', 'expected a good label')
    if (this.files.has(infohash)) return { state: 'known', missing: [] }
    if (after !== undefined && !this.files.has(after)) {
      this.waiting.set(infohash, file)
      return { state: 'waiting', missing: [after] }
    }
    this.#accept(infohash, file)
    return { state: 'accepted', missing: [] }
  }

  async onHeader(sealed: Uint8Array): Promise<HeaderOutcome> {
    if (sealed[0] === 0xbd) throw new RuleError('bad-header', 'expected a good header')
    return this.blocks.has(torrentOf(sealed)) ? 'known' : 'wanted'
  }

  async onBlock(sealed: Uint8Array, files: readonly TorrentFile[]): Promise<void> {
    this.addBlock(concat(sealed, toBytes(infohashOfInfo(blockContent(files).info))), files)
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #accept(infohash: Infohash, file: Uint8Array): void {
    this.files.set(infohash, file)
    this.waiting.delete(infohash)
    this.#changed({ transactions: [infohash], gone: [], blocks: [] })
    for (const [child, bytes] of [...this.waiting]) {
      if (JSON.parse(new TextDecoder().decode(bytes)).after === infohash) this.#accept(child, bytes)
    }
  }

  #changed(change: StoreChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }
}

/** Of a header that `testHeader` made. */
function torrentOf(sealed: Uint8Array): Infohash {
  return toInfohash(sealed.subarray(SEALED_BYTES - 20, SEALED_BYTES))
}
