// Selfish mining: finds are kept back, and put in front of the publication of anyone who finds one too, as the mempool shows it.

import { LANES } from '../../../../node/protocol/queue.ts'
import { QUEUE_GRACE } from '../../../../node/protocol/rules.ts'
import { targetFloor } from '../../../../node/protocol/target.ts'
import type { Draft, LaneCounts } from '../world/draft.ts'
import type { Search } from '../world/search.ts'
import type { Pending, Strategy, World } from '../world/world.ts'

export type SelfishOptions = {
  /** The part of publications that it sees in time. */
  readonly sees: number
  /** Twice the work in blocks on hidden ones, so that they are allowed at any time, not only an hour later. */
  readonly hard?: boolean
}

/** At most this many blocks are kept back. */
const HOARD = 3
/** How often it looks whether the queue will make its block worthless, seconds. */
const LOOK_SECONDS = 300

export class Selfish implements Strategy {
  readonly #world: World
  readonly #search: Search
  readonly #options: SelfishOptions
  #hidden: Draft[] = []
  #count = 0

  constructor(world: World, share: number, options: SelfishOptions) {
    this.#world = world
    this.#search = world.search('attacker', share)
    this.#options = options
    const look = () => {
      this.#saveFromQueue()
      world.clock.at(world.now + LOOK_SECONDS, look)
    }
    world.clock.at(world.now + LOOK_SECONDS, look)
  }

  onChange(): void {
    const world = this.#world
    const tip = world.tip()
    const [next] = this.#hidden
    if (next !== undefined && next.parent !== tip.id && !world.bridge.drafts.has(next.id)) this.#hidden = []
    const top = this.#hidden.at(-1)
    if (this.#hidden.length >= HOARD || !world.canBond(world.attacker)) {
      this.#search.stop()
      return
    }
    if (top === undefined && world.liveChildren(tip.id).length > 0) {
      this.#search.stop()
      return
    }
    // On a hidden block: what will be allowed an hour after that one's publication, or at once.
    const hidden = top && (this.#options.hard ? targetFloor(top.target) : top.target)
    const targetAt = hidden === undefined ? world.ceilingOf(tip) : () => hidden
    this.#search.for(top?.id ?? tip.id, targetAt, (target) => {
      const parent = top?.id ?? tip.id
      this.#hidden.push(world.make(world.attacker, parent, target, { taste: 'all' }))
      this.onChange()
    })
  }

  onPending({ kind, draft, at }: Pending): void {
    this.#count += 1
    // A fixed part of them, spread evenly.
    const isSeen = Math.floor(this.#count * this.#options.sees) > Math.floor((this.#count - 1) * this.#options.sees)
    const [next] = this.#hidden
    if (kind !== 'publish' || !isSeen || next === undefined || next.parent !== draft.parent) return
    if (next.target <= this.#world.ceilingOf(this.#world.block(next.parent))(at)) this.#send(at)
  }

  /** An entry that has waited for an hour has to be in the block: what is older than that is worthless. */
  #saveFromQueue(): void {
    const [next] = this.#hidden
    const entry = next && this.#oldestBeyond(next.counts)
    if (next === undefined || entry === undefined || next.parent !== this.#world.tip().id) return
    if (this.#world.now > entry + Number(QUEUE_GRACE) - 2 * LOOK_SECONDS) {
      const at = this.#world.now + 24
      if (next.target <= this.#world.ceilingOf(this.#world.block(next.parent))(at)) this.#send(at)
    }
  }

  /** Since when the first entry waits that a block leaves out. */
  #oldestBeyond(counts: LaneCounts): number | undefined {
    const times = LANES.flatMap((name) => this.#world.bridge.lanes[name].entries[counts[name]]?.time ?? [])
    return times.length > 0 ? Math.min(...times) : undefined
  }

  #send(at: number): void {
    const world = this.#world
    const draft = this.#hidden.shift()
    if (draft === undefined) return
    world.publish(draft, false, world.attacker, { at, ahead: true }, () => {
      if (!world.bridge.drafts.has(draft.id)) this.#hidden = []
      this.onChange()
    })
  }
}
