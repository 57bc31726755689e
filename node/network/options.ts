// What a node's operator decides about its network. Everything that reaches beyond given peers is off by default.

import type { DialsHints } from './places/hints.ts'
import type { WebSocketOrigins } from './websocket/origins.ts'

export type NetworkOptions = {
  /** The address to listen on. Loopback unless the node is to be reached. */
  readonly host: string
  /** 0 picks a free one. */
  readonly listenPort: number
  /** `host:port` at which others reach this node, where its operator knows it: it goes into proofs. Else what the peers see. */
  readonly publicAddress: string | undefined
  /** `host:port` of nodes to stay connected to. */
  readonly peers: readonly string[]
  /** Which of the addresses that a stranger wrote into a proof are dialled. */
  readonly dialsHints: DialsHints
  /** Announce URLs (HTTP, UDP) at which the meeting point is announced and looked for. */
  readonly trackers: readonly string[]
  /** The public DHT (BEP 5), or one with other entry points (`host:port`). */
  readonly dht: boolean | { readonly bootstrap: readonly string[] }
  /** Peer exchange (BEP 11): learn addresses from peers and pass them on. */
  readonly pex: boolean
  /** uTP (BEP 29) beside TCP. Both ends should have the same setting: the other is tried only after half a minute. */
  readonly utp: boolean
  /**
   * Encryption (MSE) of connections: 0 dials plain, 1 dials encrypted, both accept either; 2 is only encrypted. It hides from filters,
   * not from spies, and costs ten times the CPU.
   */
  readonly secure: 0 | 1 | 2
  /** Which web pages may be light peers, by WebSocket on the same port. */
  readonly webSocketOrigins: WebSocketOrigins
  /** Connections that may come in: a quarter is kept for nodes, a quarter for others. */
  readonly maxConnections: number
  /** Of those that came in, from one host (an IPv4 address, an IPv6 subnet of 64 bits); more of them only while more than a quarter of all is free. */
  readonly maxConnectionsPerHost: number
  /** Bytes per second; undefined is unlimited. */
  readonly uploadLimit: number | undefined
  readonly downloadLimit: number | undefined
  /** Stored torrents that may be live at once; about 40 kB each. */
  readonly maxLiveTorrents: number
}

/**
 * What an operator chooses between. `local` talks to the given peers and trackers only, and listens on loopback; `public` is
 * reached, and finds and is found. Local service discovery (BEP 14) is in neither: multicast tells everyone in a house who runs a node.
 */
export const NETWORK_PROFILES = {
  local: { host: '127.0.0.1', dialsHints: 'loopback', dht: false, pex: false, utp: false, webSocketOrigins: 'none' },
  public: { host: '0.0.0.0', dialsHints: 'public', dht: true, pex: true, utp: true, webSocketOrigins: 'remote' },
} as const satisfies Readonly<Record<string, Partial<NetworkOptions>>>

export const DEFAULT_NETWORK_OPTIONS: NetworkOptions = {
  ...NETWORK_PROFILES.local,
  listenPort: 0,
  publicAddress: undefined,
  peers: [],
  trackers: [],
  secure: 0,
  maxConnections: 100,
  maxConnectionsPerHost: 16,
  uploadLimit: undefined,
  downloadLimit: undefined,
  maxLiveTorrents: 200,
}

/** What no operator chooses: tests make them small, as they pass in a clock. */
export type NetworkBounds = {
  /** How long a stored torrent without a connection stays live. */
  readonly idleTorrentMs: number
  /** Largest block torrent that is fetched: it is held in memory until it was judged. */
  readonly maxBlockBytes: number
  /** Bytes of the torrents of blocks that are handed out at once, in memory: more of them sleep, although somebody is connected. */
  readonly maxLiveBytes: number
  /** Whether bans on loopback are of ids only, since all have the same host there; false lets a test tell hosts of 127.0.0.0/8 apart. */
  readonly sparesLoopback: boolean
}

export const NETWORK_BOUNDS: NetworkBounds = {
  idleTorrentMs: 30_000,
  maxBlockBytes: 268_435_456,
  maxLiveBytes: 536_870_912,
  sparesLoopback: true,
}
