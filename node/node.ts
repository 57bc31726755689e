// A TorrentTX node: ledger, Ethereum's view, BitTorrent and RPC, started and stopped together. Long, as it joins all parts.
//
// Order of the parts; each may import those before it: protocol, errors, log, schema, wallet, deployment, ledger, bridge
// (ethereum.ts is its door), network, block-pool, network-store, own-payments, proof-intake,
// proof-folder, web, rpc, metrics.

import { join } from 'node:path'
import { Level } from 'level'
import { peersWithBlobs } from './blob-peers.ts'
import { BlockPool } from './block-pool.ts'
import { BranchWatch } from './branch-watch.ts'
import { BridgeFollower } from './bridge/follower.ts'
import { preferredTip } from './bridge/fork-choice.ts'
import { isOnQueue, queuedEntryAt } from './bridge/queue-view.ts'
import type { Keep } from './bridge/records/past/keep.ts'
import type { BridgeBlock, BridgeView } from './bridge/view.ts'
import { brokenDatabase, openDatabase } from './database.ts'
import type { NetworkDefinition } from './deployment.ts'
import { makeFolder } from './disk.ts'
import { EndpointWatches } from './ethereum/agreeing/health.ts'
import { connectEthereum } from './ethereum/agreeing/http-chain.ts'
import { BeaconEndpoint } from './ethereum/blobs/beacon.ts'
import { BlobSource } from './ethereum/blobs/blob-source.ts'
import { KzgPool } from './ethereum/blobs/kzg-pool.ts'
import { tellView } from './feed/block-watch.ts'
import { FeedFiles } from './feed/files.ts'
import { FeedStream } from './feed/stream.ts'
import { Ledger } from './ledger/ledger.ts'
import type { Branch } from './ledger/types.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import { NODE_FIGURES, type NodeReading } from './metrics/node-figures.ts'
import { unreadyOf } from './metrics/readiness.ts'
import type { Reason } from './metrics/server.ts'
import { type Judged, Verdicts } from './metrics/verdicts.ts'
import { minedBlobs } from './mined-blobs.ts'
import { Network } from './network/network.ts'
import type { NetworkOptions } from './network/options.ts'
import { formatAddress } from './network/proof.ts'
import { NodeStore } from './network-store.ts'
import { type Begin, NodeBeginning } from './node-beginning.ts'
import { NodePast } from './node-past.ts'
import { OwnPayments } from './own-payments.ts'
import { ProofFolder } from './proof-folder.ts'
import type { Hash, Infohash } from './protocol/ids.ts'
import { type Lane, laneOf, NO_LENGTHS } from './protocol/queue.ts'
import { toTime } from './protocol/units.ts'
import { Pulse } from './pulse.ts'
import { API } from './rpc/api.ts'
import { EthereumRpcServer } from './rpc/ethereum/server.ts'
import { agreementsOf } from './rpc/handlers/agreements.ts'
import { createHandlers } from './rpc/handlers/handlers.ts'
import { statusOf } from './rpc/handlers/node.ts'
import { ethereumTime } from './rpc/handlers/parts.ts'
import type { ServePage } from './rpc/http-server.ts'
import { RpcServer } from './rpc/server.ts'
import { Changes } from './web/changes.ts'
import { type SiteFiles, serveSite } from './web/site.ts'

export type NodeDeps = {
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
  /** Of this program, for those who ask. */
  readonly version: string
  /** What it enters its figures in, and its loops. */
  readonly metrics?: Pick<Metrics, 'registry' | 'rounds' | 'add'>
}

export type NodeOptions = {
  /** Everything is kept here; one node at a time. */
  readonly folder: string
  readonly definition: NetworkDefinition
  /** HTTP endpoints of Ethereum, which must agree. None: a node without a bridge. */
  readonly ethereum: readonly string[]
  /** HTTP endpoints of beacon nodes, any of which may have the blobs of a block. */
  readonly beacon?: readonly string[]
  readonly rpc: { readonly host: string; readonly port: number }
  /** Where wallets that know Ethereum only may read. Nowhere by default. */
  readonly ethereumRpc?: { readonly host: string; readonly port: number }
  readonly network: Partial<NetworkOptions>
  /** Payments that no block has ordered, of strangers: see `LedgerLimits`. */
  readonly maxUnordered?: number
  /** Between two looks at Ethereum. */
  readonly pollMs?: number
  /** Ethereum's newest block may be this old, else the endpoint counts as stuck. Not for chains that stand still between transactions. */
  readonly maxEthereumAgeMs?: number
  /** Blocks of Ethereum that may still be reorganised. Default 64. */
  readonly finalityDepth?: bigint
  /**
   * Where a new folder begins: at the final block, at genesis (default), or, with `either`, at the final block if a peer delivers its balances, else
   * at genesis. A folder that began already goes on.
   */
  readonly begin?: Begin
  /** Without progress for this long nobody delivers them. Default a minute. */
  readonly patienceMs?: number
  /** Leaves out the replay of the past, which a node that begins at a final block does in the background. */
  readonly skipPast?: boolean
  /** How far back states after blocks stay on disk. Default 256 blocks behind the final one. */
  readonly keep?: Keep
  /** Keeps a feed of all changes, for so many final blocks, and writes it into `files`, if that is a folder. None by default. */
  readonly feed?: { readonly keep: bigint | 'all'; readonly files?: string | undefined } | undefined
  /** The web page that is served beside the RPC. None by default. */
  readonly site?: SiteFiles | undefined
}

/** Of an install without a page. */
const NO_FILES: SiteFiles = new Map()

export class TtxNode {
  readonly #deps: NodeDeps
  readonly #options: NodeOptions
  readonly #ledger: Ledger
  readonly #follower: BridgeFollower | undefined
  readonly #bridgeDatabase: Level | undefined
  readonly #network: Network
  readonly #store: NodeStore
  readonly #rpc: RpcServer<typeof API>
  readonly #ethereumRpc: EthereumRpcServer | undefined
  readonly #pool: BlockPool
  readonly #kzg = new KzgPool()
  readonly #status: () => NodeReading['status']
  readonly #startPulse: () => Pulse
  #pulse: Pulse | undefined
  readonly #stopping = new AbortController()
  readonly #failing = new AbortController()
  /** Changes of the ledger that the follower asked for, one after another. */
  #ordering: Promise<void> = Promise.resolve()
  readonly #proofs: ProofFolder
  readonly #beginning: NodeBeginning
  readonly #past: NodePast | undefined
  readonly #changes = new Changes()
  readonly #feedStream: FeedStream | undefined
  readonly #feedFiles: FeedFiles | undefined
  #telling: Promise<void> = Promise.resolve()
  #untold: BridgeView | undefined
  /** The final block of which the peers were told last. */
  #toldFinal: Hash | undefined
  /** Entries of each lane below this are in the ledger. */
  readonly #known: { [Each in Lane]: bigint } = { ...NO_LENGTHS }

  constructor(deps: NodeDeps, options: NodeOptions) {
    const { definition, folder } = options
    const { rules, genesis } = definition
    this.#deps = deps
    this.#options = options
    const log = (part: string) => deps.log.child({ part })
    const turning = deps.metrics === undefined ? {} : { rounds: deps.metrics.rounds }
    this.#ledger = new Ledger({
      database: join(folder, 'ledger'),
      rules,
      genesis,
      log: log('ledger'),
      clock: deps.clock,
      onBroken: (error) => this.#fail(error),
      feed: options.feed,
      ...(options.maxUnordered === undefined ? {} : { limits: { unordered: options.maxUnordered } }),
    })
    const { feed } = this.#ledger
    if (feed !== undefined) {
      this.#feedStream = new FeedStream(feed)
      const files = options.feed?.files
      if (files !== undefined) this.#feedFiles = new FeedFiles({ feed, log: log('feed') }, { folder: files })
    }
    this.#beginning = new NodeBeginning({ ledger: this.#ledger, network: () => this.#network }, options)
    const watches = new EndpointWatches(deps.clock)
    if (options.ethereum.length > 0) {
      this.#bridgeDatabase = new Level(join(folder, 'bridge'))
      const { pollMs, finalityDepth, maxEthereumAgeMs } = options
      this.#follower = new BridgeFollower(
        {
          chain: connectEthereum(options.ethereum, rules, { watches }),
          database: this.#bridgeDatabase,
          network: definition,
          log: log('bridge'),
          ...turning,
          blobs: this.#blobSource(log('blobs')),
          kzg: this.#kzg,
          beginning: this.#beginning.source,
          onBegun: async (block, outputs) => {
            await this.#beginning.fill(block, outputs)
            await this.#past?.start()
          },
        },
        {
          ...(options.keep === undefined ? {} : { keep: options.keep }),
          ...(pollMs === undefined ? {} : { pollMs }),
          ...(finalityDepth === undefined ? {} : { finalityDepth }),
          ...(maxEthereumAgeMs === undefined ? {} : { freshness: { clock: deps.clock, maxAgeMs: maxEthereumAgeMs } }),
        },
      )
    }
    const follower = this.#follower
    if (follower !== undefined && options.skipPast !== true)
      this.#past = new NodePast({
        ...{ definition, follower, network: () => this.#network, kzg: this.#kzg, log: log('past'), folder },
      })
    this.#pool = new BlockPool({
      kzg: this.#kzg,
      rules,
      easiestTarget: definition.easiestTarget,
      tip: () => (follower?.status.state === 'live' ? follower.parentBlock(preferredTip(follower.view).id) : undefined),
      isPublished: (id) => follower?.block(id) !== undefined,
      isJudged: (id) => follower?.block(id)?.verdict.verdict !== 'unknown',
      isOnQueue: (lanes) => follower !== undefined && isOnQueue(follower.view.queue, lanes),
      queue: (place) => follower && queuedEntryAt(follower.view.queue, place)?.entry,
      now: () => follower?.status.at?.time ?? toTime(0n),
    })
    const store = new NodeStore({ ledger: this.#ledger, pool: this.#pool, follower })
    const onDied = (error: Error) => this.#fail(error)
    const anchors = join(folder, 'anchors.json')
    const own = new OwnPayments(this.#ledger)
    const isOwn = (infohash: Infohash) => own.has(infohash)
    const ofNetwork = { store, log: log('network'), ...turning, onDied, version: deps.version, anchors, isOwn }
    this.#network = new Network(ofNetwork, options.network)
    this.#store = store
    const proofs = { ledger: this.#ledger, network: this.#network, own, log: log('proofs'), ...turning }
    this.#proofs = new ProofFolder(proofs, { folder: join(folder, 'proofs') })
    const parts = {
      version: deps.version,
      definition,
      ledger: this.#ledger,
      feed: this.#ledger.feed,
      network: this.#network,
      store,
      trackers: options.network.trackers ?? [],
      own,
      follower,
      past: () => this.#past?.status,
      settle: () => this.#ordering,
    }
    const self = { clock: deps.clock, startedAt: deps.clock(), folder, endpoints: () => watches.health }
    const branches = new BranchWatch()
    const onBranches = () =>
      branches.look(
        agreementsOf(parts).map(({ peer, agreement }) => ({ address: peer.address ?? peer.host, agreement })),
      )
    this.#startPulse = () => new Pulse(deps.log, () => this.#status(), onBranches)
    const handlers = createHandlers(parts, self)
    this.#rpc = new RpcServer({ methods: API, handlers, log: log('rpc'), page: this.#page() }, options.rpc)
    if (options.ethereumRpc !== undefined) {
      const peers = () => this.#network.peers().length
      const { version, ledger } = parts
      const page = () => (options.site === undefined ? undefined : `${this.rpcUrl}/pay`)
      this.#ethereumRpc = new EthereumRpcServer(
        { version, definition, ledger, follower, peers, page, pages: () => [this.rpcUrl], log: log('ethereum-rpc') },
        options.ethereumRpc,
      )
    }
    this.#status = () => statusOf(parts, self)
    if (deps.metrics !== undefined) this.#show(deps.metrics, follower)
  }

  /** Throws `OperationError` (`database-in-use`, `database-damaged`, `port-in-use`, `listen-failed`, …); what was started by then is stopped again. */
  async start(): Promise<void> {
    try {
      await makeFolder(join(this.#options.folder, 'proofs'))
      await this.#ledger.start()
      await this.#feedFiles?.start()
      await this.#startFollower()
      await this.#network.start()
      this.#beginning.networkIsUp()
      await this.#rpc.start()
      await this.#ethereumRpc?.start()
      this.#pulse = this.#startPulse()
      this.#proofs.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Stops in reverse order, the databases last. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#pulse?.[Symbol.dispose]()
    this.#changes.stop()
    this.#feedStream?.stop()
    await this.#ethereumRpc?.stop()
    await this.#rpc.stop()
    const proofs = this.#proofs.stop()
    await this.#past?.stop()
    await this.#network.stop()
    await proofs
    await this.#follower?.stop()
    await this.#kzg.stop()
    await this.#ordering
    await this.#telling
    await this.#feedFiles?.stop()
    await this.#bridgeDatabase?.close()
    await this.#ledger.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /**
   * Aborts when it cannot go on, for a reason that does not pass while it runs, as a full disk, a damaged database or a network that died: whoever runs it should
   * stop it, and end. The reason is that of the abort.
   */
  get failed(): AbortSignal {
    return this.#failing.signal
  }

  /** How it began, or begins: `continues` where the folder was not new. Known once it has started. */
  get began(): Begin | 'continues' {
    return this.#beginning.mode
  }

  /** Why it does not do what it is for; none if it does. Only while it runs. */
  get unready(): readonly Reason[] {
    return unreadyOf(this.#status())
  }

  get rpcUrl(): string {
    return this.#rpc.url
  }

  /** Undefined if there is none. */
  get ethereumRpcUrl(): string | undefined {
    return this.#ethereumRpc?.url
  }

  /** `host:port` at which other nodes reach it. */
  get listenAddress(): string {
    return formatAddress(this.#network.address())
  }

  /** What is here already, then beacon nodes, since they have what Ethereum has; then peers, who also have what it keeps no more. */
  #blobSource(log: Logger): BlobSource {
    const beacons = (this.#options.beacon ?? []).map((url) => new BeaconEndpoint(url, { now: this.#deps.clock }))
    const mined = minedBlobs(() => this.#pool.blocks)
    const peers = peersWithBlobs((torrent, signal) => this.#network.fetchBlock(torrent, signal))
    return new BlobSource({ log, now: () => performance.now(), pool: this.#kzg, suppliers: [mined, ...beacons, peers] })
  }

  #page(): ServePage | undefined {
    const { site: files = NO_FILES } = this.#options
    const feed = this.#feedStream
    if (files === NO_FILES && feed === undefined) return undefined
    const changes = this.#changes
    this.#ledger.subscribe(() => changes.note('transactions'))
    for (const event of ['view', 'status', 'branch'] as const) this.#follower?.on(event, () => changes.note('bridge'))
    return (request, response) => serveSite({ files, changes, feed }, request, response)
  }

  #show({ registry, add }: NonNullable<NodeDeps['metrics']>, follower: BridgeFollower | undefined): void {
    add((): NodeReading => {
      const reading = { status: this.#status(), summary: this.#ledger.summary(), ordered: this.#ledger.orderedCount() }
      return follower === undefined
        ? reading
        : { ...reading, bridge: { view: follower.view, now: ethereumTime(follower) } }
    }, NODE_FIGURES)
    const verdicts = new Verdicts(registry)
    follower?.on('view', ({ blocks }) =>
      verdicts.look(judgedIn(blocks.values()), follower.status.state === 'live' ? this.#deps.clock() : undefined),
    )
  }

  async #startFollower(): Promise<void> {
    const follower = this.#follower
    if (follower === undefined) return
    follower.on('branch', (branch) => this.#order(() => this.#setBranch(branch)))
    follower.on('view', () => {
      this.#pool.prune()
      this.#order(() => this.#announceDeposits())
      this.#tellFinal(follower)
      this.#tellFeed(follower)
    })
    const folder = join(this.#options.folder, 'bridge')
    follower.on('broken', (error) => {
      const isDisk = error.code === 'database-failed' && error.cause !== undefined
      this.#fail(isDisk ? brokenDatabase(error.cause, { part: 'bridge', folder }) : error)
    })
    if (this.#bridgeDatabase !== undefined) await openDatabase(this.#bridgeDatabase, { part: 'bridge', folder })
    follower.on('begun', () => this.#beginning.end())
    follower.on('renamed', (block) => {
      if (follower.view.blocks.has(block.id)) this.#store.tellFinal(block)
    })
    await this.#beginning.begin(follower)
  }

  /** After what the ledger does about the same view, and only the newest of several that wait. */
  #tellFeed({ view }: BridgeFollower): void {
    const { feed } = this.#ledger
    if (feed === undefined) return
    this.#untold = view
    this.#telling = this.#telling
      .then(async () => {
        const untold = this.#untold
        this.#untold = undefined
        if (untold !== undefined) await tellView(feed, untold)
      })
      .catch((error) => this.#fail(error))
  }

  #tellFinal(follower: BridgeFollower): void {
    const { settled } = follower
    if (this.#toldFinal === settled.id) return
    this.#toldFinal = settled.id
    this.#store.tellFinal(settled)
  }

  #order(change: () => Promise<void>): void {
    this.#ordering = this.#ordering.then(change).catch((error) => this.#fail(error))
  }

  /** The first reason stays: what fails after it most likely follows from it. */
  #fail(error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#failing.abort(error)
  }

  async #setBranch(branch: Branch): Promise<void> {
    await this.#ledger.setBranch(branch)
  }

  /** Deposits are known, as waiting, from the moment in which Ethereum has them. */
  async #announceDeposits(): Promise<void> {
    for (const { index, entry } of this.#follower?.pending() ?? []) {
      const lane = laneOf(entry.kind)
      if (entry.kind === 'forced' || index < this.#known[lane]) continue
      await this.#ledger.depositEntry(index, entry)
      this.#known[lane] = index + 1n
    }
  }
}

function* judgedIn(blocks: Iterable<BridgeBlock>): Generator<Judged> {
  for (const { id, publishedAt, verdict } of blocks) yield { id, publishedAt, verdict: verdict.verdict }
}
