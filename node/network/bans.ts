// Who misbehaved, and until when nobody talks to them.

import { BAN_MS, MAX_BANS } from './limits.ts'

/** Names are hosts; on loopback, where everybody has the same, node ids. Forgets the oldest first. */
export class Bans {
  readonly #until = new Map<string, number>()
  readonly #now: () => number

  /** `now` returns milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  add(name: string): void {
    this.#until.delete(name)
    this.#until.set(name, this.#now() + BAN_MS)
    const [oldest] = this.#until.keys()
    if (this.#until.size > MAX_BANS && oldest !== undefined) this.#until.delete(oldest)
  }

  has(name: string): boolean {
    const until = this.#until.get(name)
    if (until === undefined) return false
    if (until > this.#now()) return true
    this.#until.delete(name)
    return false
  }
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.')
}
