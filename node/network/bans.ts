// Who misbehaved, and until when they are not talked to.

import {
  BAN_MS,
  HOST_BAN_FORGOTTEN_MS,
  HOST_BAN_MS,
  HOSTS_BEFORE_SITE_BAN,
  MAX_BANS,
  MAX_HOST_BAN_MS,
} from './limits.ts'
import { hostGroup, isLoopback, rangeOf, siteOf } from './places/addresses.ts'
import { Crowds } from './places/crowds.ts'

type Ban = { readonly until: number; readonly times: number; readonly range: string }

/**
 * Of a node its id is banned, and for a shorter time its host: many may share one address behind a NAT, and an id is free to change. Each ban of the same host
 * takes twice as long as the one before, unless that is long past. Where several hosts of one site were banned, the site is, in the same way. Forgets the
 * oldest of the range that has the most first, so that nobody who is banned often frees somebody elsewhere.
 */
export class Bans {
  readonly #ids = new BanTable()
  /** And sites. */
  readonly #hosts = new BanTable()
  readonly #now: () => number
  readonly #sparesLoopback: boolean

  /** `now` returns milliseconds. On loopback all have the same host, so that only ids are banned there, unless `sparesLoopback` is false. */
  constructor(now: () => number, { sparesLoopback = true } = {}) {
    this.#now = now
    this.#sparesLoopback = sparesLoopback
  }

  add({ id, host }: { readonly id: string; readonly host: string }): void {
    const range = rangeOf(host)
    this.#ids.enter(id, { until: this.#now() + BAN_MS, times: 1, range })
    if (this.#sparesLoopback && isLoopback(host)) return
    const times = this.#banAgain(hostGroup(host), range, 0)
    const site = siteOf(host)
    if (times === 1 && site !== undefined) this.#banAgain(site, range, HOSTS_BEFORE_SITE_BAN - 1)
  }

  hasId(id: string): boolean {
    return this.#ids.endOf(id) > this.#now()
  }

  hasHost(host: string): boolean {
    const site = siteOf(host)
    return (
      this.#hosts.endOf(hostGroup(host)) > this.#now() || (site !== undefined && this.#hosts.endOf(site) > this.#now())
    )
  }

  /** Returns how many times it was now; the first `spared` times are only counted. */
  #banAgain(name: string, range: string, spared: number): number {
    const now = this.#now()
    const before = this.#hosts.get(name)
    const times = before !== undefined && now < before.until + HOST_BAN_FORGOTTEN_MS ? before.times + 1 : 1
    const ms = times <= spared ? 0 : Math.min(HOST_BAN_MS * 2 ** (times - spared - 1), MAX_HOST_BAN_MS)
    this.#hosts.enter(name, { until: now + ms, times, range })
    return times
  }
}

class BanTable {
  /** The oldest first. */
  readonly #bans = new Map<string, Ban>()
  readonly #ranges = new Crowds<string>()

  get(name: string): Ban | undefined {
    return this.#bans.get(name)
  }

  endOf(name: string): number {
    return this.#bans.get(name)?.until ?? Number.NEGATIVE_INFINITY
  }

  enter(name: string, ban: Ban): void {
    this.#delete(name)
    this.#bans.set(name, ban)
    this.#ranges.add(ban.range, name)
    if (this.#bans.size <= MAX_BANS) return
    const [oldest] = this.#ranges.largest
    if (oldest !== undefined) this.#delete(oldest)
  }

  #delete(name: string): void {
    const ban = this.#bans.get(name)
    if (ban === undefined) return
    this.#bans.delete(name)
    this.#ranges.delete(ban.range, name)
  }
}
