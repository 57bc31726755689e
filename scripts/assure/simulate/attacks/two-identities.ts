// One miner, two names: beside each of its own blocks that became the first of its race, the other name publishes a rival.

import type { Draft } from '../world/draft.ts'
import { Miner } from '../world/miner.ts'
import type { Search } from '../world/search.ts'
import type { Strategy, World } from '../world/world.ts'

export class TwoIdentities implements Strategy {
  readonly #world: World
  readonly #miner: Miner
  readonly #search: Search
  /** The miner's own block that the other name fights. */
  #first: Draft | undefined

  constructor(world: World, share: number) {
    this.#world = world
    this.#search = world.search('attacker, second name', share)
    this.#miner = new Miner(world, world.attacker, share, {
      isAwake: () => this.#first === undefined,
      done: (draft) => this.#begin(draft),
    })
  }

  onChange(): void {
    const first = this.#first
    if (first !== undefined) {
      const world = this.#world
      const parent = world.block(first.parent)
      if (!world.isOpen(parent.id) || !world.canBond(world.attacker) || world.liveChildren(parent.id).length > 1) {
        this.#end()
      } else {
        const { target } = first // of a rival too
        this.#search.for(
          first.id,
          () => target,
          () => this.#publish(first, target),
        )
      }
    }
    this.#miner.onChange()
  }

  onHour(): void {
    this.onChange()
  }

  #begin(draft: Draft): void {
    if (!this.#world.bridge.drafts.has(draft.id) || !this.#world.canBond(this.#world.attacker)) return
    this.#first = draft
    this.onChange()
  }

  #publish(first: Draft, target: bigint): void {
    const world = this.#world
    const draft = world.make(world.attacker, first.parent, target, { taste: 'all', deal: true })
    world.publish(draft, true, world.attacker, {}, () => {
      this.#end()
      this.onChange()
    })
  }

  #end(): void {
    this.#first = undefined
    this.#search.stop()
  }
}
