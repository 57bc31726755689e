// How fast an endpoint is asked: as fast as we can, until it says that this is too fast; then ever more slowly until it answers, and slowly faster again.

const LEAST_GAP_MS = 20
const MOST_GAP_MS = 250
/** Of the gap, with each answer. */
const EASING = 0.9
const FIRST_PAUSE_MS = 250

export class Pace {
  readonly #now: () => number
  readonly #longestPauseMs: number
  /** Between the starts of two questions. */
  #gapMs = 0
  #nextMs = 0
  /** Refusals in a row. */
  #refused = 0

  /** `now` is milliseconds of any clock. */
  constructor(now: () => number, longestPauseMs: number) {
    this.#now = now
    this.#longestPauseMs = longestPauseMs
  }

  /** Reserves the next place; milliseconds until it comes. */
  place(): number {
    const now = this.#now()
    const place = Math.max(now, this.#nextMs)
    this.#nextMs = place + this.#gapMs
    return place - now
  }

  answered(): void {
    this.#refused = 0
    this.#gapMs = this.#gapMs < 1 ? 0 : this.#gapMs * EASING
  }

  /** The endpoint wants fewer questions, and to be left alone for `waitMs` if it says so. Returns for how long it is not asked anything. */
  refused(waitMs?: number): number {
    const pauseMs = Math.min(
      Math.max(waitMs ?? FIRST_PAUSE_MS * 2 ** this.#refused, LEAST_GAP_MS),
      this.#longestPauseMs,
    )
    const until = this.#now() + pauseMs
    // Questions that were under way together are one refusal.
    if (until > this.#nextMs || this.#refused === 0) {
      this.#refused += 1
      this.#gapMs = Math.min(Math.max(2 * this.#gapMs, LEAST_GAP_MS), MOST_GAP_MS)
    }
    this.#nextMs = Math.max(this.#nextMs, until)
    return pauseMs
  }
}
