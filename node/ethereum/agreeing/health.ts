// How each endpoint of Ethereum does: the last answer, the last failure, the newest block that it has named. For people who look; nothing is decided by it.

import { OperationError } from '../../errors.ts'
import type { ChainBlock } from '../chain.ts'

export type EndpointHealth = {
  /** Without path and key. */
  readonly name: string
  /** The newest block that it has named. */
  readonly newest?: Pick<ChainBlock, 'number' | 'time'>
  /** Unix milliseconds. */
  readonly answeredAt?: number
  /** Why the last question got no answer; absent where it did. */
  readonly problem?: { readonly code: string; readonly message: string; readonly since: number }
}

/** Of one endpoint. */
export class EndpointWatch {
  readonly #clock: () => number
  #health: EndpointHealth

  /** `clock` is unix milliseconds. */
  constructor(name: string, clock: () => number) {
    this.#clock = clock
    this.#health = { name }
  }

  get health(): EndpointHealth {
    return this.#health
  }

  /** Hands on what `question` gives or throws. */
  async over<T>(question: Promise<T>): Promise<T> {
    try {
      const answer = await question
      const { problem: _, ...rest } = this.#health
      this.#health = { ...rest, answeredAt: this.#clock() }
      return answer
    } catch (error) {
      // Whoever closes a connection knows why nothing came.
      if (!(error instanceof OperationError) || error.code === 'ethereum-closed') throw error
      const { code, message } = error
      const since = this.#health.problem?.since ?? this.#clock()
      this.#health = { ...this.#health, problem: { code, message, since } }
      throw error
    }
  }

  saw({ number, time }: ChainBlock): void {
    if (this.#health.newest !== undefined && this.#health.newest.number > number) return
    this.#health = { ...this.#health, newest: { number, time } }
  }
}

/** Of all that a node asks. */
export class EndpointWatches {
  readonly #clock: () => number
  readonly #all: EndpointWatch[] = []

  constructor(clock: () => number) {
    this.#clock = clock
  }

  add(name: string): EndpointWatch {
    const watch = new EndpointWatch(name, this.#clock)
    this.#all.push(watch)
    return watch
  }

  get health(): readonly EndpointHealth[] {
    return this.#all.map(({ health }) => health)
  }
}
