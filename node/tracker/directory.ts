// Who has said to seed or want which torrent: all that a tracker knows, in memory, bounded by entries, by swarm and by host.

import { hostGroup, isLoopback, rangeOf } from '../network/places/addresses.ts'
import { Crowds } from '../network/places/crowds.ts'
import { mostCrowded } from '../network/places/eviction.ts'
import type { Infohash } from '../protocol/ids.ts'
import * as limits from './limits.ts'

/** Of BEP 3; `none` is a regular announce. */
export type AnnounceEvent = 'none' | 'started' | 'completed' | 'stopped'
export type Endpoint = { readonly host: string; readonly port: number }
export type Announce = {
  readonly infohash: Infohash
  /** The host that the request came from, whatever it says of itself. */
  readonly from: Endpoint
  /** It has the whole torrent. */
  readonly isSeeder: boolean
  readonly event: AnnounceEvent
  /** How many addresses it wants. */
  readonly want: number
  /** Only addresses of this kind are of use to it. */
  readonly family?: 4 | 6
}
export type Counts = {
  readonly seeders: number
  readonly leechers: number
  /** How many said that they have it whole now, since the swarm is known. */
  readonly completed: number
}
export type SwarmInfo = Counts & {
  readonly infohash: Infohash
  /** When somebody announced it first, milliseconds of the clock; it is forgotten with its last entry. */
  readonly since: number
}

type Entry = Endpoint & {
  readonly infohash: Infohash
  readonly hostKey: string
  readonly range: string
  /** When it announced last. */
  since: number
  isSeeder: boolean
}
/** Oldest announces first. */
type Swarm = { readonly since: number; readonly entries: Map<string, Entry>; seeders: number; completed: number }

const NOTHING: Counts = { seeders: 0, leechers: 0, completed: 0 }

export type DirectoryDeps = {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** From 0 to below 1: which addresses of many are told. */
  readonly random?: () => number
  /** Default true: all of loopback are one host, and are not bounded as one. */
  readonly sparesLoopback?: boolean
  readonly maxEntries?: number
  /** The torrent at which nodes meet that have all others: they are told of where a swarm has fewer than are wanted. */
  readonly meeting?: Infohash | undefined
}

export class Directory {
  readonly #clock: () => number
  readonly #random: () => number
  readonly #sparesLoopback: boolean
  readonly #maxEntries: number
  readonly #meeting: Infohash | undefined
  readonly #swarms = new Map<Infohash, Swarm>()
  /** Each of these with the oldest announces first. */
  readonly #entries = new Set<Entry>()
  readonly #byHost = new Crowds<Entry>()
  readonly #byRange = new Crowds<Entry>()
  #snapshot: { readonly at: number; readonly infohashes: readonly Infohash[] } | undefined

  constructor({ clock, random = Math.random, sparesLoopback = true, maxEntries, meeting }: DirectoryDeps) {
    this.#clock = clock
    this.#random = random
    this.#sparesLoopback = sparesLoopback
    this.#maxEntries = maxEntries ?? limits.MAX_ENTRIES
    this.#meeting = meeting
  }

  /** Addresses in all swarms, and swarms. */
  get size(): { readonly entries: number; readonly swarms: number } {
    return { entries: this.#entries.size, swarms: this.#swarms.size }
  }

  has(infohash: Infohash): boolean {
    return this.#swarms.has(infohash)
  }

  /** Enters, renews or removes an address, and tells others of the swarm. */
  announce(announce: Announce): Counts & { readonly addresses: readonly Endpoint[] } {
    const { infohash, from, event } = announce
    const known = this.#swarms.get(infohash)?.entries.get(keyOf(from))
    if (event === 'stopped') {
      if (known !== undefined) this.#remove(known)
      return { ...this.counts(infohash), addresses: [] }
    }
    this.#enter(announce, known)
    return { ...this.counts(infohash), addresses: this.#choose(announce) }
  }

  counts(infohash: Infohash): Counts {
    const swarm = this.#swarms.get(infohash)
    return swarm === undefined ? NOTHING : countsOf(swarm)
  }

  swarm(infohash: Infohash): SwarmInfo | undefined {
    const swarm = this.#swarms.get(infohash)
    return swarm && { infohash, since: swarm.since, ...countsOf(swarm) }
  }

  /** Those that come after an infohash (all, without one), in the order of their infohashes; the order may be some seconds old. */
  list(after: Infohash | undefined, most: number): readonly SwarmInfo[] {
    const now = this.#clock()
    if (this.#snapshot === undefined || Math.abs(now - this.#snapshot.at) > limits.SNAPSHOT_MS)
      this.#snapshot = { at: now, infohashes: [...this.#swarms.keys()].sort() }
    const { infohashes } = this.#snapshot
    const first = after === undefined ? 0 : placeAfter(infohashes, after)
    return infohashes.slice(first, first + most).flatMap((infohash) => this.swarm(infohash) ?? [])
  }

  /** Removes those that did not announce again: call it now and then. */
  forget(): void {
    const before = this.#clock() - limits.FORGOTTEN_MS
    for (const entry of this.#entries) {
      if (entry.since > before) return
      this.#remove(entry)
    }
  }

  #enter({ infohash, from, isSeeder, event }: Announce, known: Entry | undefined): void {
    const now = this.#clock()
    const isSpared = this.#sparesLoopback && isLoopback(from.host)
    const entry: Entry = known ?? {
      ...{ infohash, host: from.host, port: from.port, since: now, isSeeder },
      hostKey: isSpared ? keyOf(from) : hostGroup(from.host),
      range: rangeOf(from.host),
    }
    const completes = event === 'completed' && known?.isSeeder !== true
    if (known === undefined) this.#makeRoom(entry)
    const kept = this.#swarms.get(infohash)
    // The one that leaves may have been the last of its swarm.
    if (known !== undefined) this.#unlink(known)
    const swarm = kept ?? { since: now, entries: new Map(), seeders: 0, completed: 0 }
    entry.since = now
    entry.isSeeder = isSeeder || event === 'completed'
    if (entry.isSeeder) swarm.seeders += 1
    if (completes) swarm.completed += 1
    this.#swarms.set(infohash, swarm)
    swarm.entries.set(keyOf(from), entry)
    this.#entries.add(entry)
    this.#byHost.add(entry.hostKey, entry)
    this.#byRange.add(entry.range, entry)
  }

  /** What gives way is the host's own where it has too many, else the oldest of where most are from: nobody displaces others by announcing much. */
  #makeRoom({ infohash, hostKey }: Entry): void {
    const swarm = [...(this.#swarms.get(infohash)?.entries.values() ?? [])]
    const ofHost = swarm.filter((other) => other.hostKey === hostKey)
    const all = this.#byHost.get(hostKey)
    if (ofHost.length >= limits.MAX_ENTRIES_PER_HOST_AND_SWARM) this.#removeFirst(ofHost)
    else if (all !== undefined && all.size >= limits.MAX_ENTRIES_PER_HOST) this.#removeFirst(all)
    else if (swarm.length >= limits.MAX_ENTRIES_PER_SWARM) this.#removeFirst(mostCrowded(swarm))
    else if (this.#entries.size >= this.#maxEntries) this.#removeFirst(this.#byRange.largest)
  }

  #removeFirst(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      this.#remove(entry)
      return
    }
  }

  #remove(entry: Entry): void {
    this.#unlink(entry)
    if (this.#swarms.get(entry.infohash)?.entries.size === 0) this.#swarms.delete(entry.infohash)
  }

  #unlink(entry: Entry): void {
    const swarm = this.#swarms.get(entry.infohash)
    if (swarm?.entries.delete(keyOf(entry)) && entry.isSeeder) swarm.seeders -= 1
    this.#entries.delete(entry)
    this.#byHost.delete(entry.hostKey, entry)
    this.#byRange.delete(entry.range, entry)
  }

  /** Others than the one that asks, at random: of the swarm first, then nodes. */
  #choose({ infohash, from, want, family }: Announce): readonly Endpoint[] {
    const most = Math.min(want, limits.MAX_ADDRESSES)
    const taken = new Set([keyOf(from)])
    const chosen: Endpoint[] = []
    for (const swarm of new Set([infohash, this.#meeting])) {
      const entries = swarm === undefined ? [] : (this.#swarms.get(swarm)?.entries.values() ?? [])
      const others = [...entries].filter(
        (entry) => (family === undefined || familyOf(entry.host) === family) && !taken.has(keyOf(entry)),
      )
      for (const other of this.#pick(others, most - chosen.length)) {
        taken.add(keyOf(other))
        chosen.push(other)
      }
    }
    return chosen
  }

  /** At most `most` of them, in random order. */
  #pick(entries: Entry[], most: number): Entry[] {
    const count = Math.min(most, entries.length)
    for (let i = 0; i < count; i++) {
      const other = i + Math.floor(this.#random() * (entries.length - i))
      const [a, b] = [entries[i], entries[other]]
      if (a !== undefined && b !== undefined) [entries[i], entries[other]] = [b, a]
    }
    return entries.slice(0, Math.max(count, 0))
  }
}

export function familyOf(host: string): 4 | 6 {
  return host.includes(':') ? 6 : 4
}

function keyOf({ host, port }: Endpoint): string {
  return `${host} ${port}`
}

function countsOf({ entries, seeders, completed }: Swarm): Counts {
  return { seeders, leechers: entries.size - seeders, completed }
}

/** The place of the first that is greater. */
function placeAfter(sorted: readonly Infohash[], after: Infohash): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? after) <= after) low = middle + 1
    else high = middle
  }
  return low
}
