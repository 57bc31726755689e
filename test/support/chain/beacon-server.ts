// A beacon node as far as blobs go, in this process, which lies where a test wants it to.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatHex } from '../../../node/protocol/bytes.ts'

type Blob = { readonly hash: string; readonly bytes: Uint8Array }
/** Answers in place of the node; undefined if it lets the node answer. */
export type BeaconLie = (asked: URL, response: ServerResponse, request: IncomingMessage) => true | undefined

export const GENESIS_TIME = 1_606_824_023n
export const SECONDS_PER_SLOT = 12n
const ROOT = `0x${'4b'.repeat(32)}`

export class BeaconServer implements AsyncDisposable {
  /** Paths with their queries, in the order in which they were asked for. */
  readonly asked: string[] = []
  /** By slot. */
  readonly blobs = new Map<bigint, readonly Blob[]>()
  lie: BeaconLie = () => undefined
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<BeaconServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const beacon = new BeaconServer(server)
    server.on('request', (request, response) => beacon.#answer(request, response))
    return beacon
  }

  get host(): string {
    const { port }: AddressInfo = this.#server.address() as AddressInfo // of a TCP server that listens
    return `127.0.0.1:${port}`
  }

  get url(): string {
    return `http://${this.host}`
  }

  /** How often something below this path was asked for. */
  count(path: string): number {
    return this.asked.filter((each) => each.startsWith(path)).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = new URL(request.url ?? '/', this.url)
    this.asked.push(`${asked.pathname}${asked.search}`)
    if (this.lie(asked, response, request)) return
    const { pathname } = asked
    if (pathname === '/eth/v1/beacon/genesis') {
      respond(response, { data: { genesis_time: `${GENESIS_TIME}`, genesis_validators_root: ROOT } })
      return
    }
    if (pathname === '/eth/v1/config/spec') {
      respond(response, { data: { SECONDS_PER_SLOT: `${SECONDS_PER_SLOT}`, DEPOSIT_CHAIN_ID: '1' } })
      return
    }
    const [, slot] = /^\/eth\/v1\/beacon\/blobs\/(\d+)$/.exec(pathname) ?? []
    const there = slot === undefined ? undefined : this.blobs.get(BigInt(slot))
    if (there === undefined) {
      respond(response, { code: 404, message: 'Block not found' }, 404)
      return
    }
    const wanted = asked.searchParams.getAll('versioned_hashes')
    respondBlobs(
      response,
      there.filter(({ hash }) => wanted.length === 0 || wanted.includes(hash)).map(({ bytes }) => bytes),
    )
  }
}

export function respond(response: ServerResponse, answer: unknown, status = 200): true {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  return true
}

/** As the route for blobs answers. */
export function respondBlobs(response: ServerResponse, blobs: readonly Uint8Array[]): true {
  const data = blobs.map((blob) => `0x${formatHex(blob)}`)
  return respond(response, { execution_optimistic: false, finalized: true, data })
}

/** As the older route answers, which tells commitments. */
export function respondSidecars(
  response: ServerResponse,
  sidecars: readonly { readonly blob: Uint8Array; readonly commitment: Uint8Array }[],
): true {
  const data = sidecars.map(({ blob, commitment }, index) => ({
    index: `${index}`,
    blob: `0x${formatHex(blob)}`,
    kzg_commitment: `0x${formatHex(commitment)}`,
    kzg_proof: `0x${'00'.repeat(48)}`,
  }))
  return respond(response, { data })
}

/** A lie about blobs only, by either route. */
export function aboutBlobs(lie: BeaconLie): BeaconLie {
  return (asked, response, request) =>
    asked.pathname.startsWith('/eth/v1/beacon/blob') ? lie(asked, response, request) : undefined
}
