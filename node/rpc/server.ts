// The JSON-RPC 2.0 server of a node: HTTP POST on loopback, for `ttx` and the miner.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createJSONRPCErrorResponse,
  type JSONRPCErrorResponse,
  type JSONRPCID,
  type JSONRPCRequest,
  type JSONRPCResponse,
  JSONRPCServer,
} from 'json-rpc-2.0'
import type { Logger } from 'pino'
import { z } from 'zod'
import { OperationError } from '../errors.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { API, type Handlers, type Method, type Params } from './api.ts'
import { toWire } from './json.ts'

export type RpcOptions = {
  /** Default 127.0.0.1. Anyone who reaches the port may use the node: it holds no keys, but it can be asked for much. */
  readonly host?: string
  /** 0 picks a free one. */
  readonly port: number
}

const MAX_BODY_BYTES = 16 * 1024 * 1024
const PARSE_ERROR = -32_700
const INVALID_REQUEST = -32_600
const INVALID_PARAMS = -32_602
const INTERNAL_ERROR = -32_603
/** Of a `RuleError` or an `OperationError`, whose code and facts are in `data`. */
const DOMAIN_ERROR = -32_000

export class RpcServer {
  readonly #handlers: Handlers
  readonly #log: Logger
  readonly #options: RpcOptions
  // What fails is answered and, if it is our bug, logged in #errorResponse; the library would print it to the console.
  readonly #rpc = new JSONRPCServer({ errorListener: () => undefined })
  #http: Server | undefined

  constructor(deps: { readonly handlers: Handlers; readonly log: Logger }, options: RpcOptions) {
    this.#handlers = deps.handlers
    this.#log = deps.log
    this.#options = options
    for (const method of Object.keys(API)) this.#register(method as Method)
    this.#rpc.mapErrorToJSONRPCErrorResponse = (id, error) => this.#errorResponse(id, error)
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
    await listen(server, this.#options.port, host)
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

  #register<M extends Method>(method: M): void {
    this.#rpc.addMethod(method, async (raw: unknown) => {
      const params = API[method].params.parse(raw ?? {}) as Params<M>
      return toWire(await this.#handlers[method](params))
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuse(request)
    if (refusal) return answer(response, refusal.status, { error: refusal.why })
    const body = await readBody(request)
    if (body === undefined) return answer(response, 413, { error: `a request has at most ${MAX_BODY_BYTES} bytes` })
    const call = parseJson(body)
    if (call === undefined)
      return answer(response, 200, createJSONRPCErrorResponse(null, PARSE_ERROR, 'the body is not JSON'))
    if (typeof call !== 'object' || call === null) {
      return answer(response, 200, createJSONRPCErrorResponse(null, INVALID_REQUEST, 'expected a JSON-RPC 2.0 request'))
    }
    if (Array.isArray(call) && (call.length === 0 || call.length > 100)) {
      return answer(response, 200, createJSONRPCErrorResponse(null, INVALID_REQUEST, 'a batch has 1 to 100 requests'))
    }
    const result: JSONRPCResponse | JSONRPCResponse[] | null = await this.#rpc.receive(call as JSONRPCRequest)
    if (result === null) response.writeHead(204).end()
    else answer(response, 200, result)
  }

  #errorResponse(id: JSONRPCID, error: unknown): JSONRPCErrorResponse {
    if (error instanceof RuleError) {
      const data = { family: 'rule', code: error.code, facts: error.facts }
      return createJSONRPCErrorResponse(id, DOMAIN_ERROR, error.message, data)
    }
    if (error instanceof OperationError) {
      const data = { family: 'operation', code: error.code, facts: error.facts, retry: error.retry }
      return createJSONRPCErrorResponse(id, DOMAIN_ERROR, error.message, data)
    }
    if (error instanceof z.ZodError) return createJSONRPCErrorResponse(id, INVALID_PARAMS, z.prettifyError(error))
    this.#log.error({ error }, 'RPC method failed: this is a bug')
    return createJSONRPCErrorResponse(id, INTERNAL_ERROR, 'the node failed to answer; its log says why')
  }
}

/** A web page must not reach the node behind the user's back: no cross-site requests, no DNS rebinding, no form posts. */
function refuse(request: IncomingMessage): { readonly status: number; readonly why: string } | undefined {
  if (request.method !== 'POST') return { status: 405, why: 'expected POST with a JSON-RPC 2.0 request' }
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return { status: 415, why: 'expected content-type: application/json' }
  }
  if (request.headers.origin !== undefined) return { status: 403, why: 'requests from web pages are refused' }
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  const isAddress = host === 'localhost' || /^[0-9.]+$/.test(host) || /^\[[0-9a-f:]+\]$/.test(host)
  return isAddress ? undefined : { status: 403, why: 'expected an IP address or localhost as the host name' }
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

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isInUse = cause.code === 'EADDRINUSE'
      const code = isInUse ? 'port-in-use' : 'cannot-listen'
      const advice = isInUse
        ? 'stop what uses it (another node?) or choose another port'
        : 'choose another host or port'
      reject(
        new OperationError(
          code,
          `expected to take JSON-RPC on ${host}:${port}, got: ${isInUse ? 'the port is in use' : cause.message}; ${advice}`,
          { facts: { host, port }, cause },
        ),
      )
    })
    server.listen(port, host, () => resolve())
  })
}
