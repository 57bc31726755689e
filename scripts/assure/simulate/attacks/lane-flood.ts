// A flood of one lane: for some hours, so much is in front of each entry of others that it waits for two blocks at least.

import type { Lane } from '../../../../node/protocol/queue.ts'
import { LANE_SHARE } from '../../../../node/protocol/rules.ts'
import { HOUR } from '../world/assumptions.ts'
import type { Strategy, World } from '../world/world.ts'

/**
 * `pace`: refilled right after each block, which is the least that does it. `even`: the same number each hour, as many as blocks consume
 * in a world like this. `burst`: all at once, as many as blocks will consume.
 */
export type Manner = 'pace' | 'even' | 'burst'

export type FloodPlan = {
  readonly lane: Lane
  readonly manner: Manner
  /** From the start of the world on. */
  readonly fromHour: number
  readonly hours: number
  /** Blocks that all which waits in front of a new entry fills, at least. */
  readonly depth: number
}

/** Of the simulated world, a little above what it has; the next block is never far. */
const BLOCKS_AN_HOUR = 1.15

export class LaneFlood implements Strategy {
  readonly #world: World
  readonly #plan: FloodPlan
  readonly #from: number
  readonly #end: number

  constructor(world: World, plan: FloodPlan) {
    this.#world = world
    this.#plan = plan
    this.#from = world.start + plan.fromHour * HOUR
    this.#end = this.#from + plan.hours * HOUR
    world.clock.at(this.#from, () => this.#begin())
  }

  onChange(): void {
    const { now } = this.#world
    if (this.#plan.manner === 'pace' && now >= this.#from && now < this.#end) this.#refill()
  }

  #begin(): void {
    const { manner, hours, depth } = this.#plan
    if (manner === 'burst') this.#fill(LANE_SHARE * (depth + Math.ceil(hours * BLOCKS_AN_HOUR)))
    else this.#refill()
    if (manner !== 'even') return
    const world = this.#world
    const each = () => {
      if (world.now >= this.#end) return
      this.#fill(Math.ceil(LANE_SHARE * BLOCKS_AN_HOUR))
      world.clock.at(world.now + HOUR, each)
    }
    each()
  }

  #refill(): void {
    const { bridge } = this.#world
    const { lane, depth } = this.#plan
    const waiting = bridge.lanes[lane].entries.length - bridge.countsOf(this.#world.tip().id)[lane]
    this.#fill(depth * LANE_SHARE - waiting)
  }

  #fill(count: number): void {
    for (let i = 0; i < count; i++) this.#world.fill(this.#plan.lane, this.#world.attacker)
  }
}
