// Who misbehaved, and until when they are not talked to.

import { BAN_MS, MAX_BANS } from './limits.ts'

/** Names are hosts; on loopback, where all have the same, node ids. Forgets the oldest first. */
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

/** Whom a limit or a ban means by an address: all of an IPv6 subnet (64 bits) are one, since its owner has them all. */
export function hostGroup(host: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(host)?.[1]
  if (mapped !== undefined) return mapped
  if (!host.includes(':')) return host
  const [head = '', tail] = host.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0')
  return [...groups, ...rest].slice(0, 4).join(':')
}
