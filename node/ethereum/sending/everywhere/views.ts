// The latest word of each endpoint on one call: an endpoint that does not answer has none.

import { OperationError } from '../../../errors.ts'
import type { Hash } from '../../../protocol/ids.ts'
import type { Attempt } from '../attempt.ts'
import { answerWithin, type Endpoint } from '../endpoint.ts'
import type { Glances } from './glances.ts'
import { readView, type View } from './view.ts'

export type ViewsDeps = {
  readonly endpoints: readonly Endpoint[]
  readonly isOver: (endpoint: Endpoint) => Promise<boolean>
  readonly glances: Glances
  /** Unix milliseconds. */
  readonly now: () => number
  readonly answerMs: number
  /** Attempts of earlier runs. */
  readonly earlier: ReadonlySet<Hash>
  readonly signal: AbortSignal
}

export class Views {
  readonly #deps: ViewsDeps
  readonly #views = new Map<string, View>()
  /** Those that have answered, or failed to. */
  readonly #heard = new Set<string>()
  /** Attempts of earlier runs that an endpoint had in a block when it first answered. */
  readonly #spent = new Map<string, ReadonlySet<Hash>>()
  #firstMs: number | undefined

  constructor(deps: ViewsDeps) {
    this.#deps = deps
  }

  all(): readonly View[] {
    return [...this.#views.values()]
  }

  of({ id }: Endpoint): View | undefined {
    return this.#views.get(id)
  }

  isSpent({ id }: Endpoint, hash: Hash): boolean {
    return this.#spent.get(id)?.has(hash) ?? false
  }

  /** Whether all have answered, or those that have not were waited for since the first one did. */
  isEnough(patienceMs: number): boolean {
    if (this.#views.size === 0) return false
    const { endpoints, now } = this.#deps
    return this.#heard.size >= endpoints.length || now() - (this.#firstMs ?? now()) >= patienceMs
  }

  /** Asks one of them. Returns what it has to say for itself where all of them are silent. */
  async learn(endpoint: Endpoint, attempts: readonly Attempt[]): Promise<OperationError | undefined> {
    const { glances, isOver, answerMs, earlier, signal, now } = this.#deps
    const { id } = endpoint
    try {
      const view = await answerWithin(endpoint, answerMs, readView(glances, endpoint, attempts, isOver), signal)
      this.#firstMs ??= now()
      if (!this.#spent.has(id)) {
        this.#spent.set(id, new Set([...view.receipts.keys()].filter((hash) => earlier.has(hash))))
      }
      this.#views.set(id, view)
      this.#heard.add(id)
      return undefined
    } catch (error) {
      this.#views.delete(id)
      this.#heard.add(id)
      if (!(error instanceof OperationError)) throw error
      return this.#views.size === 0 && this.#heard.size === this.#deps.endpoints.length ? error : undefined
    }
  }
}
