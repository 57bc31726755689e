// Stands between a node and its Ethereum endpoint, and does to calls what a test wants.

import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type RpcCall = { readonly id: number; readonly method: string; readonly params: readonly unknown[] }
/** An HTTP status, an error as JSON-RPC has it, no answer at all, or another result than the true one. */
export type Tampering =
  | { readonly status: number }
  | { readonly error: { readonly code: number; readonly message: string } }
  | 'silence'
  | { readonly result: (truth: unknown) => unknown }

export class EthereumProxy implements AsyncDisposable {
  readonly url: string
  readonly calls: RpcCall[] = []
  tamper: (call: RpcCall) => Tampering | undefined = () => undefined
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    const { port }: AddressInfo = server.address() as AddressInfo // of a TCP server that listens
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(target: string): Promise<EthereumProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new EthereumProxy(server)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        proxy.#answer(target, Buffer.concat(chunks).toString(), response).catch((error) => response.destroy(error))
      })
    })
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(target: string, body: string, response: ServerResponse): Promise<void> {
    const call: RpcCall = JSON.parse(body)
    assert.ok(call.method)
    this.calls.push(call)
    const tampering = this.tamper(call)
    if (tampering === 'silence') return
    if (tampering !== undefined && 'status' in tampering) {
      response.writeHead(tampering.status).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    if (tampering !== undefined && 'error' in tampering) {
      response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, error: tampering.error }))
      return
    }
    const answer = await fetch(target, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const truth: { result: unknown } = JSON.parse(await answer.text())
    response.end(JSON.stringify(tampering === undefined ? truth : { ...truth, result: tampering.result(truth.result) }))
  }
}
