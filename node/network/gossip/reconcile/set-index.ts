// What this node keeps of its set so that peers can compare theirs with it, and so that handshakes are found: filled once at the start, then up to date.

import type { Infohash } from '../../../protocol/ids.ts'
import type { NetworkStore, StoreChange } from '../../store.ts'
import type { SecretIndex } from '../../torrent/secret-index.ts'
import { Buckets } from './buckets.ts'
import { Sketch } from './sketch.ts'

export class SetIndex {
  /** Of the shared set. */
  readonly buckets = new Buckets()
  /** Of what `NetworkStore.summary` counts. */
  readonly sketch = new Sketch()
  readonly #store: NetworkStore
  readonly #secrets: SecretIndex
  readonly #whole = Promise.withResolvers<void>()
  #isWhole = false

  constructor(store: NetworkStore, secrets: SecretIndex) {
    this.#store = store
    this.#secrets = secrets
  }

  /** Resolves once all that was there at the start is counted. */
  get whole(): Promise<void> {
    return this.#whole.promise
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Counts the set, and what is added to it in that time, once; `onChange` hears of every change. Returns what ends that, and when it was counted. */
  start(onChange: (change: StoreChange) => void, stopping: AbortSignal): { stop(): void; done: Promise<void> } {
    const shared = new Map<Infohash, boolean>()
    const counted = new Map<Infohash, boolean>()
    const stop = this.#store.subscribe((change) => {
      if (this.#isWhole) this.#apply(change)
      else {
        const { came, left } = countedIn(change)
        for (const infohash of change.transactions) shared.set(infohash, true)
        for (const infohash of change.gone) shared.set(infohash, false)
        for (const infohash of came) counted.set(infohash, true)
        for (const infohash of left) counted.set(infohash, false)
      }
      onChange(change)
    })
    const fill = async () => {
      for await (const { infohash, isCounted } of this.#store.shared()) {
        if (stopping.aborted) return
        if (!shared.has(infohash)) this.#add(infohash)
        if (isCounted && !counted.has(infohash)) this.sketch.toggle(infohash)
      }
      for await (const torrent of this.#store.torrents?.() ?? []) this.#secrets.add(torrent)
      // From here on nothing comes in between.
      for (const [infohash, isShared] of shared) if (isShared) this.#add(infohash)
      for (const [infohash, isCounted] of counted) if (isCounted) this.sketch.toggle(infohash)
      for (const { torrent } of this.#store.headers()) this.#secrets.add(torrent)
      this.#isWhole = true
      this.#whole.resolve()
    }
    return { stop, done: fill() }
  }

  #apply(change: StoreChange): void {
    const { came, left } = countedIn(change)
    for (const infohash of change.transactions) this.#add(infohash)
    for (const infohash of change.gone) this.buckets.remove(infohash)
    for (const infohash of came) this.sketch.toggle(infohash)
    for (const infohash of left) this.sketch.toggle(infohash)
    for (const { torrent } of change.blocks) this.#secrets.add(torrent)
  }

  #add(infohash: Infohash): void {
    this.buckets.add(infohash)
    this.#secrets.add(infohash)
  }
}

/** Of a store whose summary counts all that it shares, these are the same. */
function countedIn({ transactions, gone, counted }: StoreChange) {
  return counted ?? { came: transactions, left: gone }
}
