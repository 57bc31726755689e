// The parts of webtorrent 3 and bittorrent-protocol 5 that this folder uses; neither ships types.

declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events'
  import type { Server, Socket } from 'node:net'
  import type { Duplex } from 'node:stream'
  import type Wire from 'bittorrent-protocol'
  import type { Dht } from './dependency-guard.ts'

  /** One remote of one swarm. `wire` and `conn` are null before it connected and after it closed. */
  export type SwarmPeer = {
    readonly id: string
    readonly type: string
    readonly source?: string | null
    readonly addr: string | null
    readonly destroyed: boolean
    readonly conn: Socket | null
    readonly wire: Wire | null
    destroy(error?: Error): void
  }

  export interface Torrent extends EventEmitter {
    readonly infoHash: string
    readonly ready: boolean
    readonly done: boolean
    readonly destroyed: boolean
    readonly wires: readonly Wire[]
    readonly pieces: readonly unknown[]
    readonly pieceLength: number | undefined
    /** Of verified pieces, and of those on their way. */
    readonly downloaded: number
    readonly length: number | undefined
    readonly files: readonly { readonly path: string; readonly length: number }[]
    readonly _peers: Map<string, SwarmPeer> | null
    _onMetadata(metadata: unknown): Promise<void>
    /** `source` is set for what webtorrent found. */
    addPeer(address: string, source?: string): boolean
    removePeer(address: string): void
    destroy(options: { destroyStore?: boolean }, done?: (error?: Error | null) => void): void
  }

  class WebTorrent extends EventEmitter {
    constructor(options: Readonly<Record<string, unknown>>)
    readonly torrents: readonly Torrent[]
    readonly peerId: string
    readonly destroyed: boolean
    readonly listening: boolean
    readonly torrentPort: number
    readonly dht: (Dht & { lookup(infohash: string): void }) | false | null
    readonly dhtPort: number
    blocked?: { contains(host: string): boolean }
    readonly utp: boolean
    secure: number
    readonly _connPool: ConnectionPool | null
    get(id: string): Promise<Torrent | null>
    _getByHash(hash: string): Promise<Torrent | null>
    add(id: string | Uint8Array, options: Readonly<Record<string, unknown>>): Torrent
    destroy(done?: (error?: Error | null) => void): void
  }
  export type ConnectionPool = {
    readonly tcpServer: Server
    utpServer: import('webtorrent/lib/utp.cjs').UtpServer | null | undefined
    readonly _onTCPConnectionBound: (socket: Duplex) => void
    readonly _onUTPConnectionBound: (socket: Socket) => void
    readonly _onUTPError: (error: Error) => void
    readonly _onListening: () => void
  }
  export default WebTorrent
}

declare module 'webtorrent/lib/utp.cjs' {
  import type { EventEmitter } from 'node:events'

  export type UtpServer = EventEmitter & {
    /** Beyond it new ones are not accepted; those that are closing count. */
    maxConnections: number
    listen(port: number, host: string): void
    /** It no longer keeps the process from its end. */
    unref(): void
    setSendBufferSize(bytes: number): void
    setRecvBufferSize(bytes: number): void
  }
  /** Empty where the native addon did not load. */
  const utp: { createServer?(): UtpServer }
  export default utp
}

declare module 'bittorrent-protocol' {
  import type { Duplex } from 'node:stream'

  type ExtensionHandler = {
    onExtendedHandshake?(handshake: Readonly<Record<string, unknown>>): void
    onMessage?(payload: Uint8Array): void
  }

  /** One connection after the transport: a duplex stream that parses BEP 3, 6 and 10. */
  class Wire extends Duplex {
    readonly type: string | null
    readonly peerId: string | null
    readonly remoteAddress?: string
    readonly remotePort?: number
    /** Bytes of pieces. */
    readonly uploaded: number
    readonly downloaded: number
    readonly ut_metadata?: { setMetadata(info: Uint8Array): Promise<boolean> }
    /** BEP 11; only where peer exchange is on. It may send once a minute. */
    readonly ut_pex?: {
      addPeer(address: string): void
      addPeer6(address: string): void
      start(): void
      _sendMessage(): void
      onMessage(bytes: Uint8Array): void
      on(event: 'peer', listener: (address: string) => void): void
      /** What the other told, so that it is not told back. */
      _remoteAddedPeers: Readonly<Record<string, unknown>>
      _remoteDroppedPeers: Readonly<Record<string, unknown>>
    }
    readonly peerExtendedMapping: Readonly<Record<string, number>>
    extendedHandshake: Record<string, unknown>
    amChoking: boolean
    readonly peerRequests: readonly unknown[]
    /** streamx's: bytes that wait to be sent. */
    readonly _readableState: { readonly buffered: number }
    _buffer: Uint8Array[]
    _bufferSize: number
    /** Where encryption is accepted. It makes its key exchange at the first use, unless there is one. */
    readonly _encryptor: { _dh: import('./key-exchange.ts').KeyExchange | null } | null
    /** While it is set, what comes waits in the buffer. */
    _pePending: boolean
    use(extension: new (wire: Wire) => ExtensionHandler): void
    extended(name: string, payload: Uint8Array): void
    override destroy(): this
    _parse(bytes: number, parser: (bytes: Uint8Array) => void): void
    _onHandshakeBuffer(bytes: Uint8Array): void
    _onMessageLength(bytes: Uint8Array): void
    _onMessage(bytes: Uint8Array): void
    _processBuffer(): void
    override _write(data: Uint8Array, done: (error?: Error | null) => void): void
  }
  export default Wire
}
