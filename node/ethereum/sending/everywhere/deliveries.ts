// Hands signed transactions to endpoints, and keeps what each has against them.

import { OperationError } from '../../../errors.ts'
import type { Logger } from '../../../log.ts'
import type { Hash } from '../../../protocol/ids.ts'
import { troubleFacts } from '../../../trouble.ts'
import { isKnownAlready, isNonceTaken } from '../../refusals.ts'
import type { Attempt } from '../attempt.ts'
import { answerWithin, type Endpoint } from '../endpoint.ts'

/** `silent`: what became of it is not known. */
export type Answer = 'taken' | 'nonce-taken' | 'refused' | 'silent'

export class Deliveries {
  readonly #log: Logger
  readonly #answerMs: number
  readonly #signal: AbortSignal
  readonly #answers = new Map<string, Answer>()

  /** `answerMs` is the longest that an endpoint is waited for; `signal` ends what is under way. */
  constructor(log: Logger, answerMs: number, signal: AbortSignal) {
    this.#log = log
    this.#answerMs = answerMs
    this.#signal = signal
  }

  answer({ id }: Endpoint, hash: Hash): Answer | undefined {
    return this.#answers.get(`${id} ${hash}`)
  }

  /** Never throws: what an endpoint has against an attempt is not a reason to withhold it from the others. */
  async hand(endpoint: Endpoint, { hash, raw }: Attempt): Promise<void> {
    const answer = await this.#broadcast(endpoint, hash, raw)
    // What it has accepted is in a block by the time that its nonce is another's.
    if (this.answer(endpoint, hash) !== 'taken') this.#answers.set(`${endpoint.id} ${hash}`, answer)
  }

  async #broadcast(endpoint: Endpoint, hash: Hash, raw: Attempt['raw']): Promise<Answer> {
    try {
      await answerWithin(endpoint, this.#answerMs, endpoint.broadcast(raw), this.#signal)
      return 'taken'
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'ethereum-refused') return 'silent'
      if (isKnownAlready(error)) return 'taken'
      this.#log.debug({ hash, ...troubleFacts(error) }, 'an endpoint refuses an attempt')
      return isNonceTaken(error) ? 'nonce-taken' : 'refused'
    }
  }
}
