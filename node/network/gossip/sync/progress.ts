// How far a sync is, for whoever waits for it.

/** `payments` of `of` are here, `perSecond` came lately, from `peers`. `of` is what the peer says whose order is read. */
export type SyncProgress = {
  readonly payments: number
  readonly of: number
  readonly peers: number
  readonly perSecond: number
}

/** The speed is that of the last seconds. */
const SPAN_MS = 5_000

export class Progress {
  readonly #now: () => number
  #marks: { readonly at: number; readonly placed: number }[] = []
  #placed = 0
  readonly #sources = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  get placed(): number {
    return this.#placed
  }

  /** Files from one peer were placed. */
  add(count: number, from: string): void {
    const at = this.#now()
    this.#placed += count
    this.#sources.set(from, at)
    const last = this.#marks.at(-1)
    if (last === undefined || at - last.at > SPAN_MS / 10) this.#marks.push({ at, placed: this.#placed })
    this.#marks = this.#marks.filter((mark) => at - mark.at <= SPAN_MS)
  }

  get peers(): number {
    const since = this.#now() - SPAN_MS
    return [...this.#sources.values()].filter((at) => at >= since).length
  }

  get perSecond(): number {
    const at = this.#now()
    const [first] = this.#marks.filter((mark) => at - mark.at <= SPAN_MS)
    if (first === undefined || at <= first.at) return 0
    return Math.round((1_000 * (this.#placed - first.placed)) / (at - first.at))
  }
}
