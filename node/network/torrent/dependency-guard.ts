// Closes holes in what webtorrent brings along for trackers and the DHT; each was seen to end the process from outside.

import assert from 'node:assert'
import { lookup } from 'node:dns/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { isIP } from 'node:net'
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
type Contact = { readonly host: string; readonly port: number; readonly id?: unknown }
type QueryDone = (error: Error | null, answer: unknown, contact?: Contact) => void
type DhtQuery = (contact: Contact, query: unknown, done?: QueryDone) => void
type DhtSocket = { readonly socket: Datagrams; query: DhtQuery; _resolveAndQuery: DhtQuery }
export type Dht = { readonly _rpc: { readonly socket: DhtSocket } }

const require = createRequire(import.meta.url)
hardenTrackers()

/**
 * Call it before the DHT hears anything: one datagram of six bytes fills the memory, and odd queries throw where nothing catches. What strangers name as nodes of
 * the DHT is asked only where `mayBeSent` says so; `entries` (`host:port`) were given.
 */
export function guardDht(dht: Dht, mayBeSent: (address: string) => boolean, entries: readonly string[]): void {
  limitQueries(dht._rpc.socket, mayBeSent, new Set(entries))
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

function limitQueries(rpc: DhtSocket, mayBeSent: (address: string) => boolean, given: Set<string>): void {
  const query = rpc.query.bind(rpc)
  rpc.query = (contact, message, done = () => {}) => {
    const address = `${contact.host}:${contact.port}`
    // Only an entry point has a name.
    if (isIP(contact.host) === 0 || given.has(address) || mayBeSent(address)) query(contact, message, done)
    // As one that is silent: it is forgotten.
    else
      process.nextTick(
        done,
        Object.assign(new Error('not an address to send to'), { code: 'ETIMEDOUT' }),
        null,
        contact,
      )
  }
  rpc._resolveAndQuery = ({ host: name, port }, message, done = () => {}) => {
    lookup(name, 4).then(
      ({ address: host }) => {
        given.add(`${host}:${port}`)
        rpc.query({ host, port }, message, done)
      },
      (error: Error) => done(error, null),
    )
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
