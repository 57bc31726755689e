// Promises that nothing awaits, kept so that `stop` can.

export class Running {
  readonly #promises = new Set<Promise<unknown>>()

  add<T>(promise: Promise<T>): Promise<T> {
    this.#promises.add(promise)
    const remove = () => this.#promises.delete(promise)
    promise.then(remove, remove)
    return promise
  }

  /** Resolves when none is left, including those that the others add while it waits. */
  async settled(): Promise<void> {
    while (this.#promises.size > 0) await Promise.allSettled(this.#promises)
  }
}
