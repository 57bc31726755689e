// Bridging blocks: receives announced headers, fetches the torrents of those that the store wants, a few at a time.

import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import { formatHex } from '../../protocol/bytes.ts'
import { keccak } from '../../protocol/hash.ts'
import { HEADER_BYTES } from '../../protocol/header.ts'
import { type Infohash, toInfohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_BLOCK_FETCHES, MAX_WAITING_BLOCKS } from '../limits.ts'
import type { NetworkStore, TorrentFile } from '../store.ts'
import type { RemotePeer } from './peer.ts'

type Waiting = {
  readonly key: string
  readonly sealed: Uint8Array
  readonly peers: Set<RemotePeer>
  /** How often it failed for reasons that may pass. */
  failures: number
}

const MAX_FAILURES = 3
/** Headers whose torrent is remembered as not theirs. */
const MAX_REFUSED = 1_000

export type BlockFetcherDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  /** Downloads the torrent from any of the peers. Rejects with `RuleError` or `OperationError`. */
  readonly fetch: (torrent: Infohash, peers: ReadonlySet<RemotePeer>) => Promise<readonly TorrentFile[]>
}

export class BlockFetcher {
  readonly #deps: BlockFetcherDeps
  /** By hash of the sealed header, in the order of arrival; the ones being fetched included. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #fetching = new Map<string, Promise<void>>()
  /** By hash of the sealed header: what their torrent holds is not what they say. Each cost its author the work of a block. */
  readonly #refused = new Set<string>()
  #isStopping = false

  constructor(deps: BlockFetcherDeps) {
    this.#deps = deps
  }

  /** Throws `RuleError` if the store says so of one of the headers. */
  async onHeaders(peer: RemotePeer, headers: readonly Uint8Array[]): Promise<void> {
    for (const sealed of headers) {
      const key = formatHex(keccak(sealed))
      if (this.#refused.has(key)) continue
      const waiting = this.#waiting.get(key)
      if (waiting) waiting.peers.add(peer)
      else if ((await this.#deps.store.onHeader(sealed, peer.hello)) === 'wanted') this.#enqueue(key, sealed, peer)
    }
    this.#pump()
  }

  /** Waits for what is being fetched; the caller makes `fetch` fail. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const key of [...this.#waiting.keys()]) if (!this.#fetching.has(key)) this.#waiting.delete(key)
    await Promise.allSettled(this.#fetching.values())
  }

  /** The torrent that a header names. */
  static torrentOf(sealed: Uint8Array): Infohash {
    return toInfohash(sealed.subarray(HEADER_BYTES - 20, HEADER_BYTES))
  }

  #enqueue(key: string, sealed: Uint8Array, peer: RemotePeer): void {
    if (this.#waiting.size >= MAX_WAITING_BLOCKS) return
    this.#waiting.set(key, { key, sealed, peers: new Set([peer]), failures: 0 })
  }

  #refuse(key: string): void {
    this.#refused.add(key)
    const [oldest] = this.#refused
    if (this.#refused.size > MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest)
  }

  #pump(): void {
    for (const waiting of this.#waiting.values()) {
      if (this.#fetching.size >= MAX_BLOCK_FETCHES || this.#isStopping) return
      if (this.#fetching.has(waiting.key)) continue
      const fetched = this.#fetch(waiting).then((isSettled) => {
        this.#fetching.delete(waiting.key)
        if (isSettled) this.#waiting.delete(waiting.key)
        this.#pump()
      })
      this.#fetching.set(waiting.key, fetched)
    }
  }

  /** False if it is worth another try. */
  async #fetch(waiting: Waiting): Promise<boolean> {
    const { sealed, peers } = waiting
    const torrent = BlockFetcher.torrentOf(sealed)
    const [first] = peers
    try {
      const files = await this.#deps.fetch(torrent, peers)
      await this.#deps.store.onBlock(sealed, files, first?.hello ?? { id: '', host: '' })
      return true
    } catch (error) {
      // The peer that told of it need not have made it, nor have fetched it: a right block on Ethereum may name any torrent.
      if (error instanceof RuleError) this.#refuse(waiting.key)
      const isOurBug = !(error instanceof RuleError || error instanceof OperationError)
      this.#deps.log[isOurBug ? 'error' : 'warn']({ torrent, error }, 'cannot take a block')
      waiting.failures += 1
      const mayPass = error instanceof OperationError && error.retry && waiting.failures < MAX_FAILURES
      return !mayPass || this.#isStopping || [...peers].every((peer) => peer.closed.aborted)
    }
  }
}
