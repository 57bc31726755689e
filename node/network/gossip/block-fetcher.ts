// Bridging blocks: receives announced headers, fetches the torrents of those that the store wants, a few at a time.

import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import { formatHex } from '../../protocol/bytes.ts'
import { keccak } from '../../protocol/hash.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_BLOCK_FETCHES, MAX_WAITING_BLOCKS } from '../limits.ts'
import type { NetworkStore, ToldBlock, TorrentFile } from '../store.ts'
import type { RemotePeer } from './peer.ts'
import { ToldBlocks } from './told-blocks.ts'

type Hint = {
  readonly peers: Set<RemotePeer>
  /** How often it failed for reasons that may pass. */
  failures: number
}

type Waiting = {
  readonly key: string
  readonly sealed: Uint8Array
  /** What peers say that its torrent is. */
  readonly hints: Map<Infohash, Hint>
}

const MAX_FAILURES = 3
/** Pairs of header and torrent that are remembered as not belonging together, and headers of which a peer had its say. */
const MAX_REFUSED = 1_000

export type BlockFetcherDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  /** Downloads the torrent from any of the peers. Rejects with `RuleError` or `OperationError`. */
  readonly fetch: (torrent: Infohash, peers: ReadonlySet<RemotePeer>) => Promise<readonly TorrentFile[]>
}

export class BlockFetcher {
  /** For a node that has still to begin. */
  readonly told = new ToldBlocks()
  readonly #deps: BlockFetcherDeps
  /** By hash of the sealed header, in the order of arrival; the ones being fetched included. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #fetching = new Map<string, Promise<void>>()
  /** Hash of the sealed header and torrent: what that holds is not what the header says. */
  readonly #refused = new Set<string>()
  /** Hashes of the sealed headers for which a peer's hint led nowhere: any header with work could else be told again with another one. */
  readonly #spent = new WeakMap<RemotePeer, Set<string>>()
  #isStopping = false

  constructor(deps: BlockFetcherDeps) {
    this.#deps = deps
  }

  /** Throws `RuleError` if the store says so of one of the headers. */
  async onBlocks(peer: RemotePeer, blocks: readonly ToldBlock[]): Promise<void> {
    this.told.add(peer, blocks)
    for (const { sealed, torrent } of blocks) {
      const key = formatHex(keccak(sealed))
      if (this.#refused.has(key + torrent) || this.#spent.get(peer)?.has(key)) continue
      const waiting = this.#waiting.get(key)
      if (waiting) addHint(waiting, peer, torrent)
      else if ((await this.#deps.store.onHeader(sealed, peer.hello)) === 'wanted') {
        this.#enqueue(key, sealed, peer, torrent)
      }
    }
    this.#pump()
  }

  /** Waits for what is being fetched; the caller makes `fetch` fail. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#waiting.clear()
    await Promise.allSettled(this.#fetching.values())
  }

  #enqueue(key: string, sealed: Uint8Array, peer: RemotePeer, torrent: Infohash): void {
    if (this.#waiting.size >= MAX_WAITING_BLOCKS) return
    this.#waiting.set(key, { key, sealed, hints: new Map([[torrent, { peers: new Set([peer]), failures: 0 }]]) })
  }

  /** What any of these peers says of the block from now on is passed over. */
  #spend(key: string, peers: ReadonlySet<RemotePeer>): void {
    for (const peer of peers) {
      const spent = this.#spent.get(peer) ?? new Set()
      this.#spent.set(peer, spent)
      remember(spent, key)
    }
  }

  #pump(): void {
    // All that is said of a block is tried at once: who is wrong, or never answers, keeps nobody waiting.
    for (const waiting of this.#waiting.values()) {
      for (const [torrent, hint] of waiting.hints) {
        if (this.#fetching.size >= MAX_BLOCK_FETCHES || this.#isStopping) return
        const name = waiting.key + torrent
        if (this.#fetching.has(name)) continue
        const fetched = this.#fetch(waiting, torrent, hint).then((isSettled) => {
          this.#fetching.delete(name)
          if (isSettled && this.#waiting.get(waiting.key) === waiting) this.#waiting.delete(waiting.key)
          this.#pump()
        })
        this.#fetching.set(name, fetched)
      }
    }
  }

  /** False if something is worth another try. */
  async #fetch({ key, sealed, hints }: Waiting, torrent: Infohash, hint: Hint): Promise<boolean> {
    const [first] = hint.peers
    try {
      const files = await this.#deps.fetch(torrent, hint.peers)
      await this.#deps.store.onBlock(sealed, files, first?.hello ?? { id: '', host: '' })
      return true
    } catch (error) {
      // The peer that told of it need not have made it, nor have fetched it: a right block on Ethereum may name any torrent.
      if (error instanceof RuleError) remember(this.#refused, key + torrent)
      const isOurBug = !(error instanceof RuleError || error instanceof OperationError)
      this.#deps.log[isOurBug ? 'error' : 'warn']({ torrent, error }, 'cannot take a block')
      hint.failures += 1
      const mayPass = error instanceof OperationError && error.retry && hint.failures < MAX_FAILURES
      if (!mayPass || [...hint.peers].every((peer) => peer.closed.aborted)) {
        hints.delete(torrent)
        this.#spend(key, hint.peers)
      }
      return hints.size === 0 || this.#isStopping
    }
  }
}

/** One hint of each peer; what else it says of the same block is passed over. */
function addHint({ hints }: Waiting, peer: RemotePeer, torrent: Infohash): void {
  if ([...hints.values()].some(({ peers }) => peers.has(peer))) return
  const known = hints.get(torrent)
  if (known) known.peers.add(peer)
  else hints.set(torrent, { peers: new Set([peer]), failures: 0 })
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key)
  const [oldest] = keys
  if (keys.size > MAX_REFUSED && oldest !== undefined) keys.delete(oldest)
}
