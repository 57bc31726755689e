// A tracker of BitTorrent: a public directory of infohashes over HTTP and UDP, in memory, for as long as it runs.

import { randomUUID } from 'node:crypto'
import type { Socket as Datagrams } from 'node:dgram'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { OperationError } from '../errors.ts'
import { Places } from '../network/places/places.ts'
import { tellApart } from '../network/websocket/first-bytes.ts'
import type { Infohash } from '../protocol/ids.ts'
import { plainHost } from './compact.ts'
import { Directory } from './directory.ts'
import { Gate } from './gate.ts'
import { createHttpTracker } from './http.ts'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_HOST, MAX_HEADER_BYTES } from './limits.ts'
import { createUdpTracker } from './udp.ts'

export type TrackerDeps = {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
  /** Which infohashes it takes; any where this is undefined. What it throws means that it cannot be told now. */
  readonly isKnown?: (infohash: Infohash) => Promise<boolean>
  /** Of the network whose infohashes it takes: see `Directory`. */
  readonly meeting?: Infohash
}

export type TrackerOptions = {
  /** An IP address. */
  readonly host: string
  /** Of both TCP and UDP; 0 picks a free one. */
  readonly port: number
  /** See `Directory`. */
  readonly sparesLoopback?: boolean
}

/** Connections that are late are looked for this often, and entries that were not renewed. */
const TEND_MS = 1_000
/** How often a free port of TCP is tried that may be taken for UDP. */
const TRIES = 8
const NOT_HTTP = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
const NOT_GET = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 13\r\n\r\nexpected GET\n'

export class Tracker {
  readonly directory: Directory
  readonly #options: TrackerOptions
  readonly #udp: Datagrams
  readonly #http: Server
  readonly #connections: Places
  readonly #sockets = new Set<Socket>()
  #tend: NodeJS.Timeout | undefined
  #isOpen = false

  constructor(
    { clock, now = () => performance.now(), isKnown, meeting }: TrackerDeps,
    { sparesLoopback = true, ...options }: TrackerOptions,
  ) {
    this.#options = options
    this.directory = new Directory({ clock, sparesLoopback, meeting })
    const gate = new Gate({ directory: this.directory, isKnown, now })
    const [count, perHost] = [MAX_CONNECTIONS, MAX_CONNECTIONS_PER_HOST]
    this.#connections = new Places({ count, perHost, now, secret: randomUUID() })
    this.#udp = createUdpTracker({ directory: this.directory, gate, now }, options.host)
    this.#http = createHttpTracker({ directory: this.directory, gate, startedAt: clock() })
    const [serve] = this.#http.listeners('connection')
    this.#http.removeAllListeners('connection')
    this.#http.on('connection', (socket) => this.#take(socket, () => serve?.call(this.#http, socket)))
  }

  /** Opens the port for TCP and UDP. Throws `OperationError('port-in-use')`. */
  async start(): Promise<void> {
    const { host, port } = this.#options
    for (let left = port === 0 ? TRIES : 1; !this.#isOpen; left--) {
      await listening(this.#http, host, port, () => this.#http.listen(port, host))
      try {
        await listening(this.#udp, host, this.port, () =>
          this.#udp.bind({ port: this.port, address: host, exclusive: true }),
        )
        this.#isOpen = true
      } catch (error) {
        await new Promise((resolve) => this.#http.close(resolve))
        if (left <= 1) throw error
      }
    }
    this.#tend = setInterval(() => {
      this.#connections.closeLate()
      this.directory.forget()
    }, TEND_MS)
  }

  /** Only while it runs. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port // of TCP, which is why it has no path
  }

  /** Where it announces itself to be reached, of both protocols. */
  get urls(): { readonly http: string; readonly udp: string; readonly page: string } {
    const { host } = this.#options
    const place = `${host.includes(':') ? `[${host}]` : host}:${this.port}`
    return { http: `http://${place}/announce`, udp: `udp://${place}`, page: `http://${place}/` }
  }

  /** Closes both ports and every connection. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#tend)
    if (!this.#isOpen) return
    this.#isOpen = false
    const closed = new Promise((resolve) => this.#http.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([closed, new Promise<void>((resolve) => this.#udp.close(() => resolve()))])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Each has some seconds for its request and its answer; where there are too many, the oldest of where most are from goes. */
  #take(socket: Socket, serve: () => void): void {
    socket.on('error', () => {})
    const place = this.#connections.enter(plainHost(socket.remoteAddress ?? ''), () => socket.destroy())
    if (place === undefined) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#connections.leave(place)
      this.#sockets.delete(socket)
    })
    tellApart(socket, MAX_HEADER_BYTES, serve, (head) => {
      const isHttp = /^[A-Z]+ /.test(head.toString('latin1', 0, 16))
      socket.pause().end(isHttp ? NOT_GET : NOT_HTTP, () => socket.destroy())
    })
  }
}

async function listening(server: Server | Datagrams, host: string, port: number, open: () => void): Promise<void> {
  try {
    open()
    await once(server, 'listening')
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new OperationError(
      'port-in-use',
      `expected to open port ${port} of ${host} for the tracker (TCP and UDP), got: ${got}; end what holds it, or choose another with --tracker-port and --tracker-host`,
      { facts: { host, port }, cause },
    )
  }
}
