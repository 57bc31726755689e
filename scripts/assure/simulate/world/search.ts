// The search for a nonce: a hash rate, a target that may ease during the search, and chance.

import { ASSUMED } from './assumptions.ts'
import type { Chance } from './chance.ts'
import type { Clock } from './clock.ts'

/** How often the target is looked at, seconds. */
const STEP_SECONDS = 60

export class Search {
  readonly #clock: Clock
  readonly #chance: Chance
  /** Hashes a second. */
  readonly #rate: number
  #key: string | undefined
  #generation = 0

  /** `share` of all hash rate. */
  constructor(clock: Clock, chance: Chance, share: number) {
    this.#clock = clock
    this.#chance = chance
    this.#rate = share * ASSUMED.hashRate
  }

  /** What is searched for now, as the one that started it calls it. */
  get key(): string | undefined {
    return this.#key
  }

  /** Searches for something else, unless it does so already. Since luck has no memory, nothing is lost by changing. */
  for(key: string, targetAt: (time: number) => bigint, found: (target: bigint) => void): void {
    if (key === this.#key) return
    this.stop()
    if (this.#rate === 0) return
    this.#key = key
    const generation = this.#generation
    let left = this.#chance.exponential(1)
    let time = this.#clock.now
    for (;;) {
      const perSecond = (this.#rate * Number(targetAt(time))) / 2 ** 256
      if (perSecond * STEP_SECONDS >= left) {
        time += left / perSecond
        break
      }
      left -= perSecond * STEP_SECONDS
      time += STEP_SECONDS
    }
    this.#clock.at(time, () => {
      if (generation !== this.#generation) return
      this.#key = undefined
      found(targetAt(time))
    })
  }

  stop(): void {
    this.#key = undefined
    this.#generation += 1
  }
}
