// How long a node waits before it compares its set with a peer's again: briefly where that brings something, longer each time where it does not.

/** At first, and after a comparison that brought something, milliseconds; doubled after each that did not, up to the second. */
const LEAST_MS = 2_000
const MOST_MS = 600_000
/** Of what a comparison found, one in this number must have come to stand here before the next: else the peer has what this node does not keep. */
const PART = 10

export class Pause {
  #ms = LEAST_MS
  #last: { readonly found: number; readonly count: number } | undefined

  get ms(): number {
    return this.#ms
  }

  /** A comparison is over: `found` were new, and `count` are shared here now. What two nodes disagree on for good, as their prices differ, is so fetched ever more rarely. */
  after(found: number, count: number): void {
    const last = this.#last
    const isVain = last !== undefined && last.found > 0 && (count - last.count) * PART < last.found
    this.#ms = found > 0 && !isVain ? LEAST_MS : Math.min(2 * this.#ms, MOST_MS)
    this.#last = { found, count }
  }
}
