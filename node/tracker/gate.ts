// Which infohashes a tracker takes, and how often it is asked: a directory that takes any is one for whatever strangers share.

import { hostGroup } from '../network/places/addresses.ts'
import { TokenBucket } from '../network/token-bucket.ts'
import type { Infohash } from '../protocol/ids.ts'
import type { Directory } from './directory.ts'
import * as limits from './limits.ts'

export type GateDeps = {
  readonly directory: Directory
  /** Whether an infohash belongs here; undefined: any does. */
  readonly isKnown: ((infohash: Infohash) => Promise<boolean>) | undefined
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** `busy`: the answer is not known now, and may be later. */
export type Verdict = 'open' | 'unknown' | 'busy'

export class Gate {
  readonly #deps: GateDeps
  readonly #questions: TokenBucket
  #open = 0
  /** Of hosts; the oldest first. */
  readonly #requests = new Map<string, TokenBucket>()
  /** Until when an infohash is not asked about again. */
  readonly #refused = new Map<Infohash, number>()

  constructor(deps: GateDeps) {
    this.#deps = deps
    this.#questions = new TokenBucket(limits.QUESTIONS_PER_SECOND, limits.QUESTIONS_BURST, deps.now)
  }

  /** Whether a host may ask for `cost` now. */
  takes(host: string, cost = 1): boolean {
    const key = hostGroup(host)
    const bucket =
      this.#requests.get(key) ?? new TokenBucket(limits.REQUESTS_PER_SECOND, limits.REQUESTS_BURST, this.#deps.now)
    this.#requests.delete(key)
    this.#requests.set(key, bucket)
    dropOldest(this.#requests, limits.MAX_COUNTED_HOSTS)
    return bucket.take(cost)
  }

  /** A question to the node is charged to the host that causes it. Never throws: what cannot be found out now is `busy`. */
  async judge(infohash: Infohash, host: string): Promise<Verdict> {
    const { isKnown, directory, now } = this.#deps
    if (isKnown === undefined || directory.has(infohash)) return 'open'
    if ((this.#refused.get(infohash) ?? 0) > now()) return 'unknown'
    if (this.#open >= limits.MAX_OPEN_QUESTIONS) return 'busy'
    if (!this.takes(host, limits.QUESTION_COST) || !this.#questions.take(1)) return 'busy'
    this.#open += 1
    try {
      if (await isKnown(infohash)) return 'open'
      this.#refused.delete(infohash)
      this.#refused.set(infohash, now() + limits.REFUSED_MS)
      dropOldest(this.#refused, limits.MAX_REFUSED)
      return 'unknown'
    } catch {
      return 'busy'
    } finally {
      this.#open -= 1
    }
  }
}

function dropOldest(map: Map<unknown, unknown>, most: number): void {
  if (map.size <= most) return
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
