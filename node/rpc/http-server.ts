// JSON over HTTP, for the JSON-RPC servers of a node and the queries of an index: a door that says who may ask, and bounds on what those who may can take.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Logger } from 'pino'
import { OperationError } from '../errors.ts'
import { errorAnswer, PARSE_ERROR } from './json-rpc.ts'

export type HttpOptions = {
  /** Default 127.0.0.1. Anyone who reaches the port may use the node: it holds no keys, but it can be asked for much. */
  readonly host?: string
  /** 0 picks a free one. */
  readonly port: number
}

/** What becomes of a request before its body is read. `status`: it is answered with that, and with `why` if it is refused. */
export type Entry = {
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: number
  readonly why?: string
}

/** Answers GET and HEAD. Only where the name of the host is ours: see `refuseHost`. */
export type ServePage = (request: IncomingMessage, response: ServerResponse) => void

export type HttpDeps = {
  readonly log: Logger
  readonly page?: ServePage | undefined
  readonly door: (request: IncomingMessage) => Entry
  /** Undefined if there is nothing to answer. `isWanted`: whether somebody still waits for it. */
  readonly answer: (message: unknown, isWanted: () => boolean) => Promise<unknown>
  readonly maxBodyBytes: number
  readonly maxConnections: number
  /** A connection on which nothing moves for that long is ended, with whatever waits for its reader; 0: only while it is to read an answer, see `UNREAD_MS`. */
  readonly maxIdleMs: number
  /** Of what readers have not fetched yet, in all: beyond it a large answer is not sent, and no page is. */
  readonly maxUnreadBytes: number
}

/** An answer below it is sent whatever waits. */
const LARGE = 64 * 1024
/** Bytes of bodies that are under way, in all, or as many as a single one may have: beyond it, the one that began first is cut off. */
const MOST_BODY_BYTES = 32 * 1024 * 1024
/** A reader that fetches nothing of an answer for that long is let go of. */
const UNREAD_MS = 60_000

export class HttpServer {
  readonly #deps: HttpDeps
  readonly #options: HttpOptions
  /** Those that go first come first. */
  readonly #sockets = new Set<Socket>()
  /** What has come of the bodies that are under way. */
  readonly #bodies = new Map<Socket, number>()
  /** Those whose request is being answered. */
  readonly #busy = new Set<Socket>()
  #http: Server | undefined

  constructor(deps: HttpDeps, options: HttpOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Listens. Throws `OperationError('port-in-use')`. Returns the URL. */
  async start(): Promise<string> {
    const host = this.#options.host ?? '127.0.0.1'
    const asked = new WeakSet<Socket>()
    const limits = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 }
    const server = createServer(limits, (request, response) => {
      const { socket } = request
      // Who sends the next question before the last answer has gone could have answers pile up here, unread. No client of today does.
      if (asked.has(socket)) return void socket.destroy()
      asked.add(socket)
      // Whether it has been read or not.
      response.once('prefinish', () => this.#busy.delete(socket))
      response.once('close', () => asked.delete(socket))
      this.#serve(request, response).catch((error) => {
        this.#deps.log.warn({ error }, 'RPC request failed')
        response.destroy()
      })
    })
    server.on('connection', (socket) => this.#keep(socket))
    server.timeout = this.#deps.maxIdleMs
    await listen(server, { host, port: this.#options.port }, 'JSON-RPC')
    this.#http = server
    return this.url
  }

  /** Where it listens; only while it runs. */
  get url(): string {
    const where = this.#http?.address() as AddressInfo | null | undefined
    if (!where) throw new Error('the RPC server is not running')
    return `http://${where.family === 'IPv6' ? `[${where.address}]` : where.address}:${where.port}`
  }

  async stop(): Promise<void> {
    const server = this.#http
    this.#http = undefined
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { door, answer, maxBodyBytes } = this.#deps
    const page = request.method === 'GET' || request.method === 'HEAD' ? this.#deps.page : undefined
    const { headers = {}, status, why }: Entry = page === undefined ? door(request) : (refuseHost(request) ?? {})
    const say = (code: number, body: unknown) =>
      this.#send(response.writeHead(code, { 'content-type': 'application/json', ...headers }), JSON.stringify(body))
    if (why !== undefined) return void say(status ?? 403, { error: why })
    if (status !== undefined) return void response.writeHead(status, headers).end()
    if (page !== undefined) {
      if (this.#unreadBytes() > this.#deps.maxUnreadBytes)
        return void say(503, { error: 'others have to fetch their answers first: ask again later' })
      this.#busy.add(request.socket)
      request.socket.setTimeout(UNREAD_MS)
      return page(request, response)
    }
    const body = await this.#readBody(request, maxBodyBytes)
    this.#busy.add(request.socket)
    if (body === undefined) {
      response.shouldKeepAlive = false
      return void say(413, { error: `a request has at most ${maxBodyBytes} bytes` })
    }
    const message = parseJson(body)
    if (message === undefined) {
      return void say(200, errorAnswer(null, { code: PARSE_ERROR, message: 'the body is not JSON' }))
    }
    const result = await answer(message, () => !response.destroyed)
    if (result === undefined) response.writeHead(204, headers).end()
    else say(200, result)
  }

  #send(response: ServerResponse, text: string): void {
    const { length } = text
    if (length > LARGE && this.#unreadBytes() + length > this.#deps.maxUnreadBytes) return void response.destroy()
    response.socket?.setTimeout(UNREAD_MS)
    response.end(text)
  }

  #unreadBytes(): number {
    let bytes = 0
    for (const socket of this.#sockets) bytes += socket.writableLength
    return bytes
  }

  /** Of too many, one goes that is not being answered, the one that has been here longest: a client of ours is done in milliseconds, or connects again. */
  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#bodies.delete(socket)
      this.#busy.delete(socket)
    })
    if (this.#sockets.size <= this.#deps.maxConnections) return
    const idle = [...this.#sockets].find((each) => !this.#busy.has(each))
    idle?.destroy()
  }

  /** Undefined of one that is too long. */
  async #readBody(request: IncomingMessage, maxBodyBytes: number): Promise<string | undefined> {
    const { socket } = request
    const chunks: Buffer[] = []
    let size = 0
    try {
      // What is left of one that is too long is not waited for, and its connection ends with the answer.
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        const bytes = Buffer.from(chunk)
        size += bytes.length
        if (size > maxBodyBytes) return undefined
        chunks.push(bytes)
        this.#bodies.set(socket, size)
        this.#makeRoom(maxBodyBytes)
      }
    } finally {
      this.#bodies.delete(socket)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  #makeRoom(maxBodyBytes: number): void {
    let bytes = [...this.#bodies.values()].reduce((sum, each) => sum + each, 0)
    for (const [socket, size] of this.#bodies) {
      if (bytes <= Math.max(MOST_BODY_BYTES, maxBodyBytes)) return
      bytes -= size
      this.#bodies.delete(socket)
      socket.destroy()
    }
  }
}

/** What a JSON-RPC server refuses whoever asks: all but posts of JSON, and names that a stranger's name server could point here (DNS rebinding). */
export function refuseRequest(request: IncomingMessage): Entry | undefined {
  if (request.method !== 'POST') return { status: 405, why: 'expected POST with a JSON-RPC 2.0 request' }
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return { status: 415, why: 'expected content-type: application/json' }
  }
  return undefined
}

/** The other half, which comes after what a server says of origins. */
export function refuseHost(request: IncomingMessage): Entry | undefined {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  const isAddress = host === 'localhost' || /^[0-9.]+$/.test(host) || /^\[[0-9a-f:]+\]$/.test(host)
  return isAddress ? undefined : { status: 403, why: 'expected an IP address or localhost as the host name' }
}

/**
 * Fetch Metadata (W3C): of what a browser sends for another page, it says so, but to addresses of other machines, for which an origin has to do. What is not
 * a browser says nothing.
 */
export function isFromHere({ headers: { 'sec-fetch-site': site, origin, host } }: IncomingMessage): boolean {
  const isOwn = origin === undefined || origin === `http://${host}`
  return isOwn && (site === undefined || site === 'same-origin' || site === 'none')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // answered as a parse error
  }
}

/** `what` completes "expected to listen for". Throws `OperationError`: 'port-in-use', 'cannot-listen'. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  what: string,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isInUse = cause.code === 'EADDRINUSE'
      const code = isInUse ? 'port-in-use' : 'cannot-listen'
      const advice = isInUse
        ? 'stop what uses it (another process of ttx?) or choose another port'
        : 'choose another host or port'
      reject(
        new OperationError(
          code,
          `expected to listen for ${what} on ${host}:${port}, got: ${isInUse ? 'the port is in use' : cause.message}; ${advice}`,
          { facts: { host, port }, cause },
        ),
      )
    })
    server.listen(port, host, () => resolve())
  })
}
