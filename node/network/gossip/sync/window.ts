// The part of an order that is being fetched: batches in their order, each asked of whichever peer has time, handed on one after the other.

import type { Infohash } from '../../../protocol/ids.ts'

/** Files in one question. */
export const BATCH = 100
/** Batches that are asked for or kept until their turn comes: some 4 MB, at most 10. */
export const MAX_BATCHES = 100

/** A file that came, and the key of the peer that sent it. */
export type Delivered = { readonly infohash: Infohash; readonly file: Uint8Array; readonly from: string }

export type Batch = {
  /** Not here yet. */
  readonly wanted: Set<Infohash>
  /** All of it, in order. */
  readonly infohashes: readonly Infohash[]
  readonly files: Map<Infohash, Delivered>
  /** Keys of the peers that are asked for it now, with the time of the question. */
  readonly asked: Map<string, number>
  /** Of those that did not deliver all that was wanted. */
  readonly failed: Set<string>
}

export class Window {
  readonly #batches: Batch[] = []
  /** Here and not handed on yet, so that nothing is listed twice. */
  readonly #present = new Set<Infohash>()

  get size(): number {
    return this.#batches.length
  }

  get isFull(): boolean {
    return this.#batches.length >= MAX_BATCHES
  }

  get head(): Batch | undefined {
    return this.#batches[0]
  }

  /** The first that `peer` was not asked for and all who were asked for were asked before `before`. */
  late(peer: string, before: number): Batch | undefined {
    return this.#batches.find(({ wanted, asked, failed }) => {
      if (wanted.size === 0 || asked.size === 0 || asked.has(peer) || failed.has(peer)) return false
      return [...asked.values()].every((at) => at < before)
    })
  }

  /** Adds what is new of a list, in its order. Returns how many that were. */
  add(infohashes: readonly Infohash[]): number {
    const fresh = [...new Set(infohashes)].filter((infohash) => !this.#present.has(infohash))
    for (const infohash of fresh) this.#present.add(infohash)
    for (let at = 0; at < fresh.length; at += BATCH) {
      const part = fresh.slice(at, at + BATCH)
      const sets = { files: new Map(), asked: new Map(), failed: new Set<string>() }
      this.#batches.push({ infohashes: part, wanted: new Set(part), ...sets })
    }
    return fresh.length
  }

  /** The first that nobody is asked for and `peer` has not failed to deliver. */
  next(peer: string): Batch | undefined {
    return this.#batches.find(({ wanted, asked, failed }) => wanted.size > 0 && asked.size === 0 && !failed.has(peer))
  }

  /** What came of a batch from one peer, files by infohash; what is missing stays wanted, of others. */
  deliver(batch: Batch, peer: string, files: ReadonlyMap<Infohash, Uint8Array>): void {
    batch.asked.delete(peer)
    for (const [infohash, file] of files) {
      if (batch.wanted.delete(infohash)) batch.files.set(infohash, { infohash, file, from: peer })
    }
    if (batch.wanted.size > 0) batch.failed.add(peer)
  }

  /** The peer is gone, or did not answer. */
  fail(batch: Batch, peer: string): void {
    batch.asked.delete(peer)
    batch.failed.add(peer)
  }

  /**
   * Takes the first batches, up to `most` files and one batch, as far as they are whole, or nobody is left who may have the rest: `peers` are the keys of
   * those who can be asked. `gone` counts what nobody had.
   */
  takeWhole(peers: readonly string[], most: number): { files: Delivered[]; gone: number } {
    const files: Delivered[] = []
    let gone = 0
    for (let head = this.head; head !== undefined && files.length < most; head = this.head) {
      const isGivenUp = head.asked.size === 0 && peers.every((peer) => head?.failed.has(peer))
      if (head.wanted.size > 0 && !isGivenUp) break
      gone += head.wanted.size
      for (const infohash of head.infohashes) {
        this.#present.delete(infohash)
        const delivered = head.files.get(infohash)
        if (delivered !== undefined) files.push(delivered)
      }
      this.#batches.shift()
    }
    return { files, gone }
  }

  clear(): void {
    this.#batches.length = 0
    this.#present.clear()
  }
}
