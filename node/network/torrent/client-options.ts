// What a torrent client is made of, and what its bounds are.

import type { Logger } from 'pino'
import type { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import type { DialsHints } from '../places/hints.ts'
import type { WebSocketOrigins } from '../websocket/origins.ts'
import type { Content } from './metainfo.ts'

export type ClientOptions = {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Public peer finding: all off unless asked for. */
  readonly dht: boolean | { readonly bootstrap: readonly string[] }
  readonly pex: boolean
  /** Which of what these find is dialled. */
  readonly dialsHints: DialsHints
  readonly utp: boolean
  /** 0 dials plain, 1 dials encrypted (MSE), both accept either; 2 only encrypted. */
  readonly secure: 0 | 1 | 2
  /** Which web pages may connect by WebSocket, on the same port. */
  readonly webSocketOrigins: WebSocketOrigins
  /** Connections that may come in. */
  readonly maxConnections: number
  readonly maxConnectionsPerHost: number
  /** Bytes per second; undefined is unlimited. */
  readonly uploadLimit: number | undefined
  readonly downloadLimit: number | undefined
  /** Torrents that may be live at once, and how long one without a connection stays so. */
  readonly maxLiveTorrents: number
  readonly idleTorrentMs: number
  /** Bytes of large stored torrents that are live at once, whoever is connected for them. */
  readonly maxLiveBytes: number
}

export type ClientDeps = {
  readonly log: Logger
  /** What is stored under an infohash, if anything. */
  readonly lookup: (infohash: Infohash) => Promise<Content | undefined>
  /** The infohash whose sha1('req2' + infohash) this is: how an encrypted handshake names a torrent. */
  readonly lookupSecret: (hash: string) => Infohash | undefined
  readonly isBanned: (host: string) => boolean
  /** Whether the user's own coins hang on a stored torrent: it is live before all others. */
  readonly isOwn: (infohash: Infohash) => boolean
  /** It has closed its port and every connection by itself, and does not come back. */
  readonly onDied: (error: OperationError) => void
}
