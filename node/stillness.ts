// Ends the wait for an answer when no part of it comes for a while, however long the whole of it may take.

export class Stillness implements Disposable {
  readonly #ended = new AbortController()
  readonly #timer: NodeJS.Timeout

  /** Begins at once. */
  constructor(ms: number) {
    const end = () => this.#ended.abort(new Error(`no part of an answer came for ${ms / 1_000} s`))
    this.#timer = setTimeout(end, ms)
  }

  /** Aborted when nothing came for that long. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** A part came. */
  refresh(): void {
    this.#timer.refresh()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
