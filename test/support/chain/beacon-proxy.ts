// Stands between a node and its beacon endpoint, lies where a test wants it to, and forgets blobs as beacon nodes do.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BeaconLie, respond } from './beacon-server.ts'

export class BeaconProxy implements AsyncDisposable {
  readonly url: string
  lie: BeaconLie = () => undefined
  /** Blobs up to this block of Ethereum are gone. */
  pruned = -1n
  /** Whom it asks; nobody at first. */
  target: string | undefined
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    const { port }: AddressInfo = server.address() as AddressInfo // of a TCP server that listens
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<BeaconProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new BeaconProxy(server)
    server.on('request', (request, response) => {
      const asked = new URL(request.url ?? '/', proxy.url)
      if (proxy.lie(asked, response, request)) return
      const block = blockIn(asked)
      if (proxy.target === undefined || (block !== undefined && block <= proxy.pruned)) {
        respond(response, { code: 404, message: 'Block not found' }, 404)
        return
      }
      proxy.#ask(proxy.target, asked).then(
        ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
        (error) => response.destroy(error),
      )
    })
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** What the endpoint behind says. */
  async #ask(target: string, { pathname, search }: URL): Promise<{ readonly status: number; readonly body: string }> {
    const answer = await fetch(`${target}${pathname}${search}`)
    return { status: answer.status, body: await answer.text() }
  }
}

/** The block of Ethereum whose blobs are asked for, as anvil has it. */
export function blockIn({ pathname }: URL): bigint | undefined {
  const [, number] = /^\/eth\/v1\/beacon\/blob(?:s|_sidecars)\/(\d+)$/.exec(pathname) ?? []
  return number === undefined ? undefined : BigInt(number)
}
