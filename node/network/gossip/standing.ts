// How a peer delivered what it announced: whom to ask first, and whom to keep when places are scarce.

/** As good as a peer can stand: a failure takes all of it. */
const BEST = 4
const WORST = -4

/** `proven`: it delivers; `new`: it was not asked enough to know; `failing`: it let a question for what it had announced wait, or had nothing. */
export type Grade = 'proven' | 'new' | 'failing'

export const GRADES: readonly Grade[] = ['proven', 'new', 'failing']

export class Standing {
  #score = 0
  #latencyMs = Number.POSITIVE_INFINITY
  #usefulAt = Number.NEGATIVE_INFINITY

  get grade(): Grade {
    if (this.#score < 0) return 'failing'
    return this.#score === 0 ? 'new' : 'proven'
  }

  /** Milliseconds of its fastest answer; infinite before the first. */
  get latencyMs(): number {
    return this.#latencyMs
  }

  /** When it last delivered something that was accepted and new, on the clock of whoever calls `useful`. */
  get usefulAt(): number {
    return this.#usefulAt
  }

  answered(ms: number): void {
    this.#latencyMs = Math.min(this.#latencyMs, ms)
  }

  /** What it had announced came in time. */
  delivered(): void {
    this.#score = Math.min(this.#score + 1, BEST)
  }

  /** It did not come in time, or not at all: good deeds of before buy one failure, and not many. */
  failed(): void {
    this.#score = Math.max(Math.min(this.#score, 0) - 2, WORST)
  }

  useful(now: number): void {
    this.#usefulAt = now
  }
}
