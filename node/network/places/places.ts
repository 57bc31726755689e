// The places for connections that come in: who gets one, for how long, and who gives it up when all are taken.

import { HANDSHAKE_MS } from '../limits.ts'
import { hostGroup, isPrivate, rangeOf } from './addresses.ts'
import { type Candidate, mostCrowded, nodeToEvict, wasUseful } from './eviction.ts'

/** Whose trial ended without use finds no place of another this long, nor does anybody of its range: who comes again and again would else end all trials. */
const TURNED_AWAY_MS = 60_000
const MAX_TURNED_AWAY = 10_000
/** Without progress for this long a connection may be closed for another one. */
const IDLE_MS = 1_000

/** `new`: the handshakes are not over; `client`: of any BitTorrent client, for one torrent; `node`: it introduced itself at the meeting point. */
type Kind = 'new' | 'client' | 'node'

/** How a node has served, for `nodeToEvict`. */
export type Merit = Pick<Candidate, 'usefulAt' | 'latencyMs'>

export type PlacesOptions = {
  /** In all. */
  readonly count: number
  /** Of one host; beyond it only as long as many places are free. */
  readonly perHost: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Random for each start. */
  readonly secret: string
}

export class Place {
  readonly host: string
  readonly range: string
  /** Who else may be the same somebody: all of a public range, one host of a private network. */
  readonly neighbours: string
  readonly since: number
  readonly close: () => void
  kind: Kind = 'new'
  /** When it connected, shook hands, or when the last bytes of a piece went over it. */
  progressAt: number
  merit: () => Merit = () => ({ usefulAt: Number.NEGATIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY })

  constructor(host: string, now: number, close: () => void) {
    this.host = hostGroup(host)
    this.range = rangeOf(host)
    this.neighbours = isPrivate(host) ? this.host : this.range
    this.since = now
    this.progressAt = now
    this.close = close
  }
}

/**
 * Of 100 places 25 are kept for nodes and 25 for others, and 5 of those for whoever has not said yet what it is. So neither can lock the other out, and who is
 * new is heard. Where there is no place, one is made: of those that are new the oldest, and of clients one over which nothing goes, where most come from; of nodes
 * see `nodeToEvict`.
 */
export class Places {
  readonly #options: PlacesOptions
  readonly #places = new Set<Place>()
  readonly #kept: number
  readonly #lobby: number
  /** Ranges (hosts of a private network) of nodes that had to go and had been of no use, until when. */
  readonly #turnedAway = new Map<string, number>()

  constructor(options: PlacesOptions) {
    this.#options = options
    this.#kept = Math.floor(options.count / 4)
    this.#lobby = Math.floor(options.count / 20)
  }

  get taken(): { readonly [K in Kind]: number } {
    return { new: this.#of('new').length, client: this.#of('client').length, node: this.#of('node').length }
  }

  /** A place for a connection that came in from `host`, or undefined. `close` may be called later, to make room. Call `leave` when it is closed. */
  enter(host: string, close: () => void): Place | undefined {
    const { count, perHost, now } = this.#options
    const place = new Place(host, now(), close)
    const ofHost = [...this.#places].filter((other) => other.host === place.host)
    const isCrowded = count - this.#places.size <= this.#kept
    if (ofHost.length >= perHost && isCrowded) {
      if (!this.#free(ofHost)) return undefined
    } else if (this.#places.size >= count && !this.#free([...this.#places])) return undefined
    this.#places.add(place)
    return place
  }

  leave(place: Place): void {
    this.#places.delete(place)
  }

  /** It shook hands for a torrent, or bytes of one went over it. False if there is no room: close it. */
  becomeClient(place: Place): boolean {
    place.progressAt = this.#options.now()
    if (place.kind !== 'new') return true
    const clients = this.#of('client')
    const most = this.#options.count - Math.max(this.#of('node').length, this.#kept) - this.#lobby
    if (clients.length >= most && !this.#free(clients)) return false
    place.kind = 'client'
    return true
  }

  /** It introduced itself. False if there is no room: close it. */
  becomeNode(place: Place, merit: () => Merit): boolean {
    const nodes = this.#of('node')
    if (nodes.length >= this.#options.count - this.#kept) {
      const { secret, now } = this.#options
      if ((this.#turnedAway.get(place.neighbours) ?? 0) > now()) return false
      const candidates = nodes.map((node) => ({ node, range: node.range, since: node.since, ...node.merit() }))
      const evicted = nodeToEvict(candidates, secret, now())
      if (evicted === undefined) return false
      if (!wasUseful(evicted)) this.#turnAway(evicted.node)
      this.#evict(evicted.node)
    }
    place.kind = 'node'
    place.merit = merit
    return true
  }

  /** Closes what has not finished its handshakes in time: call it every second or so. */
  closeLate(): void {
    for (const place of this.#of('new')) if (this.#options.now() - place.since >= HANDSHAKE_MS) this.#evict(place)
  }

  /** Makes room among `places`; false if all of them are in use. */
  #free(places: readonly Place[]): boolean {
    const now = this.#options.now()
    const isIdle = ({ kind, progressAt }: Place) => kind === 'new' || (kind === 'client' && now - progressAt >= IDLE_MS)
    const [oldest] = mostCrowded(places.filter(isIdle)).toSorted((a, b) => a.progressAt - b.progressAt)
    if (oldest === undefined) return false
    this.#evict(oldest)
    return true
  }

  #turnAway({ neighbours }: Place): void {
    this.#turnedAway.delete(neighbours)
    this.#turnedAway.set(neighbours, this.#options.now() + TURNED_AWAY_MS)
    const [oldest] = this.#turnedAway.keys()
    if (this.#turnedAway.size > MAX_TURNED_AWAY && oldest !== undefined) this.#turnedAway.delete(oldest)
  }

  #evict(place: Place): void {
    this.#places.delete(place)
    place.close()
  }

  #of(kind: Kind): Place[] {
    return [...this.#places].filter((place) => place.kind === kind)
  }
}
