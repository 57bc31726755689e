// When each loop of a process ended its last round: what shows from outside that it still turns.

/** `agoMs` since the last round ended, or since the loop was opened; above `limitMs` the loop hangs. */
export type Round = { readonly part: string; readonly agoMs: number; readonly limitMs: number }

/** A loop hangs after this many of its periods, */
const PERIODS = 10
/** but not before this: an endpoint that is silent may be asked several times in one round. */
const LEAST_MS = 120_000

/** Of one process, shared by its parts. */
export class Rounds {
  readonly #now: () => number
  readonly #parts = new Map<string, { readonly limitMs: number; readonly lastMs: number }>()

  /** `now` is milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A loop begins, whose rounds take `periodMs` with the longest pause between them. What is returned is called after each of them. Several loops may be one part: it turns if one of them does. */
  open(part: string, periodMs: number): () => void {
    const limitMs = Math.max(PERIODS * periodMs, LEAST_MS)
    const turned = () => void this.#parts.set(part, { limitMs, lastMs: this.#now() })
    turned()
    return turned
  }

  /** In the order in which they were opened. */
  all(): readonly Round[] {
    const now = this.#now()
    return [...this.#parts].map(([part, { limitMs, lastMs }]) => ({ part, agoMs: now - lastMs, limitMs }))
  }
}
