// Metrics, health and readiness of one process over HTTP: short answers to GET, one a connection.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Registry } from 'prom-client'
import type { Logger } from '../log.ts'
import { listen, refuseHost } from '../rpc/http-server.ts'

/** Why not. `code` is a word of ours, `what` is for people. */
export type Reason = { readonly code: string; readonly what: string }

export type MetricsServerDeps = {
  readonly registry: Registry
  readonly log: Logger
  /** None if the process lives and its loops turn. */
  readonly sick: () => readonly Reason[]
  /** None if it does what it is for. */
  readonly unready: () => readonly Reason[]
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

export type Place = { readonly host: string; readonly port: number }

type Answer = { readonly status: number; readonly type: string; readonly body: string }

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=utf-8'
/** Whoever asks again before this gets the same figures: a flood of scrapes costs one reading a second. */
const FRESH_MS = 1_000
/** A connection lives no longer, however slow its other end is. */
const LIFE_MS = 15_000
/** Of more, the oldest goes: a scrape takes milliseconds, what lasts is something else. */
const MOST_CONNECTIONS = 64

export class MetricsServer implements AsyncDisposable {
  readonly #deps: MetricsServerDeps
  readonly #place: Place
  readonly #now: () => number
  readonly #sockets = new Set<Socket>()
  #http: Server | undefined
  #figures: { readonly atMs: number; readonly text: Promise<string> } | undefined

  constructor(deps: MetricsServerDeps, place: Place) {
    this.#deps = deps
    this.#place = place
    this.#now = deps.now ?? (() => performance.now())
  }

  /** Listens. Throws `OperationError`: 'port-in-use', 'cannot-listen'. Returns the URL. */
  async start(): Promise<string> {
    const limits = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }
    const server = createServer({ ...limits, maxHeaderSize: 8_192 }, (request, response) => {
      request.resume()
      this.#answer(request).then(
        (answer) => send(request, response, answer),
        (error) => {
          this.#deps.log.warn({ error }, 'a scrape failed')
          response.destroy()
        },
      )
    })
    // What is sent behind a request without waiting for its answer is answered with 503, by Node.
    server.maxRequestsPerSocket = 1
    server.on('connection', (socket) => this.#keep(socket))
    await listen(server, this.#place, 'metrics (--metrics)')
    this.#http = server
    return this.url
  }

  /** Where it listens; only while it runs. */
  get url(): string {
    const where = this.#http?.address() as AddressInfo | null | undefined // of TCP, which is why it has no path
    if (!where) throw new Error('the server of metrics is not running')
    return `http://${where.family === 'IPv6' ? `[${where.address}]` : where.address}:${where.port}`
  }

  /** Closes every connection. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#http
    this.#http = undefined
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #keep(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), LIFE_MS)
    this.#sockets.add(socket)
    socket.once('close', () => {
      clearTimeout(timer)
      this.#sockets.delete(socket)
    })
    const [oldest] = this.#sockets
    if (this.#sockets.size > MOST_CONNECTIONS) oldest?.destroy()
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const isPage = request.headers.origin !== undefined
    const why = isPage ? 'requests from web pages are refused' : refuseHost(request)?.why
    if (why !== undefined) return { status: 403, type: TEXT_TYPE, body: `${why}\n` }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, type: TEXT_TYPE, body: 'expected GET\n' }
    switch ((request.url ?? '').split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, type: this.#deps.registry.contentType, body: await this.#read() }
      case '/health':
        return verdict(this.#deps.sick())
      case '/ready':
        return verdict(this.#deps.unready())
      default:
        return { status: 404, type: TEXT_TYPE, body: 'expected /metrics, /health or /ready\n' }
    }
  }

  #read(): Promise<string> {
    const now = this.#now()
    const known = this.#figures
    if (known !== undefined && now - known.atMs < FRESH_MS) return known.text
    const text = this.#deps.registry.metrics()
    this.#figures = { atMs: now, text }
    return text
  }
}

function verdict(reasons: readonly Reason[]): Answer {
  const ok = reasons.length === 0
  return { status: ok ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify({ ok, reasons })}\n` }
}

function send({ method }: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  const headers = { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  response.end(method === 'HEAD' ? undefined : body)
}
