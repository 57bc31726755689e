// The JSON-RPC 2.0 server of a node: HTTP POST on loopback, for any table of methods; and the page of the node, if it has one.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { OperationError } from '../errors.ts'
import { answerMessage, errorAnswer, PARSE_ERROR } from './json-rpc.ts'
import type { AnyService, MethodTable, Service } from './methods/table.ts'

export type RpcOptions = {
  /** Default 127.0.0.1. Anyone who reaches the port may use the node: it holds no keys, but it can be asked for much. */
  readonly host?: string
  /** 0 picks a free one. */
  readonly port: number
}

/** Answers GET and HEAD. Only where the name of the host is ours: see `refuse`. */
export type ServePage = (request: IncomingMessage, response: ServerResponse) => void

export const MAX_BODY_BYTES = 16 * 1024 * 1024

export class RpcServer<T extends MethodTable> {
  readonly #service: AnyService
  readonly #log: Logger
  readonly #options: RpcOptions
  readonly #page: ServePage | undefined
  #http: Server | undefined

  constructor(deps: Service<T> & { readonly log: Logger; readonly page?: ServePage | undefined }, options: RpcOptions) {
    this.#service = deps
    this.#page = deps.page
    this.#log = deps.log
    this.#options = options
  }

  /** Listens. Throws `OperationError('port-in-use')`. Returns the URL. */
  async start(): Promise<string> {
    const host = this.#options.host ?? '127.0.0.1'
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => {
        this.#log.warn({ error }, 'RPC request failed')
        response.destroy()
      })
    })
    server.requestTimeout = 30_000
    server.headersTimeout = 10_000
    server.maxConnections = 256
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
    const page = request.method === 'GET' || request.method === 'HEAD' ? this.#page : undefined
    const refusal = refuseHost(request) ?? (page === undefined ? refuseCall(request) : undefined)
    if (refusal) return answer(response, refusal.status, { error: refusal.why })
    if (page !== undefined) {
      page(request, response)
      return
    }
    const body = await readBody(request)
    if (body === undefined) return answer(response, 413, { error: `a request has at most ${MAX_BODY_BYTES} bytes` })
    const message = parseJson(body)
    if (message === undefined) {
      return answer(response, 200, errorAnswer(null, { code: PARSE_ERROR, message: 'the body is not JSON' }))
    }
    const result = await answerMessage(this.#service, message, (error) => {
      this.#log.error({ error }, 'RPC method failed: this is a bug')
    })
    if (result === undefined) response.writeHead(204).end()
    else answer(response, 200, result)
  }
}

type Refusal = { readonly status: number; readonly why: string }

/** No DNS rebinding: a page of somebody else's name that resolves to this machine reaches nothing. */
export function refuseHost({ headers }: IncomingMessage): Refusal | undefined {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  const isAddress = host === 'localhost' || /^[0-9.]+$/.test(host) || /^\[[0-9a-f:]+\]$/.test(host)
  return isAddress ? undefined : { status: 403, why: 'expected an IP address or localhost as the host name' }
}

/** A web page of others must not reach the node behind the user's back: no cross-site requests, no form posts. */
function refuseCall({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== 'POST') return { status: 405, why: 'expected POST with a JSON-RPC 2.0 request' }
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    return { status: 415, why: 'expected content-type: application/json' }
  }
  // Of our own page it is where we listen.
  const isOwn = headers.origin === undefined || headers.origin === `http://${headers.host}`
  return isOwn ? undefined : { status: 403, why: 'requests from web pages of others are refused' }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // answered as a parse error
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Throws `OperationError`: 'port-in-use', 'cannot-listen'. `what` is listened for. */
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
