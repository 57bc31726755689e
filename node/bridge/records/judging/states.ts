// States after blocks, in memory: as many as a bound allows, since anyone who publishes blocks could otherwise fill it.

import type { Hash } from '../../../protocol/ids.ts'
import type { State } from '../../../protocol/state.ts'

// In steps. A step leaves some 5 kB of its own in a state of 200,000 outputs: 150 MB. Two days of full blocks have 27,000.
const MOST_STEPS = 30_000

type Kept = { readonly state: State; readonly weight: number }

/** What is dropped is what was used longest ago. It can be replayed. */
export class States {
  readonly #kept = new Map<Hash, Kept>()
  readonly #most: number
  #pinned: ReadonlySet<Hash> = new Set()
  #weight = 0

  constructor(mostSteps = MOST_STEPS) {
    this.#most = mostSteps
  }

  has(id: Hash): boolean {
    return this.#kept.has(id)
  }

  /** The state after a block that `has` names. Throws `RangeError` for another one: our bug. */
  get(id: Hash): State {
    const kept = this.#kept.get(id)
    if (kept === undefined) throw new RangeError(`the state after block ${id} is not kept`)
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    return kept.state
  }

  /** `steps`: how many led from the block below to this state. */
  put(id: Hash, state: State, steps: number): void {
    this.#drop(id)
    this.#kept.set(id, { state, weight: steps + 1 })
    this.#weight += steps + 1
    this.#evict(id)
  }

  /** Forgets what is not in `ids`, and never what is in `pinned`, whatever comes. */
  keep(ids: ReadonlySet<Hash>, pinned: ReadonlySet<Hash>): void {
    for (const id of this.#kept.keys()) if (!ids.has(id) && !pinned.has(id)) this.#drop(id)
    this.#pinned = pinned
    this.#evict()
  }

  #evict(newest?: Hash): void {
    for (const id of this.#kept.keys()) {
      if (this.#weight <= this.#most) return
      if (id !== newest && !this.#pinned.has(id)) this.#drop(id)
    }
  }

  #drop(id: Hash): void {
    this.#weight -= this.#kept.get(id)?.weight ?? 0
    this.#kept.delete(id)
  }
}
