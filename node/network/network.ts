// The node on BitTorrent: joins the meeting point, gossips with the nodes that it finds, seeds what the store holds. Long, as it joins all parts.

import { randomBytes } from 'node:crypto'
import type Wire from 'bittorrent-protocol'
import type { Logger } from 'pino'
import type { Torrent } from 'webtorrent'
import { OperationError } from '../errors.ts'
import { type Infohash, toInfohash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import type { Rounds } from '../rounds.ts'
import { Bans } from './bans.ts'
import { BlockFetcher } from './gossip/block-fetcher.ts'
import { extendWire } from './gossip/extension.ts'
import { Hub } from './gossip/hub.ts'
import { PastReader } from './gossip/past-reader.ts'
import type { Hello } from './gossip/peer.ts'
import { PeerExchange } from './gossip/peer-exchange.ts'
import type { Difference } from './gossip/reconcile/comparer.ts'
import { SetIndex } from './gossip/reconcile/set-index.ts'
import type { SyncProgress } from './gossip/sync/progress.ts'
import type { ToldBlocks } from './gossip/told-blocks.ts'
import type { Flow } from './gossip/traffic.ts'
import { meetingPoint } from './meeting-point.ts'
import { DEFAULT_NETWORK_OPTIONS, NETWORK_BOUNDS, type NetworkBounds, type NetworkOptions } from './options.ts'
import { isLoopback } from './places/addresses.ts'
import { Anchors } from './places/anchors.ts'
import { diallable } from './places/hints.ts'
import { isPublicHost, Reach } from './places/reach.ts'
import { formatAddress, isAddress } from './proof.ts'
import type { NetworkStore, Summary, TorrentFile } from './store.ts'
import { TorrentClient } from './torrent/client.ts'
import type { Progress } from './torrent/download.ts'
import { blockContent, type Content, infohashOfInfo, transactionContent } from './torrent/metainfo.ts'
import { SecretIndex } from './torrent/secret-index.ts'
import { type FetchHints, NO_HINTS, Transfers } from './transfers.ts'

export type NetworkDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  readonly rounds?: Rounds
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
  readonly bounds?: Partial<NetworkBounds>
  /** Where the addresses of the last good nodes are kept; nowhere by default. */
  readonly anchors?: string
  /** Nobody is connected any more, and nobody will be: whoever runs this should end it. */
  readonly onDied?: (error: OperationError) => void
  /** Whether the user's own coins hang on a transaction: it is seeded before all others. */
  readonly isOwn?: (infohash: Infohash) => boolean
  /** Of this program, for the peers. */
  readonly version?: string
}

/** A connected node of the same network. */
export type PeerInfo = {
  readonly id: string
  readonly host: string
  readonly address: string | undefined
  readonly outgoing: boolean
  /** What it says that it runs, if anything: its own word. */
  readonly client?: string
  /** Milliseconds since it introduced itself. */
  readonly connectedMs: number
  readonly received: Flow
  readonly sent: Flow
  /** Its last sync confirmation, if one came. */
  readonly summary: Summary | undefined
  /** In what it was found to differ, if it was compared since both agreed. */
  readonly difference: Difference | undefined
}

const REDIAL_MS = 5_000
const ANCHORS_MS = 60_000
/** What is said of an address that a peer told of itself. */
const INTRODUCED = 'introduced'

export class Network {
  readonly #store: NetworkStore
  readonly #log: Logger
  readonly #now: () => number
  readonly #version: string | undefined
  readonly #isOwn: (infohash: Infohash) => boolean
  readonly #options: NetworkOptions
  readonly #bounds: NetworkBounds
  readonly #bans: Bans
  readonly #anchors: Anchors
  readonly #secrets = new SecretIndex()
  readonly #index: SetIndex
  readonly #hub: Hub
  readonly #blocks: BlockFetcher
  readonly #transfers: Transfers
  readonly #nodeId = toInfohash(randomBytes(20))
  readonly #meetingContent: Content
  readonly #exchange = new PeerExchange()
  readonly #reach = new Reach()
  /** Addresses to stay connected to, each with the key of the node that was found there. */
  readonly #dialled = new Map<string, string | undefined>()
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds | undefined
  readonly #onDied: (error: OperationError) => void
  #client: TorrentClient | undefined
  #meeting: Torrent | undefined
  #isJoining = false
  #redial: NodeJS.Timeout | undefined
  #keepAnchors: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined
  #indexing: Promise<void> = Promise.resolve()

  constructor(
    {
      store,
      log,
      rounds,
      now = () => performance.now(),
      bounds = {},
      anchors,
      onDied = () => {},
      version,
      isOwn = () => false,
    }: NetworkDeps,
    options: Partial<NetworkOptions> = {},
  ) {
    this.#store = store
    this.#index = new SetIndex(store, this.#secrets)
    this.#log = log
    this.#rounds = rounds
    this.#onDied = onDied
    this.#now = now
    this.#version = version
    this.#isOwn = isOwn
    this.#options = { ...DEFAULT_NETWORK_OPTIONS, ...options }
    this.#bounds = { ...NETWORK_BOUNDS, ...bounds }
    this.#bans = new Bans(now, { sparesLoopback: this.#bounds.sparesLoopback })
    this.#anchors = new Anchors(anchors, log)
    this.#meetingContent = meetingPoint(store.genesis)
    for (const address of this.#options.peers) this.#dialled.set(address, undefined)
    this.#transfers = new Transfers({
      store,
      client: () => this.#running().client,
      peers: () => this.#hub.peers,
      fetchOne: (peer, infohash) => this.#hub.fetcher.fetchOne(peer, infohash),
      trackers: this.#options.trackers,
      diallable: (addresses) => diallable(addresses, this.#options.dialsHints),
      meeting: infohashOfInfo(this.#meetingContent.info),
      maxBlockBytes: this.#bounds.maxBlockBytes,
      stopping: this.#stopping.signal,
    })
    this.#blocks = new BlockFetcher({
      store,
      log,
      fetch: (torrent, peers) => this.#transfers.fetchBlockFrom(torrent, peers),
    })
    this.#hub = new Hub({
      store,
      log,
      now,
      index: this.#index,
      nodeId: this.#nodeId,
      onBlocks: (peer, blocks) => this.#blocks.onBlocks(peer, blocks),
      onSeed: (peer, infohash) => this.#transfers.connectFor(peer, infohash),
      onBan: ({ hello }) => this.#bans.add(hello),
    })
  }

  /** Opens the port and joins the meeting point. Throws `OperationError('listen-failed')`. */
  async start(): Promise<void> {
    this.#client = new TorrentClient(
      {
        log: this.#log,
        lookup: (infohash) => this.#contentOf(infohash),
        isOwn: this.#isOwn,
        lookupSecret: (hash) => this.#secrets.get(hash),
        isBanned: (host) => this.#bans.hasHost(host),
        onDied: this.#onDied,
      },
      { ...this.#options, ...this.#bounds, port: this.#options.listenPort },
    )
    await this.#client.opened()
    const { stop, done } = this.#index.start((change) => this.#hub.onChange(change), this.#stopping.signal)
    this.#unsubscribe = stop
    this.#indexing = done.catch((error: unknown) => {
      this.#log.error({ error }, 'what is stored cannot be counted: peers cannot compare with this node')
    })
    this.#client.on('add', (torrent: Torrent) => torrent.on('wire', (wire: Wire) => this.#onWire(torrent, wire)))
    await this.#join(this.#client)
    this.#hub.start()
    // They may be from when this node reached further than now, or less far.
    for (const address of await diallable(await this.#anchors.load(), this.#options.dialsHints))
      this.#meeting?.addPeer(address)
    this.#dial()
    const turned = this.#rounds?.open('network', REDIAL_MS)
    this.#redial = setInterval(() => {
      this.#dial()
      turned?.()
    }, REDIAL_MS)
    this.#keepAnchors = setInterval(() => void this.#anchors.save(this.#hub.peers), ANCHORS_MS)
    this.#log.info({ ...this.address(), node: this.#nodeId }, 'network started')
  }

  /** Idempotent. Nothing calls the store afterwards. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort(new OperationError('stopped', 'the network was stopped'))
    clearInterval(this.#redial)
    clearInterval(this.#keepAnchors)
    await this.#anchors.save(this.#hub.peers)
    this.#unsubscribe?.()
    await this.#indexing
    await this.#hub.stop()
    await this.#blocks.stop()
    await this.#client?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Where this node accepts connections. Throws `OperationError('not-started')`. */
  address(): { readonly host: string; readonly port: number; readonly dhtPort: number | undefined } {
    const { torrentPort: port, dht, dhtPort } = this.#running().client
    return { host: this.#options.host, port, dhtPort: dht ? dhtPort : undefined }
  }

  /**
   * `host:port` at which others reach this node, for those who are told by a file: what its operator set, or where it listens if that is public, or
   * what peers see. A node that keeps to this machine says where it listens on it. Undefined if nothing is sure enough.
   */
  publicAddress(): string | undefined {
    const { publicAddress, dialsHints } = this.#options
    const { host, port } = this.address()
    if (publicAddress !== undefined) return publicAddress
    if (isPublicHost(host) || (isLoopback(host) && dialsHints === 'loopback')) return formatAddress({ host, port })
    const seen = this.#reach.host
    return seen === undefined ? undefined : formatAddress({ host: seen, port })
  }

  peers(): PeerInfo[] {
    return this.#hub.peers.map((peer) => ({
      ...peer.hello,
      ...{ summary: peer.summary, received: peer.received, sent: peer.sent },
      connectedMs: this.#now() - peer.connectedAt,
      difference: this.#hub.comparer.differenceOf(peer),
    }))
  }

  /**
   * Connected nodes that have a transaction, as far as this one knows: they announced it, sent it or fetched it here, or their last summary shows the same set
   * with it. Others may have it too.
   */
  holders(infohash: Infohash): number {
    const { fingerprint } = this.#store.summary()
    const isShared = this.#store.transaction(infohash) !== undefined
    return this.#hub.peers.filter((peer) => {
      return peer.holds(infohash) || (isShared && peer.summary?.fingerprint === fingerprint)
    }).length
  }

  /** Infohashes that peers announced and that are not here yet; live torrents; how far a sync is, while there is one. */
  statistics(): { readonly wanted: number; readonly liveTorrents: number; readonly sync: SyncProgress | undefined } {
    return {
      wanted: this.#hub.fetcher.wanted,
      liveTorrents: this.#client?.torrents.length ?? 0,
      sync: this.#hub.sync.progress,
    }
  }

  /** Connects to `host:port` and stays connected. Throws `RuleError('bad-peer-address')`. */
  addPeer(address: string): void {
    if (!isAddress(address)) throw new RuleError('bad-peer-address', 'expected host:port with a port from 1 to 65534')
    if (!this.#dialled.has(address)) this.#dialled.set(address, undefined)
    this.#dial()
  }

  /**
   * Gets a transaction and the ancestors that the store then misses, from connected nodes first, else from any client that seeds it,
   * and hands them to the store. Throws `OperationError('transaction-not-found')` where no peer delivers one until `signal` aborts,
   * and what the store throws.
   */
  async fetch(infohash: Infohash, signal: AbortSignal, hints: FetchHints = NO_HINTS): Promise<Uint8Array> {
    return await this.#transfers.fetch(infohash, signal, hints)
  }

  /**
   * The files of a block's torrent; `onProgress` is told of the bytes that have come, and of how many there are. Throws
   * `OperationError('download-failed' | 'download-aborted')`, `RuleError('bad-torrent')`.
   */
  async fetchBlock(
    torrent: Infohash,
    signal: AbortSignal,
    hints = NO_HINTS,
    onProgress?: Progress,
  ): Promise<readonly TorrentFile[]> {
    return await this.#transfers.fetchBlock(torrent, signal, hints, onProgress)
  }

  /** Blocks of the past, from connected nodes. */
  readonly past = new PastReader({ peers: () => this.#hub.peers, now: () => this.#now() })

  /** What peers say of blocks, which is kept only where it was asked for: of a node that has still to begin. */
  get told(): ToldBlocks {
    return this.#blocks.told
  }

  async #contentOf(infohash: Infohash): Promise<Content | undefined> {
    const file = this.#store.transaction(infohash)
    if (file !== undefined) return transactionContent(file)
    const files = await this.#store.blockFiles(infohash)
    return files === undefined ? undefined : blockContent(files)
  }

  #onWire(torrent: Torrent, wire: Wire): void {
    if (this.#client === undefined || this.#stopping.signal.aborted) return
    const { genesis } = this.#store
    const self = { genesis, nodeId: this.#nodeId, port: this.#client.torrentPort, version: this.#version }
    extendWire(wire, self, { onHello: (hello) => this.#onHello(torrent, wire, hello) })
  }

  /** Nodes gossip at the meeting point only; one that is met elsewhere (a proof's hint, a tracker) is invited there. */
  #onHello(torrent: Torrent, wire: Wire, hello: Hello): ((bytes: Uint8Array) => void) | undefined {
    if (this.#bans.hasId(hello.id)) throw new RuleError('unwanted-peer', 'the peer is banned')
    this.#reach.add(hello)
    if (torrent.infoHash !== infohashOfInfo(this.#meetingContent.info)) {
      const isKnown = this.#hub.peers.some((peer) => peer.hello.id === hello.id)
      if (!isKnown && hello.address !== undefined) this.#meeting?.addPeer(hello.address, INTRODUCED)
      return undefined
    }
    const peer = this.#hub.connect(wire, hello)
    const key = `${hello.id}@${hello.host}`
    if (hello.outgoing && hello.address !== undefined && this.#dialled.has(hello.address)) {
      this.#dialled.set(hello.address, key)
    }
    if (peer === undefined) throw new RuleError('unwanted-peer', 'the peer is connected already', { peer: key })
    wire.once('close', () => peer.close())
    const { standing } = peer
    if (this.#client?.keepNode(wire, () => standing) === false) {
      peer.close()
      throw new RuleError('unwanted-peer', 'all places for nodes are taken by better ones', { peer: key })
    }
    this.#exchange.add(peer, wire)
    return (bytes) => peer.receive(bytes)
  }

  /** Also called when an error that webtorrent considers fatal (of a tracker, say) ended the meeting point's torrent. */
  async #join(client: TorrentClient): Promise<void> {
    const meeting = await client.seed(this.#meetingContent, this.#options.trackers)
    this.#meeting = meeting
    meeting.once('close', () => {
      if (!this.#stopping.signal.aborted) this.#log.warn('the meeting point was closed; joining again')
      this.#rejoin()
    })
  }

  /** Joins again if the meeting point was closed, once at a time; the next dial tries again where that fails. */
  #rejoin(): void {
    const client = this.#client
    if (this.#isJoining || this.#stopping.signal.aborted || client === undefined || client.destroyed) return
    this.#isJoining = true
    this.#join(client)
      .catch((error: unknown) => this.#log.warn({ error: String(error) }, 'cannot join the meeting point'))
      .finally(() => {
        this.#isJoining = false
      })
  }

  #dial(): void {
    if (this.#stopping.signal.aborted || this.#meeting === undefined) return
    if (this.#meeting.destroyed) {
      this.#rejoin()
      return
    }
    const connected = new Set(this.#hub.peers.map((peer) => peer.key))
    for (const [address, key] of this.#dialled) {
      if (key === undefined || !connected.has(key)) this.#meeting.addPeer(address)
    }
    if (connected.size === 0) this.#client?.lookUp(this.#meeting)
  }

  #running(): { readonly client: TorrentClient; readonly meeting: Torrent } {
    if (this.#client && this.#meeting && !this.#stopping.signal.aborted) {
      return { client: this.#client, meeting: this.#meeting }
    }
    throw new OperationError('not-started', 'the network is not running; call start() first')
  }
}
