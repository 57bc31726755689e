// The parts of bittorrent-tracker that these tests use, typed.

declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events'
  import type { Server as HttpServer } from 'node:http'

  export class Server extends EventEmitter {
    constructor(options: { readonly udp: boolean; readonly ws: boolean })
    readonly http: HttpServer
    /** By infohash. */
    readonly torrents: Readonly<Record<string, unknown>>
    listen(port: number, hosts: { readonly http: string }): void
    close(done: (value: unknown) => void): void
  }

  export type Told = { readonly complete: number; readonly incomplete: number; readonly infoHash: string }
  export class Client extends EventEmitter {
    constructor(options: {
      readonly infoHash: string
      readonly peerId: string
      readonly announce: readonly string[]
      readonly port: number
    })
    /** Emits `update` with what the tracker tells, and `peer` for each address. */
    start(options?: { readonly left: number }): void
    complete(options?: { readonly left: number }): void
    stop(): void
    scrape(): void
    destroy(): void
  }
}
