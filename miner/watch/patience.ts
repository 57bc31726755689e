// Somebody who may not answer: waited for once, and not asked again before that question has come to an end.

import { OperationError } from '../../node/errors.ts'
import { within } from '../../node/within.ts'

export class Patience<T> {
  readonly #name: string
  readonly #ms: number
  #answer: Promise<T> | undefined

  /** `name` is for messages. */
  constructor(name: string, ms: number) {
    this.#name = name
    this.#ms = ms
  }

  /**
   * Throws what `ask` throws, the signal's reason, and `OperationError('silent')` (retry) after this many milliseconds, or at once where an
   * earlier question has no answer yet.
   */
  async ask(begin: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#answer !== undefined) throw this.#silent()
    const answer = begin()
    this.#answer = answer
    const over = () => {
      this.#answer = undefined
    }
    answer.then(over, over)
    const limit = AbortSignal.timeout(this.#ms)
    try {
      return await within(answer, AbortSignal.any([signal, limit]))
    } catch (error) {
      signal.throwIfAborted()
      throw error === limit.reason ? this.#silent() : error
    }
  }

  #silent(): OperationError {
    return new OperationError(
      'silent',
      `expected ${this.#name} to answer within ${this.#ms / 1_000} s, but it is silent; see whether it runs, and can be reached`,
      { facts: { name: this.#name }, retry: true },
    )
  }
}
