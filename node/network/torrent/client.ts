// webtorrent with four changes: a stored torrent becomes live when a handshake names it, it listens where it is told, strangers are bounded, and web pages
// connect as well. Long, as it is one class.

import type { Socket } from 'node:net'
import type Wire from 'bittorrent-protocol'
import WebTorrent, { type Torrent } from 'webtorrent'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { isInfohash } from '../../protocol/ids.ts'
import { MAX_FOUND, MAX_FOUND_PER_RANGE } from '../limits.ts'
import { mayBeDialled } from '../places/anchors.ts'
import { mayBeFound } from '../places/hints.ts'
import type { Merit } from '../places/places.ts'
import { TokenBucket } from '../token-bucket.ts'
import { type ByteStream, WebSockets } from '../websocket/websockets.ts'
import { MemoryChunkStore } from './chunk-store.ts'
import type { ClientDeps, ClientOptions } from './client-options.ts'
import { guardDht } from './dependency-guard.ts'
import { guardWire } from './guard.ts'
import { IdleWires } from './idle-wires.ts'
import { Incoming } from './incoming.ts'
import { type Content, encodeTorrent, parseFolder } from './metainfo.ts'
import { makesBytes, makesRoom } from './places-awake.ts'
import { networkDied, notListening } from './problems.ts'
import { addUtpServer } from './utp-server.ts'

/** Torrents that handshakes may wake: per second, and at once. Each costs about a millisecond. */
const WAKES_PER_SECOND = 200
const WAKES_BURST = 1_000
/** Connections that a torrent may have besides those that come in: for those that this node dials, which strangers cannot take. */
const DIALLED_PLACES = 64
const FOUND_BOUNDS = { most: MAX_FOUND, perRange: MAX_FOUND_PER_RANGE }
const SECOND_MS = 1_000

export class TorrentClient extends WebTorrent {
  readonly #deps: ClientDeps
  readonly #options: ClientOptions
  readonly #waking = new Map<string, Promise<Torrent | null>>()
  /** Live torrents that may be put to sleep, with the time when they were last of use (milliseconds). */
  readonly #idleSince = new Map<Torrent, number>()
  readonly #awake = new WeakMap<Torrent, { readonly since: number; readonly bytes: number }>()
  readonly #wakes = new TokenBucket(WAKES_PER_SECOND, WAKES_BURST)
  readonly #ownWakes = new TokenBucket(WAKES_PER_SECOND, WAKES_BURST)
  readonly #incoming: Incoming
  /** What does not sleep: the meeting point. */
  readonly #seeded = new WeakSet<Torrent>()
  readonly #wires = new IdleWires()
  readonly #webSockets: WebSockets
  readonly #opened: Promise<void>
  readonly #sweep: NodeJS.Timeout
  readonly #everySecond: NodeJS.Timeout

  /** Begins to listen at once; `opened()` waits for it. */
  constructor(deps: ClientDeps, options: ClientOptions) {
    super({
      // Where webtorrent hands a number to `listen`, a whole option works as well; it reads the real port back from the server.
      torrentPort: { port: options.port, host: options.host },
      dht: options.dht === true ? {} : options.dht,
      dhtPort: { port: 0, address: options.host },
      lsd: false,
      utPex: options.pex,
      utp: options.utp,
      natUpnp: false,
      natPmp: false,
      webSeeds: false,
      // A tracker by WebSocket tells no addresses, but connections by WebRTC, which would send to whatever those name who offer them.
      tracker: { wrtc: false },
      secure: options.secure,
      maxConns: options.maxConnections + DIALLED_PLACES,
      uploadLimit: options.uploadLimit ?? -1,
      downloadLimit: options.downloadLimit ?? -1,
    })
    this.#deps = deps
    this.#options = options
    const { maxConnections, maxConnectionsPerHost } = options
    this.#incoming = new Incoming({ maxConnections, maxConnectionsPerHost, isBanned: deps.isBanned })
    // They are not encrypted, unless somebody in front of the node does it.
    const origins = options.secure === 2 ? 'none' : options.webSocketOrigins
    this.#webSockets = new WebSockets({ origins, onStream: (stream, socket) => this.#enterPage(stream, socket) })
    if (this.dht) guardDht(this.dht, (address) => mayBeFound(address, options.dialsHints), entriesOf(options.dht))
    this.blocked = { contains: deps.isBanned }
    this.on('add', (torrent: Torrent) => this.#onAdd(torrent))
    this.#opened = new Promise((resolve, reject) => {
      this.once('listening', resolve)
      this.once('error', reject)
    })
    this.#opened.catch(() => {})
    this.on('error', (error: Error) => {
      if (this.destroyed && this.listening) deps.onDied(networkDied(error))
      else deps.log.warn({ error: error.message }, 'torrent client')
    })
    this.#takeOverServer()
    this.#everySecond = setInterval(() => this.#incoming.tend(this.torrents.flatMap(({ wires }) => wires)), SECOND_MS)
    this.#sweep = setInterval(() => this.#sweepIdle(), Math.min(options.idleTorrentMs, 10_000))
  }

  /** Resolves when the port is open. Throws `OperationError('listen-failed')`. */
  async opened(): Promise<void> {
    const { host, port } = this.#options
    await this.#opened.catch((cause: unknown) => {
      throw notListening(host, port, cause)
    })
  }

  /** Closes every connection and the port. */
  async close(): Promise<void> {
    clearInterval(this.#sweep)
    clearInterval(this.#everySecond)
    this.#webSockets.close()
    if (this.destroyed) return
    // Of some that send it garbage the library waits forever until they are closed.
    this._connPool?.utpServer?.unref()
    await new Promise<void>((resolve) => this.destroy(() => resolve()))
  }

  /** Of what is found for a torrent few are dialled, and none that a stranger may not name; what is added without a source was given. */
  override add(id: string | Uint8Array, options: Readonly<Record<string, unknown>>): Torrent {
    const torrent = super.add(id, options)
    const addPeer = torrent.addPeer.bind(torrent)
    torrent.addPeer = (address, source) => {
      return (source === undefined || this.#mayDial(address, torrent)) && addPeer(address, source)
    }
    return torrent
  }

  /** Keeps `content` live until the client closes, announced at `trackers`. */
  async seed(content: Content, trackers: readonly string[]): Promise<Torrent> {
    const torrent = this.#addContent(content, trackers)
    this.#seeded.add(torrent)
    await becomesReady(torrent)
    return torrent
  }

  /** From now on `torrent` may be put to sleep when no peer has been connected to it for a while. */
  keepUntilIdle(torrent: Torrent, bytes = torrent.length ?? 0): void {
    this.#idleSince.set(torrent, Date.now())
    this.#awake.set(torrent, { since: performance.now(), bytes })
  }

  /** Whether it may be put to sleep, and so be replaced. */
  isIdle = (torrent: Torrent): boolean => this.#idleSince.has(torrent)

  /** A node is at the other end: this wire stays open however little of the torrent goes over it. False if there is no place for it. */
  keepNode(wire: Wire, merit: () => Merit): boolean {
    if (!this.#incoming.onNode(wire, merit)) return false
    this.#wires.keep(wire)
    return true
  }

  /** The live torrent of an infohash, waking it from the store if it sleeps: webtorrent asks this for each handshake. */
  override async get(id: string): Promise<Torrent | null> {
    if (!isInfohash(id)) return await super.get(id)
    const live = this.torrents.find((torrent) => torrent.infoHash === id)
    const waking = this.#waking.get(id)
    if (waking !== undefined) return await waking
    if (live) {
      if (this.#idleSince.has(live)) this.#idleSince.set(live, Date.now())
      return live
    }
    const promise = this.#wake(id).finally(() => this.#waking.delete(id))
    this.#waking.set(id, promise)
    return await promise
  }

  override async _getByHash(hash: string): Promise<Torrent | null> {
    const stored = this.#deps.lookupSecret(hash)
    const torrent = stored === undefined ? null : await this.get(stored)
    return torrent ?? (await super._getByHash(hash))
  }

  /** Looks for peers of a torrent in the DHT now: webtorrent does so at the start, and then every quarter of an hour. */
  lookUp(torrent: Torrent): void {
    if (this.dht) this.dht.lookup(torrent.infoHash)
  }

  async #wake(infohash: Infohash): Promise<Torrent | null> {
    if (!(this.#deps.isOwn(infohash) ? this.#ownWakes : this.#wakes).take(1)) return null
    try {
      const content = await this.#deps.lookup(infohash)
      if (content === undefined || this.destroyed) return null
      if (!this.#makeRoom(infohash) || !this.#makeBytes(content.bytes.length)) return null
      const torrent = this.#addContent(content, [])
      this.keepUntilIdle(torrent, content.bytes.length)
      await becomesReady(torrent)
      return torrent.destroyed ? null : torrent
    } catch (error) {
      this.#deps.log.warn({ infohash, error: String(error) }, 'cannot wake a torrent')
      return null
    }
  }

  #addContent(content: Content, trackers: readonly string[]): Torrent {
    const { pieceBytes } = parseFolder(content.info)
    return this.add(encodeTorrent(content.info), {
      announce: [...trackers],
      preloadedStore: new MemoryChunkStore(pieceBytes, content.bytes),
      storeCacheSlots: 0,
      skipVerify: true,
    })
  }

  #mayDial(address: string, torrent: Torrent): boolean {
    return mayBeFound(address, this.#options.dialsHints) && mayBeDialled(address, foundBy(torrent), FOUND_BOUNDS)
  }

  /** Puts a torrent to sleep where all places are taken; false if none may go for this one. */
  #makeRoom(infohash: Infohash): boolean {
    if (this.#idleSince.size < this.#options.maxLiveTorrents) return true
    const torrent = makesRoom(this.#idleSince.keys(), infohash, this.#deps.isOwn)
    if (torrent !== undefined) this.#sleep(torrent)
    return torrent !== undefined
  }

  /** Puts torrents to sleep until one of `bytes` fits in memory beside the rest; false if it does not. */
  #makeBytes(bytes: number): boolean {
    for (;;) {
      const now = performance.now()
      const live = [...this.#idleSince.keys()].map((torrent) => {
        const { since, bytes } = this.#awake.get(torrent) ?? { since: now, bytes: 0 }
        return { torrent, bytes, isIdle: torrent.wires.length === 0, awakeMs: now - since }
      })
      const goes = makesBytes(live, bytes, this.#options.maxLiveBytes)
      if (goes === 'fits' || goes === undefined) return goes === 'fits'
      this.#sleep(goes.torrent)
    }
  }

  #sweepIdle(): void {
    const now = Date.now()
    for (const [torrent, since] of [...this.#idleSince]) {
      if (torrent.wires.length > 0) this.#idleSince.set(torrent, now)
      else if (now - since >= this.#options.idleTorrentMs) this.#sleep(torrent)
    }
    for (const torrent of this.torrents) this.#wires.closeIdle(torrent.wires, now)
    // A connection that closed while its torrent woke up is entered afterwards, and nothing else removes it.
    for (const torrent of this.torrents) {
      for (const [id, peer] of torrent._peers ?? []) if (peer.destroyed) torrent._peers?.delete(id)
    }
  }

  #sleep(torrent: Torrent): void {
    this.#idleSince.delete(torrent)
    torrent.destroy({ destroyStore: true })
  }

  #onAdd(torrent: Torrent): void {
    torrent.once('close', () => this.#idleSince.delete(torrent))
    torrent.on('error', (error: Error) => {
      this.#deps.log.debug({ infohash: torrent.infoHash, error: error.message }, 'torrent failed')
    })
    torrent.on('wire', (wire) => {
      guardWire(wire, torrent)
      const conn = [...(torrent._peers?.values() ?? [])].find((peer) => peer.wire === wire)?.conn
      if (!conn) return
      tuneSocket(conn)
      this.#incoming.onWire(wire, conn, this.#seeded.has(torrent))
    })
  }

  /** Refuses banned and surplus connections before they cost anything, and lets uTP listen on our host only. */
  #takeOverServer(): void {
    const pool = this._connPool
    if (pool === null)
      throw new OperationError(
        'listen-failed',
        'expected webtorrent to open its port, got one that is closed already; start the node again',
      )
    pool.tcpServer.removeListener('connection', pool._onTCPConnectionBound)
    pool.tcpServer.on('connection', (socket) => {
      tuneSocket(socket)
      if (this.#incoming.take(socket))
        this.#webSockets.take(socket, () => this.#enter(() => pool._onTCPConnectionBound(socket)))
    })
    if (!this.utp) return
    addUtpServer(pool, this.#options.host, (socket) => {
      if (this.#incoming.take(socket)) this.#enter(() => pool._onUTPConnectionBound(socket))
    })
  }

  /** Lets webtorrent enter a connection that has a place. */
  #enter(enter: () => void): void {
    // It accepts encrypted connections only where it also dials them; the setting is read while the connection is entered.
    this.secure = Math.max(1, this.#options.secure)
    enter()
    this.secure = this.#options.secure
  }

  /** A web page is a connection like any other from here on. */
  #enterPage(stream: ByteStream, socket: Socket): void {
    this.#incoming.carryPage(socket, stream)
    const pool = this._connPool
    if (pool === null) socket.destroy()
    else this.#enter(() => pool._onTCPConnectionBound(stream))
  }
}

/** Of a DHT that its user chose. */
function entriesOf(dht: ClientOptions['dht']): readonly string[] {
  return typeof dht === 'object' ? dht.bootstrap : []
}

/** Addresses that were found, and are dialled or connected. */
function foundBy({ _peers }: Torrent): string[] {
  return [...(_peers?.values() ?? [])].flatMap(({ type, source, addr }) => {
    return type.endsWith('Outgoing') && source && addr !== null ? [addr] : []
  })
}

/** Small messages go out at once (25 ms instead of 209 ms for a small fetch), and dead peers are noticed. */
function tuneSocket(socket: Partial<Socket>): void {
  socket.setNoDelay?.(true)
  socket.setKeepAlive?.(true, 60_000)
}

async function becomesReady(torrent: Torrent): Promise<void> {
  if (torrent.ready) return
  const { promise, resolve } = Promise.withResolvers<void>()
  torrent.once('ready', resolve)
  torrent.once('close', resolve)
  await promise
}
