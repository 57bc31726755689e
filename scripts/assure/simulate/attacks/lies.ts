// Wrong blocks: published, refuted by the watchers, or by the authors themselves, who then receive the reward.

import { targetFloor } from '../../../../node/protocol/target.ts'
import type { Draft } from '../world/draft.ts'
import type { Search } from '../world/search.ts'
import type { Pending, Strategy, World } from '../world/world.ts'

export type LieOptions = {
  /** Twice the parent's work in each: a rival beside it has to do as much. */
  readonly hard?: boolean
  /** A second identity sends the proof, in front of that of the watchers. */
  readonly self?: boolean
}

export class Lies implements Strategy {
  readonly #world: World
  readonly #search: Search
  readonly #options: LieOptions
  readonly #own = new Set<Draft>()
  #isPublishing = false

  constructor(world: World, share: number, options: LieOptions = {}) {
    this.#world = world
    this.#search = world.search('attacker', share)
    this.#options = options
  }

  onChange(): void {
    const world = this.#world
    if (this.#isPublishing) return
    const tip = world.tip()
    const live = world.liveChildren(tip.id)
    const isOwn = live.some(({ id }) => world.draft(id)?.miner === world.attacker)
    if (isOwn || !world.isOpen(tip.id) || !world.canBond(world.attacker)) {
      this.#search.stop()
      return
    }
    const floor = targetFloor(tip.sealed.header.target)
    const ceiling = world.ceilingOf(tip)
    this.#search.for(
      `${tip.id} ${live[0]?.id}`,
      this.#options.hard && live.length === 0 ? () => floor : ceiling,
      (target) => {
        const how = { taste: 'all', valid: false, deal: this.#options.self === true } as const
        const draft = world.make(world.attacker, tip.id, target, how)
        this.#own.add(draft)
        this.#isPublishing = true
        world.publish(draft, live.length > 0, world.attacker, {}, () => {
          this.#isPublishing = false
          this.onChange()
        })
      },
    )
  }

  onPending({ kind, draft, at }: Pending): void {
    if (kind !== 'refute' || !this.#options.self || !this.#own.has(draft)) return
    this.#world.refute(draft, this.#world.attacker, { at, ahead: true })
  }
}
