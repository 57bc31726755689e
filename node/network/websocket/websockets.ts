// Connections that come in as WebSockets (RFC 6455), which is all that a web page can open: their frames carry the bytes of a BitTorrent connection.

import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { TokenBucket } from '../token-bucket.ts'
import { tellApart } from './first-bytes.ts'
import { isAllowedOrigin, type WebSocketOrigins } from './origins.ts'

/** What a connection has besides bytes, as sockets have it. */
export type ByteStream = Duplex & {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
}

export type WebSocketsDeps = {
  readonly origins: WebSocketOrigins
  /** A WebSocket is open on `socket`, and carries `stream`. */
  readonly onStream: (stream: ByteStream, socket: Socket) => void
}

/** Of a request; pages send some hundred. */
const MAX_HEADER_BYTES = 8_192
/** Of one WebSocket message, however it is cut. Its bounds mean nothing: it may be any piece of the stream. */
const MAX_FRAME_BYTES = 262_144
const MAX_FRAGMENTS = 64
/** Chunks of a message that is not whole yet. A full one comes in some hundred. */
const MAX_CHUNKS = 16_384
/** Messages and pings of one connection: per second, and at once. */
const FRAMES_PER_SECOND = 1_000
const FRAMES_BURST = 10_000
/** Bytes of answers to pings that may wait. */
const MAX_UNSENT_PONGS = 65_536

export class WebSockets {
  readonly #deps: WebSocketsDeps
  readonly #http = createServer({ maxHeaderSize: MAX_HEADER_BYTES })
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // A small message could become a large one.
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
  })
  /** Those that are HTTP, or may be. */
  readonly #sockets = new Set<Socket>()

  /** Listens nowhere: connections are handed to it. */
  constructor(deps: WebSocketsDeps) {
    this.#deps = deps
    this.#http.on('request', (request, response) => {
      // One request is all that is read.
      request.socket.pause()
      const headers = { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' }
      response.writeHead(426, headers).end('expected a WebSocket that carries BitTorrent; see docs/network.md\n')
    })
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head))
  }

  /** `onOther` is called if it turns out to be no HTTP. Until then it is closed by whoever gave it its place, or by `close`. */
  take(socket: Socket, onOther: () => void): void {
    const { origins } = this.#deps
    if (origins === 'none') {
      onOther()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // Until somebody else listens.
    const ignore = () => {}
    socket.on('error', ignore)
    tellApart(
      socket,
      MAX_HEADER_BYTES,
      () => this.#http.emit('connection', socket),
      () => {
        this.#sockets.delete(socket)
        onOther()
        socket.removeListener('error', ignore)
      },
    )
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { origins, onStream } = this.#deps
    const { remoteAddress: from = '', localAddress: to = '' } = socket
    if (!isAllowedOrigin(origins, request.headers.origin, { from, to })) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      guardFrames(webSocket)
      const stream = createWebSocketStream(webSocket)
      // What ends a connection from outside is nothing that anybody here could mend; webtorrent listens as well, once.
      stream.on('error', () => {})
      const { remoteAddress, remotePort } = socket
      onStream(Object.assign(stream, { remoteAddress, remotePort }), socket)
    })
  }
}

/** Closes one that breaks the protocol, sends text, or more messages and pings than anybody needs. */
function guardFrames(webSocket: WebSocket): void {
  const frames = new TokenBucket(FRAMES_PER_SECOND, FRAMES_BURST)
  webSocket.on('message', (_, isBinary: boolean) => {
    if (!isBinary || !frames.take(1)) webSocket.terminate()
  })
  // It has told the other why, and would wait half a minute for the answer.
  webSocket.on('error', () => webSocket.terminate())
  webSocket.on('ping', (data: Buffer) => {
    if (!frames.take(1) || webSocket.bufferedAmount > MAX_UNSENT_PONGS) webSocket.terminate()
    else webSocket.pong(data)
  })
  webSocket.on('pong', () => {
    if (!frames.take(1)) webSocket.terminate()
  })
}
