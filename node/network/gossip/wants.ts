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
  /** What each peer is a source of. */
  readonly #of = new Map<string, Set<Infohash>>()

  get size(): number {
    return this.#wants.size
  }

  /** How many wants a peer is a source of. */
  sizeOf(peer: string): number {
    return this.#of.get(peer)?.size ?? 0
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
    const own = this.#of.get(peer) ?? new Set<Infohash>()
    if (want === undefined) {
      if (this.#wants.size >= inAll) return false
      want = { sources: new Set(), asked: new Set(), places: 1, isAncestor }
      this.#wants.set(infohash, want)
    }
    this.#of.set(peer, own.add(infohash))
    // Of a hundred announcers each would else move all that came before.
    const isSame =
      rankOf(want) === rankOf({ sources: { size: want.sources.size + 1 }, isAncestor: want.isAncestor || isAncestor })
    if (!isSame) this.#unrank(infohash, want)
    want.isAncestor ||= isAncestor
    want.sources.add(peer)
    this.#rank(infohash, want, isSame ? [peer] : want.sources)
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
    // They can be asked already.
    if (want.asked.size + places <= want.places) return want.asked.size < want.sources.size
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
    for (const peer of want.sources) this.#forgetSource(infohash, peer)
    this.#wants.delete(infohash)
  }

  /** `peer` did not deliver: the next announcer is asked; without one the want is dropped. */
  release(infohash: Infohash, peer: string): void {
    const want = this.#wants.get(infohash)
    if (want === undefined) return
    this.#unrank(infohash, want)
    if (want.sources.delete(peer)) this.#forgetSource(infohash, peer)
    want.asked.delete(peer)
    if (want.sources.size + want.asked.size === 0) this.#wants.delete(infohash)
    else this.#rank(infohash, want)
  }

  /** The peer is gone; what it was asked for must have been released. */
  removePeer(peer: string): void {
    for (const infohash of this.#of.get(peer) ?? []) {
      const want = this.#wants.get(infohash)
      if (want === undefined) continue
      if (!want.asked.has(peer)) {
        this.release(infohash, peer)
        continue
      }
      this.#unrank(infohash, want)
      want.sources.delete(peer)
      this.#rank(infohash, want)
    }
    this.#ranked.delete(peer)
    this.#of.delete(peer)
  }

  #rank(infohash: Infohash, want: Want, sources: Iterable<string> = want.sources): void {
    if (want.asked.size >= want.places) return
    for (const peer of sources) {
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

  #forgetSource(infohash: Infohash, peer: string): void {
    const own = this.#of.get(peer)
    own?.delete(infohash)
    if (own?.size === 0) this.#of.delete(peer)
  }
}

/** Ranks are exact below this number of announcers. */
const EXACT = 8

/** From `EXACT` announcers on by powers of two, since each change of a rank costs a step for each announcer. */
function rankOf({
  sources: { size },
  isAncestor,
}: {
  readonly sources: { readonly size: number }
  readonly isAncestor: boolean
}): number {
  const rank = size < EXACT ? size : EXACT + Math.floor(Math.log2(size / EXACT))
  return rank + (isAncestor ? ANCESTORS_FIRST : 0)
}
