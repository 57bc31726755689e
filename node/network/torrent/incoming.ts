// The connections that come in, and the places that they have.

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type Wire from 'bittorrent-protocol'
import { type Merit, type Place, Places } from '../places/places.ts'

export type IncomingOptions = {
  readonly maxConnections: number
  readonly maxConnectionsPerHost: number
  readonly isBanned: (host: string) => boolean
}

export class Incoming {
  readonly #isBanned: (host: string) => boolean
  readonly #places: Places
  /** Of sockets, and of wires over them. */
  readonly #placeOf = new WeakMap<object, Place>()
  /** Of web pages: they have the places of clients, so that no crowd of them takes those of nodes. */
  readonly #pages = new WeakSet<Place>()
  /** Bytes of pieces that had gone over a wire when it was looked at last. */
  readonly #moved = new WeakMap<Wire, number>()

  constructor({ maxConnections: count, maxConnectionsPerHost: perHost, isBanned }: IncomingOptions) {
    this.#isBanned = isBanned
    this.#places = new Places({ count, perHost, now: () => performance.now(), secret: randomUUID() })
  }

  /** Whether a connection gets a place; one of a banned peer gets none. It is closed otherwise, before it costs anything. */
  take(socket: Socket): boolean {
    const { remoteAddress: host = '' } = socket
    const place = this.#isBanned(host) ? undefined : this.#places.enter(host, () => socket.destroy())
    if (place === undefined) {
      socket.on('error', () => {})
      socket.destroy()
      return false
    }
    this.#placeOf.set(socket, place)
    socket.once('close', () => this.#places.leave(place))
    return true
  }

  /** The bytes of a web page's connection are those of `stream`. */
  carryPage(socket: Socket, stream: object): void {
    const place = this.#placeOf.get(socket)
    if (place === undefined) return
    this.#placeOf.set(stream, place)
    this.#pages.add(place)
  }

  /** Its handshake named a torrent. It is closed if there is no place for a client more. At the meeting point only its next words say whether it is one. */
  onWire(wire: Wire, socket: object, isMeeting: boolean): void {
    const place = this.#placeOf.get(socket)
    if (place === undefined) return
    this.#placeOf.set(wire, place)
    if (!isMeeting && !this.#places.becomeClient(place)) wire.destroy()
  }

  /** A node is at the other end. False if there is no place for it; one that this node dialled needs none. */
  onNode(wire: Wire, merit: () => Merit): boolean {
    const place = this.#placeOf.get(wire)
    if (place === undefined) return true
    return this.#pages.has(place) ? this.#places.becomeClient(place) : this.#places.becomeNode(place, merit)
  }

  /** Notes which connections are of use, and closes those that never said what they want: call it every second. */
  tend(wires: Iterable<Wire>): void {
    for (const wire of [...wires]) {
      const place = this.#placeOf.get(wire)
      const bytes = wire.uploaded + wire.downloaded
      if (place === undefined || place.kind === 'node' || bytes === (this.#moved.get(wire) ?? 0)) continue
      this.#moved.set(wire, bytes)
      if (!this.#places.becomeClient(place)) wire.destroy()
    }
    this.#places.closeLate()
  }
}
