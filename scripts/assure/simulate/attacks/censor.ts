// Empty blocks on a branch of its own: never builds on somebody else's block while there is hope to displace it.

import type { BridgeBlock } from '../../../../node/bridge/view.ts'
import { targetFloor, workOf } from '../../../../node/protocol/target.ts'
import type { Search } from '../world/search.ts'
import type { Strategy, World } from '../world/world.ts'

/** How many blocks of the usual work its own branch may be behind. */
const PATIENCE = 6n

export type CensorOptions = {
  /** Of the queue only what the rule demands. */
  readonly grudging?: boolean
  /** Twice the work in each that has no sibling: fewer are needed, and fewer consume the queue. */
  readonly heavy?: boolean
}

export class Censor implements Strategy {
  readonly #world: World
  readonly #search: Search
  readonly #options: CensorOptions
  #isPublishing = false

  constructor(world: World, share: number, options: CensorOptions = {}) {
    this.#world = world
    this.#options = options
    this.#search = world.search('attacker', share)
  }

  onChange(): void {
    const world = this.#world
    if (this.#isPublishing || !world.canBond(world.attacker)) return
    const base = this.#base()
    const live = world.liveChildren(base.id)
    const { grudging = false, heavy = false } = this.#options
    const hard = targetFloor(base.sealed.header.target)
    const targetAt = heavy && live.length === 0 ? () => hard : world.ceilingOf(base)
    this.#search.for(`${base.id} ${live[0]?.id}`, targetAt, (target) => {
      const draft = world.make(world.attacker, base.id, target, { taste: grudging ? 'least' : 'empty' })
      this.#isPublishing = true
      world.publish(draft, world.liveChildren(base.id).length > 0, world.attacker, {}, () => {
        this.#isPublishing = false
        this.onChange()
      })
    })
  }

  onHour(): void {
    this.onChange()
  }

  #base(): BridgeBlock {
    const world = this.#world
    const tip = world.tip()
    const own = this.#ownTip()
    if (own !== undefined && this.#hasHope(own, tip)) return own
    const foreign = world.branch().find(({ id, sealed }) => {
      const below = world.block(sealed.header.parent)
      return world.draft(id)?.miner !== world.attacker && this.#hasHope(below, tip)
    })
    return foreign ? world.block(foreign.sealed.header.parent) : tip
  }

  #hasHope(base: BridgeBlock, tip: BridgeBlock): boolean {
    const unit = workOf(base.sealed.header.target)
    return this.#world.isOpen(base.id) && tip.work - base.work <= PATIENCE * unit
  }

  /** The heaviest of its own blocks above the final one. */
  #ownTip(): BridgeBlock | undefined {
    const { bridge, attacker } = this.#world
    let best: BridgeBlock | undefined
    const waiting = [bridge.final]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const block = this.#world.block(id)
      const isOwn = this.#world.draft(id)?.miner === attacker
      if (isOwn && (best === undefined || block.work > best.work)) best = block
      for (const child of block.children) waiting.push(child)
    }
    return best
  }
}
