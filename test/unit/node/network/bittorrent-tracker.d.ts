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
}
