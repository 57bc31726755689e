// Rivals that are not meant to win: one as heavy is published beside the newest block of another miner, so that its race takes 48 hours.

import type { BridgeBlock } from '../../../../node/bridge/view.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { QUEUE_GRACE } from '../../../../node/protocol/rules.ts'
import { RULE } from '../../models/race.ts'
import type { Search } from '../world/search.ts'
import type { Strategy, World } from '../world/world.ts'

export type LightForkOptions = {
  /** Each is searched in the last hour of the 12, and kept until the last moment: longer, and the queue would make it worthless. */
  readonly last?: boolean
  /** Its author nominates it for every slot that is empty, and once more at the end. */
  readonly nominate?: boolean
  /** Not more often than once in this many hours. */
  readonly everyHours?: number
}

/** Seconds before a window closes: two blocks of Ethereum. */
const MARGIN = 24
/** Seconds for which a block can be kept whatever the queue does. */
const KEEPS = Number(QUEUE_GRACE)

export class LightForks implements Strategy {
  readonly #world: World
  readonly #search: Search
  readonly #options: LightForkOptions
  /** Blocks that have, or will have, a rival. */
  readonly #done = new Set<Hash>()
  readonly #rivals: { readonly parent: Hash; readonly id: Hash; readonly end: number }[] = []

  #next = 0

  constructor(world: World, share: number, options: LightForkOptions = {}) {
    this.#world = world
    this.#search = world.search('attacker', share)
    this.#options = options
  }

  onChange(): void {
    const world = this.#world
    const first = this.#pick()
    if (first === undefined || world.now < this.#next || !world.canBond(world.attacker)) {
      this.#search.stop()
      return
    }
    const { target, parent } = first.sealed.header
    this.#search.for(
      first.id,
      () => target,
      () => {
        this.#done.add(first.id)
        this.#next = world.now + 3_600 * (this.#options.everyHours ?? 0)
        const draft = world.make(world.attacker, parent, target, { taste: 'empty' })
        const start = Number(first.publishedAt)
        const at = start + Number(RULE.siblingSeconds) - MARGIN
        world.publish(draft, true, world.attacker, this.#options.last ? { at } : {})
        this.#rivals.push({ parent, id: draft.id, end: start + Number(RULE.raceSeconds) })
        this.onChange()
      },
    )
  }

  onHour(): void {
    this.onChange()
    if (!this.#options.nominate) return
    const { bridge, attacker, now } = this.#world
    for (const { parent, id, end } of this.#rivals.slice(-60)) {
      if (now > end || !this.#world.isOnBranch(parent, id)) continue
      const isLastHour = now > end - 3_600
      const slot = bridge.view.slots.get(parent)
      if (slot === undefined || (isLastHour && slot.block !== id)) this.#world.nominate(parent, id, attacker)
    }
  }

  /** The newest block of another miner that is an only child. */
  #pick(): BridgeBlock | undefined {
    const world = this.#world
    return world.branch().findLast(({ id, sealed, publishedAt }) => {
      const { parent } = sealed.header
      const isFree = !this.#done.has(id) && world.draft(id)?.miner !== world.attacker
      const isLate = world.now >= Number(publishedAt + RULE.siblingSeconds) - KEEPS
      const isOnly = world.isOpen(parent) && world.liveChildren(parent).length === 1
      return isFree && isOnly && (isLate || !this.#options.last)
    })
  }
}
