// The search for the next block: one at a time, always for the newest prospect.

import type { Prospect } from './planner.ts'
import type { Solution } from './work/nonce.ts'
import type { PowPool } from './work/pow-pool.ts'

type Found = (prospect: Prospect, solution: Solution) => Promise<void>

export class Search {
  readonly #pool: PowPool
  readonly #onFound: Found
  readonly #onFailure: (error: unknown) => void
  readonly #running = new Set<Promise<void>>()
  #handing = 0
  #current: { prospect: Prospect; readonly end: AbortController } | undefined

  /** The handlers must not throw. */
  constructor(pool: PowPool, onFound: Found, onFailure: (error: unknown) => void) {
    this.#pool = pool
    this.#onFound = onFound
    this.#onFailure = onFailure
  }

  get isRunning(): boolean {
    return this.#current !== undefined
  }

  /** Searches the plan of this prospect; all threads switch at once. Does nothing while a find is being handed on. */
  aim(prospect: Prospect): void {
    if (this.#handing > 0) return
    const { work } = prospect.plan
    const isSame = this.#current?.prospect.plan.work === work
    if (this.#current !== undefined && (isSame || this.#pool.update(work))) {
      this.#current.prospect = prospect
      return
    }
    const search = { prospect, end: new AbortController() }
    this.#current = search
    const run = this.#run(search).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  rest(): void {
    this.#current?.end.abort()
    this.#current = undefined
  }

  /** Rests, and waits until what was found is handed on. */
  async stop(): Promise<void> {
    this.rest()
    await Promise.all(this.#running)
  }

  async #run(search: { prospect: Prospect; readonly end: AbortController }): Promise<void> {
    const { signal } = search.end
    try {
      const solution = await this.#pool.search(search.prospect.plan.work, signal)
      if (this.#current === search) this.#current = undefined
      this.#handing += 1
      await this.#onFound(search.prospect, solution).finally(() => {
        this.#handing -= 1
      })
    } catch (error) {
      if (this.#current === search) this.#current = undefined
      if (!signal.aborted) this.#onFailure(error)
    }
  }
}
