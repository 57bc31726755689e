// Which infohashes are wanted, who announced them and was asked, and which come first: those announced most often.

import type { Infohash } from '../../protocol/ids.ts'
import { MAX_ANCESTORS_PER_PEER, MAX_WANTED, MAX_WANTED_PER_PEER } from '../limits.ts'

/** `asked`: who was asked and has not answered yet; `places`: how many may be at a time. */
type Want = { readonly sources: Set<string>; readonly asked: Set<string>; places: number; isAncestor: boolean }

/** Added to the number of announcers of what something here waits for. */
const ANCESTORS_FIRST = 1_000_000

export class Wants {
  readonly #wants = new Map<Infohash, Want>()
  /** Of each peer: what it announced and may be asked for, by number of announcers. */
  readonly #ranked = new Map<string, Map<number, Set<Infohash>>>()
  readonly #sizes = new Map<string, number>()

  get size(): number {
    return this.#wants.size
  }

  /** How many wants a peer is a source of. */
  sizeOf(peer: string): number {
    return this.#sizes.get(peer) ?? 0
  }

  has(infohash: Infohash): boolean {
    return this.#wants.has(infohash)
  }

  /** `peer` announced `infohash`. False where a bound was reached; reconciliation finds it later. */
  add(infohash: Infohash, peer: string): boolean {
    return this.#add(infohash, peer, { perPeer: MAX_WANTED_PER_PEER, inAll: MAX_WANTED, isAncestor: false })
  }

  /** As `add`, of what something that is here waits for: it comes before all else, and has room of its own behind the bounds. */
  addAncestor(infohash: Infohash, peer: string): boolean {
    const perPeer = MAX_WANTED_PER_PEER + MAX_ANCESTORS_PER_PEER
    return this.#add(infohash, peer, { perPeer, inAll: 2 * MAX_WANTED, isAncestor: true })
  }

  #add(
    infohash: Infohash,
    peer: string,
    { perPeer, inAll, isAncestor }: { perPeer: number; inAll: number; isAncestor: boolean },
  ): boolean {
    if (this.sizeOf(peer) >= perPeer) return false
    let want = this.#wants.get(infohash)
    if (want?.sources.has(peer) && (want.isAncestor || !isAncestor)) return true
    if (want === undefined) {
      if (this.#wants.size >= inAll) return false
      want = { sources: new Set(), asked: new Set(), places: 1, isAncestor }
      this.#wants.set(infohash, want)
    }
    this.#unrank(infohash, want)
    want.isAncestor ||= isAncestor
    if (!want.sources.has(peer)) this.#sizes.set(peer, this.sizeOf(peer) + 1)
    want.sources.add(peer)
    this.#rank(infohash, want)
    return true
  }

  /** Up to `max` infohashes to ask `peer` for, most announced first. They are its to answer until `release` or `settle`. */
  take(peer: string, max: number): Infohash[] {
    const taken: Infohash[] = []
    const ranked = this.#ranked.get(peer)
    for (const rank of [...(ranked?.keys() ?? [])].sort((a, b) => b - a)) {
      for (const infohash of ranked?.get(rank) ?? []) {
        if (taken.length === max) break
        taken.push(infohash)
      }
    }
    for (const infohash of taken) {
      const want = this.#wants.get(infohash)
      if (want === undefined) continue
      this.#unrank(infohash, want)
      want.asked.add(peer)
      this.#rank(infohash, want)
    }
    return taken
  }

  /** Who was asked takes long: as many others may be asked besides. False if it is not wanted any more, or every announcer was asked. */
  widen(infohash: Infohash, places: number): boolean {
    const want = this.#wants.get(infohash)
    if (want === undefined) return false
    this.#unrank(infohash, want)
    want.places = Math.max(want.places, want.asked.size + places)
    this.#rank(infohash, want)
    return want.asked.size < want.sources.size
  }

  /** It is here, or not needed any more. */
  settle(infohash: Infohash): void {
    const want = this.#wants.get(infohash)
    if (want === undefined) return
    this.#unrank(infohash, want)
    for (const peer of want.sources) this.#forgetSource(peer)
    this.#wants.delete(infohash)
  }

  /** `peer` did not deliver: the next announcer is asked; without one the want is dropped. */
  release(infohash: Infohash, peer: string): void {
    const want = this.#wants.get(infohash)
    if (want === undefined) return
    this.#unrank(infohash, want)
    if (want.sources.delete(peer)) this.#forgetSource(peer)
    want.asked.delete(peer)
    if (want.sources.size + want.asked.size === 0) this.#wants.delete(infohash)
    else this.#rank(infohash, want)
  }

  /** The peer is gone; what it was asked for must have been released. */
  removePeer(peer: string): void {
    for (const [infohash, want] of this.#wants) {
      if (!want.sources.has(peer)) continue
      if (!want.asked.has(peer)) {
        this.release(infohash, peer)
        continue
      }
      this.#unrank(infohash, want)
      want.sources.delete(peer)
      this.#rank(infohash, want)
    }
    this.#ranked.delete(peer)
    this.#sizes.delete(peer)
  }

  #rank(infohash: Infohash, want: Want): void {
    if (want.asked.size >= want.places) return
    for (const peer of want.sources) {
      if (want.asked.has(peer)) continue
      const ranked = this.#ranked.get(peer) ?? new Map<number, Set<Infohash>>()
      this.#ranked.set(peer, ranked)
      const same = ranked.get(rankOf(want)) ?? new Set()
      ranked.set(rankOf(want), same.add(infohash))
    }
  }

  #unrank(infohash: Infohash, want: Want): void {
    for (const peer of want.sources) {
      const ranked = this.#ranked.get(peer)
      const same = ranked?.get(rankOf(want))
      same?.delete(infohash)
      if (same?.size === 0) ranked?.delete(rankOf(want))
    }
  }

  #forgetSource(peer: string): void {
    const size = this.sizeOf(peer) - 1
    if (size > 0) this.#sizes.set(peer, size)
    else this.#sizes.delete(peer)
  }
}

function rankOf({ sources, isAncestor }: Want): number {
  return sources.size + (isAncestor ? ANCESTORS_FIRST : 0)
}
