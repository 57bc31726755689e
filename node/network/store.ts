// What the network asks of the rest of the node: it moves files between peers and never judges them itself.

import type { Hash, Infohash } from '../protocol/ids.ts'

/** One file of a torrent; `name` is its path inside the torrent's folder. */
export type TorrentFile = { readonly name: string; readonly bytes: Uint8Array }

/**
 * Sync confirmation (docs/network.md): what a node says of itself, so that two nodes see at once whether they agree.
 * A claim of the peer: never trusted for anything but deciding whether to ask for more.
 */
export type Summary = {
  /** Number of accepted transactions, ordered and final ones included. */
  readonly count: number
  /** The node's own measure of how much it holds; below 2^256. */
  readonly weight: bigint
  /** 32 bytes, independent of order: equal fingerprints mean equal accepted sets. */
  readonly fingerprint: Hash
  /** Id of the newest bridging block on the branch that the node follows; the genesis block's if there is no other. */
  readonly newestBlock: Hash
  /** The state root of that block. */
  readonly stateRoot: Hash
}

/** What became of a file that a peer sent. Only `accepted` and, where the store says so, `conflicting` ones are shared. */
export type TransactionOutcome = {
  readonly state: 'accepted' | 'waiting' | 'known' | 'conflicting'
  /** Of a waiting one: the ancestors whose files are not here. The network fetches them, from the sender first. */
  readonly missing: readonly Infohash[]
}

/** `known`: nothing to do. `wanted`: the network fetches the block's torrent and calls `onBlock`. */
export type HeaderOutcome = 'known' | 'wanted'

/** Who sent something: for the store's log, never for its judgement. */
export type PeerName = { readonly id: string; readonly host: string }

/** A part of the shared set, parents first. */
export type Order = { readonly infohashes: readonly Infohash[]; readonly next: number; readonly end: number }

/** One of the shared set, and whether `summary` counts it: of a double spend both are shared, and one is counted. */
export type Shared = { readonly infohash: Infohash; readonly isCounted: boolean }

/** What the store tells the network. The transactions and the blocks are new to the shared set and go out to the peers. */
export type StoreChange = {
  readonly transactions: readonly Infohash[]
  /** Infohashes that left the shared set; peers are not told. */
  readonly gone: readonly Infohash[]
  /** What `summary` counts from now on, and what not any more; absent where these are the two lists above. */
  readonly counted?: { readonly came: readonly Infohash[]; readonly left: readonly Infohash[] }
  readonly blocks: readonly ToldBlock[]
}

/** A sealed header, and the torrent of which a peer says that it is the block's: a hint, and as good as the peer. */
export type ToldBlock = { readonly sealed: Uint8Array; readonly torrent: Infohash }

/**
 * The *shared set* is what a node announces, serves and reconciles: every transaction that it holds and vouches for, genesis
 * included, each under its infohash, at most 1,024 bytes. It may leave out what would let a stranger fill other nodes
 * (waiting files; more than one rival of the same output). `has` answers for everything that need
 * not be fetched again.
 *
 * Synchronous methods are called on hot paths and must not block on anything but a local database. The network calls `on…`
 * concurrently, without order, and only with bytes whose infohash it recomputed.
 */
export interface NetworkStore {
  /** Infohash of the network's genesis: peers of another one are refused. */
  readonly genesis: Infohash

  /** Whether nothing can be accepted yet, so that nothing need be asked for. */
  readonly isHeld?: boolean

  /** Whether a file is here in any state (waiting, conflicting and known-invalid ones included). */
  has(infohash: Infohash): boolean
  /** The bytes of `tx.json` of a shared transaction, also when it is asked for as a plain torrent. */
  transaction(infohash: Infohash): Uint8Array | undefined
  /** The infohashes of the shared set that begin with `prefix` (0, 2 or 4 hex digits) and come after `after`, ascending. */
  infohashes(prefix: string, after?: Infohash): AsyncIterable<Infohash>

  /** The whole shared set, of one moment, in any order. */
  shared(): AsyncIterable<Shared>
  /** Whether `summary` counts it: accepted, ordered or final. */
  isCounted(infohash: Infohash): boolean

  /**
   * The shared set in an order in which parents come before children, from a position on, which stays what it is over restarts. Looks at `most` positions
   * at most; some may be empty. `next`: where to go on; `end`: behind the newest. `unordered`: only what no block has ordered.
   */
  order(from: number, most: number, unordered: boolean): Promise<Order>
  /** What a node that is far behind asks peers for: all; only what no block has ordered, as the rest comes with blocks; or nothing before those were read. */
  syncs(): 'all' | 'unordered' | 'later'
  /** How many more files of this peer may wait here for their ancestors before the oldest have to go. */
  room(from: PeerName): number

  /** The files of the torrent of a block that is held, in the torrent's order (docs/protocol.md section 7.3). */
  blockFiles(torrent: Infohash): Promise<readonly TorrentFile[] | undefined>
  /** Blocks worth telling a new peer, oldest first: the branch from the last final block, and what was mined
   * on it and is not on Ethereum yet. The network sends the last 128. */
  headers(): readonly ToldBlock[]
  /** The torrents of all blocks that can be asked for, some of them perhaps twice. */
  torrents?(): AsyncIterable<Infohash>

  /** Sealed headers of a block and of those on which it builds, downwards, `most` of them at most. */
  ancestors?(block: Hash, most: number): readonly Uint8Array[]
  /** A published block with its rows, for who replays the past (`encodePastBlock`): at most 8 MiB. */
  pastBlock?(block: Hash): Promise<Uint8Array | undefined>
  /** Whether it was put together lately, so that it costs nothing more. */
  isPastAtHand?(block: Hash): boolean

  /** Cheap: called several times a second. */
  summary(): Summary

  /**
   * A file whose infohash is `infohash`. Throws `RuleError` if it can never be valid, whoever judges it (the sender is then penalised, so never
   * for what depends on the node's own view), `OperationError` if it cannot be judged now.
   */
  onTransaction(infohash: Infohash, file: Uint8Array, from: PeerName): Promise<TransactionOutcome>
  /** A sealed header, 417 bytes. Throws `RuleError` if its work or its form is bad, before anything is fetched for it. */
  onHeader(sealed: Uint8Array, from: PeerName): Promise<HeaderOutcome>
  /** The verified content of the torrent that came with a wanted header. Throws `RuleError` if it is not what the header commits to. */
  onBlock(sealed: Uint8Array, files: readonly TorrentFile[], from: PeerName): Promise<void>

  /**
   * Calls `listener` after every change of the shared set, whatever its source (a peer, a wallet, Ethereum, a waiting one that became
   * accepted). Returns what ends it. Nothing is announced in any other way.
   */
  subscribe(listener: (change: StoreChange) => void): () => void
}
