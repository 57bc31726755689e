// What was judged lately and not kept, so that it is neither fetched nor judged again at once. Bounded.

import type { Infohash } from '../../protocol/ids.ts'
import type { RuleError } from '../../protocol/rule-error.ts'

export type Reject =
  | { readonly why: 'invalid'; readonly error: RuleError }
  /** Lost to something final. */
  | { readonly why: 'dead'; readonly rivals: readonly Infohash[] }
  /** Conflicting, and there was no room for more of those. */
  | { readonly why: 'crowded'; readonly rivals: readonly Infohash[] }
  /** It would need this number of zero bits (`relayPrice`). */
  | { readonly why: 'price'; readonly bits: number }

/** Who hands in for the owner of this node, whose payments cost no work here; `asked`: what the owner had fetched, by its infohash. */
const OWN_SOURCES: ReadonlySet<string> = new Set(['rpc', 'proofs', 'asked'])

export function isOwn(source: string): boolean {
  return OWN_SOURCES.has(source)
}

/** What a stranger must not bring may still be the owner's. */
export function isForgiven({ why }: Reject, source: string): boolean {
  return why === 'price' && isOwn(source)
}

export class Rejects {
  readonly #limit: number
  readonly #rejects = new Map<Infohash, Reject>()

  /** `limit` is a number of infohashes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(infohash: Infohash): Reject | undefined {
    return this.#rejects.get(infohash)
  }

  add(infohash: Infohash, reject: Reject): void {
    this.#rejects.delete(infohash)
    this.#rejects.set(infohash, reject)
    if (this.#rejects.size <= this.#limit) return
    for (const oldest of this.#rejects.keys()) {
      this.#rejects.delete(oldest)
      break
    }
  }

  /** After a block there may be room for those that came too many. */
  forgetCrowded(): void {
    for (const [infohash, { why }] of this.#rejects)
      if (why === 'crowded' || why === 'price') this.#rejects.delete(infohash)
  }
}
