// Index of the files whose ancestors are not all here. Bounded in count and bytes, and no source can fill it alone.

import type { Infohash } from '../../protocol/ids.ts'

export type WaitingLimits = {
  /** Files. */
  readonly count: number
  /** Bytes of files. */
  readonly bytes: number
  /** Part of both that one source may fill, above 0 and at most 1. */
  readonly share: number
}

export type WaitingItem = {
  readonly infohash: Infohash
  /** The transactions that it spends from. */
  readonly prev: readonly Infohash[]
  readonly source: string
  readonly bytes: number
  /** Counts arrivals in the pool. */
  readonly order: number
}

/** `loose`: those of `items` of which neither a parent nor a child waits too. Of the others ancestors have come, and more may be on their way. */
type Usage = { count: number; bytes: number; readonly items: Set<Infohash>; readonly loose: Set<Infohash> }

const NOTHING: ReadonlySet<Infohash> = new Set()

/** About a kilobyte of memory each; the files themselves are in the database. Sets and maps keep the order of arrival. */
export class WaitingPool {
  readonly #limits: WaitingLimits
  readonly #items = new Map<Infohash, WaitingItem>()
  readonly #dependents = new Map<Infohash, Set<Infohash>>()
  readonly #sources = new Map<string, Usage>()
  #bytes = 0
  #next = 1

  constructor(limits: WaitingLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#items.size
  }

  /** The `order` for a newcomer. */
  get nextOrder(): number {
    return this.#next
  }

  get(infohash: Infohash): WaitingItem | undefined {
    return this.#items.get(infohash)
  }

  values(): IterableIterator<WaitingItem> {
    return this.#items.values()
  }

  /** Those that spend an output of `infohash`. */
  dependents(infohash: Infohash): ReadonlySet<Infohash> {
    return this.#dependents.get(infohash) ?? NOTHING
  }

  /** Files that one source may add before something has to go. */
  room(source: string): number {
    const { count, share } = this.#limits
    return Math.max(0, Math.min(count * share - (this.#sources.get(source)?.count ?? 0), count - this.#items.size))
  }

  /** Returns what had to go for it: the oldest of a source that is above its share, or of the source that fills most; loose ones before those that are being completed. */
  add(item: WaitingItem): WaitingItem[] {
    this.#items.set(item.infohash, item)
    this.#next = Math.max(this.#next, item.order + 1)
    for (const input of new Set(item.prev)) {
      const set = this.#dependents.get(input) ?? new Set()
      this.#dependents.set(input, set.add(item.infohash))
    }
    const usage = this.#sources.get(item.source) ?? { count: 0, bytes: 0, items: new Set(), loose: new Set() }
    this.#sources.set(item.source, usage)
    usage.items.add(item.infohash)
    this.#count(usage, item, 1)
    this.#loosen(item)
    for (const dependent of this.dependents(item.infohash)) this.#loosen(this.#items.get(dependent))
    return this.#evict(item.source)
  }

  delete(infohash: Infohash): WaitingItem | undefined {
    const item = this.#items.get(infohash)
    if (item === undefined) return undefined
    this.#items.delete(infohash)
    for (const input of item.prev) {
      const set = this.#dependents.get(input)
      set?.delete(infohash)
      if (set?.size === 0) this.#dependents.delete(input)
    }
    const usage = this.#sources.get(item.source)
    if (usage !== undefined) {
      usage.items.delete(infohash)
      usage.loose.delete(infohash)
      this.#count(usage, item, -1)
      if (usage.items.size === 0) this.#sources.delete(item.source)
    }
    for (const relative of [...this.dependents(infohash), ...item.prev]) this.#loosen(this.#items.get(relative))
    return item
  }

  clear(): void {
    this.#items.clear()
    this.#dependents.clear()
    this.#sources.clear()
    this.#bytes = 0
  }

  #evict(source: string): WaitingItem[] {
    const { count, bytes, share } = this.#limits
    const evicted: WaitingItem[] = []
    const dropOldest = (usage: Usage | undefined) => {
      for (const oldest of (usage?.loose.size ? usage.loose : usage?.items) ?? []) {
        const item = this.delete(oldest)
        if (item !== undefined) evicted.push(item)
        break
      }
    }
    for (let usage = this.#sources.get(source); usage !== undefined; usage = this.#sources.get(source)) {
      if (usage.count <= Math.max(1, count * share) && usage.bytes <= Math.max(1_024, bytes * share)) break
      dropOldest(usage)
    }
    while (this.#items.size > count || this.#bytes > bytes) dropOldest(this.#fullest())
    return evicted
  }

  /** Sees whether it is loose, after a relative came or went. */
  #loosen(item: WaitingItem | undefined): void {
    const usage = item && this.#sources.get(item.source)
    if (item === undefined || usage === undefined) return
    const isLoose = this.dependents(item.infohash).size === 0 && !item.prev.some((input) => this.#items.has(input))
    if (!isLoose) usage.loose.delete(item.infohash)
    else usage.loose.add(item.infohash)
  }

  #fullest(): Usage | undefined {
    let fullest: Usage | undefined
    for (const usage of this.#sources.values()) if (usage.bytes > (fullest?.bytes ?? 0)) fullest = usage
    return fullest
  }

  #count(usage: Usage, item: WaitingItem, sign: 1 | -1): void {
    usage.count += sign
    usage.bytes += sign * item.bytes
    this.#bytes += sign * item.bytes
  }
}
