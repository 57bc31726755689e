// Closes holes in what webtorrent brings along for trackers and the DHT; each was seen to end the process from outside.

import assert from 'node:assert'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hardenDecoder, type SharedDecoder } from './bencode.ts'

type HttpTracker = {
  client: { emit(event: 'warning', error: unknown): void }
  _request(url: string, params: unknown, done: (error: Error | null, data?: unknown) => void): Promise<void>
}
type DatagramListener = (bytes: Uint8Array, from: unknown) => void
type Datagrams = {
  listeners(event: 'message'): DatagramListener[]
  removeListener(event: 'message', listener: DatagramListener): void
  on(event: 'message', listener: DatagramListener): void
}
export type Dht = { readonly _rpc: { readonly socket: { readonly socket: Datagrams } } }

const require = createRequire(import.meta.url)
hardenTrackers()

/** Call it before the DHT hears anything: one datagram of six bytes fills the memory, and odd queries throw where nothing catches. */
export function guardDht(dht: Dht): void {
  const bencode = require(folderOf('webtorrent', 'bittorrent-dht', 'k-rpc', 'k-rpc-socket', 'bencode'))
  hardenDecoder(bencode.decode as SharedDecoder)
  const socket = dht._rpc.socket.socket
  for (const listener of socket.listeners('message')) {
    socket.removeListener('message', listener)
    socket.on('message', (bytes, from) => {
      try {
        listener.call(socket, bytes, from)
      } catch {
        // A datagram that no honest node sends: there is nobody to blame, since its sender's address can be forged.
      }
    })
  }
}

/** A tracker that breaks off in the middle of an answer rejects a promise that nothing catches. */
function hardenTrackers(): void {
  const folder = folderOf('webtorrent', 'torrent-discovery', 'bittorrent-tracker')
  const { prototype } = require(join(folder, 'lib/client/http-tracker.js')).default as { prototype: HttpTracker }
  const { _request } = prototype
  prototype._request = async function (this: HttpTracker, url, params, done) {
    try {
      await _request.call(this, url, params, done)
    } catch (error) {
      this.client.emit('warning', error)
    }
  }
}

/** Where the last of these packages is, each a dependency of the one before: the very files that webtorrent loads. */
function folderOf(...packages: readonly string[]): string {
  const manifest = packages.reduce(
    (from, name) => {
      const found = findPackageJSON(name, from.startsWith('/') ? pathToFileURL(from) : from)
      assert(found !== undefined, `webtorrent depends on ${name}`)
      return found
    },
    import.meta.url,
  )
  return dirname(manifest)
}
