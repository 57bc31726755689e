// Stands between a node and its Ethereum endpoint, and does to calls what a test wants.

import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type RpcCall = { readonly id: number; readonly method: string; readonly params: readonly unknown[] }
/**
 * An HTTP status, an error as JSON-RPC has it, no answer at all, a broken connection, another result than the true one (an error stays
 * as it is), a result without asking the endpoint, or whatever bytes `respond` writes.
 */
export type Tampering =
  | { readonly status: number }
  | { readonly error: { readonly code: number; readonly message: string } }
  | 'silence'
  | 'reset'
  | { readonly result: (truth: unknown) => unknown }
  | { readonly instead: () => unknown }
  | { readonly respond: (response: ServerResponse) => void }

export class EthereumProxy implements AsyncDisposable {
  readonly url: string
  readonly calls: RpcCall[] = []
  tamper: (call: RpcCall) => Tampering | undefined | Promise<Tampering | undefined> = () => undefined
  readonly #server: Server
  readonly #target: string

  private constructor(server: Server, target: string) {
    this.#server = server
    this.#target = target
    const { port }: AddressInfo = server.address() as AddressInfo // of a TCP server that listens
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(target: string): Promise<EthereumProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new EthereumProxy(server, target)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        proxy.#answer(Buffer.concat(chunks).toString(), response).catch((error) => response.destroy(error))
      })
    })
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** What the endpoint behind says. Throws where that is an error. */
  async ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = await this.#forward(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    if ('error' in answer) throw new Error(`${method}: ${JSON.stringify(answer.error)}`)
    return answer.result
  }

  async #answer(body: string, response: ServerResponse): Promise<void> {
    const call: RpcCall = JSON.parse(body)
    assert.ok(call.method)
    this.calls.push(call)
    const tampering = await this.tamper(call)
    if (tampering === 'silence') return
    if (tampering === 'reset') {
      response.destroy()
      return
    }
    if (tampering !== undefined && 'respond' in tampering) return tampering.respond(response)
    if (tampering !== undefined && 'status' in tampering) {
      response.writeHead(tampering.status).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...(await this.#outcome(body, tampering)) }))
  }

  async #outcome(
    body: string,
    tampering: Extract<Tampering, { error: unknown } | { result: unknown } | { instead: unknown }> | undefined,
  ): Promise<Outcome> {
    if (tampering !== undefined && 'error' in tampering) return { error: tampering.error }
    if (tampering !== undefined && 'instead' in tampering) return { result: await tampering.instead() }
    const truth = await this.#forward(body)
    return tampering === undefined || 'error' in truth ? truth : { result: await tampering.result(truth.result) }
  }

  async #forward(body: string): Promise<Outcome> {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.#target, { method: 'POST', body, headers })
    return JSON.parse(await answer.text())
  }
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }
