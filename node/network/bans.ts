// Who misbehaved, and until when they are not talked to.

import { BAN_MS, HOST_BAN_FORGOTTEN_MS, HOST_BAN_MS, MAX_BANS, MAX_HOST_BAN_MS } from './limits.ts'
import { hostGroup, isLoopback } from './places/addresses.ts'

type Ban = { readonly until: number; readonly times: number }

/**
 * Of a node its id is banned, and for a shorter time its host: many may share one address behind a NAT, and an id is free to change. Each ban of the same host
 * takes twice as long as the one before, unless that is long past. Forgets the oldest first.
 */
export class Bans {
  readonly #ids = new Map<string, Ban>()
  readonly #hosts = new Map<string, Ban>()
  readonly #now: () => number
  readonly #sparesLoopback: boolean

  /** `now` returns milliseconds. On loopback all have the same host, so that only ids are banned there, unless `sparesLoopback` is false. */
  constructor(now: () => number, { sparesLoopback = true } = {}) {
    this.#now = now
    this.#sparesLoopback = sparesLoopback
  }

  add({ id, host }: { readonly id: string; readonly host: string }): void {
    this.#enter(this.#ids, id, { until: this.#now() + BAN_MS, times: 1 })
    if (this.#sparesLoopback && isLoopback(host)) return
    const group = hostGroup(host)
    const before = this.#hosts.get(group)
    const isRecent = before !== undefined && this.#now() < before.until + HOST_BAN_FORGOTTEN_MS
    const times = isRecent ? before.times + 1 : 1
    const ms = Math.min(HOST_BAN_MS * 2 ** (times - 1), MAX_HOST_BAN_MS)
    this.#enter(this.#hosts, group, { until: this.#now() + ms, times })
  }

  hasId(id: string): boolean {
    return (this.#ids.get(id)?.until ?? Number.NEGATIVE_INFINITY) > this.#now()
  }

  hasHost(host: string): boolean {
    return (this.#hosts.get(hostGroup(host))?.until ?? Number.NEGATIVE_INFINITY) > this.#now()
  }

  #enter(bans: Map<string, Ban>, name: string, ban: Ban): void {
    bans.delete(name)
    bans.set(name, ban)
    const [oldest] = bans.keys()
    if (bans.size > MAX_BANS && oldest !== undefined) bans.delete(oldest)
  }
}
