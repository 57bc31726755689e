// A miner as the product has it: builds on the preferred branch, publishes what is worth it, defends its own blocks, and is a rival only beside wrong ones.

import type { Hash } from '../../../../node/protocol/ids.ts'
import type { Account } from './account.ts'
import { ASSUMED } from './assumptions.ts'
import { isWorthIt, type Taste } from './content.ts'
import { type Danger, dangerTo } from './danger.ts'
import type { Draft } from './draft.ts'
import type { Search } from './search.ts'
import type { Strategy, World } from './world.ts'

/** What may differ from the product's miner. */
export type Habits = {
  readonly taste?: Taste
  /** The target that it states, given the easiest that is allowed and the parent's. */
  readonly targetOf?: (ceiling: bigint, parent: bigint) => bigint
  /** Whether it works at all at this time; looked at every hour. */
  readonly isAwake?: (time: number) => boolean
  /** Told of each of its own blocks when it is on Ethereum, or was refused. */
  readonly done?: (draft: Draft) => void
}

export class Miner implements Strategy {
  readonly #world: World
  readonly #account: Account
  readonly #search: Search
  readonly #habits: Habits
  readonly #hashRate: number
  /** Its own blocks that defend others, each with the first block of its race. */
  readonly #defences = new Map<Hash, Hash>()
  #isPublishing = false
  #isResting = false

  constructor(world: World, account: Account, share: number, habits: Habits = {}) {
    this.#world = world
    this.#account = account
    this.#search = world.search(account.name, share)
    this.#habits = habits
    this.#hashRate = share * ASSUMED.hashRate
  }

  onChange(): void {
    if (!this.#isPublishing) this.#go()
  }

  onHour(): void {
    if (this.#habits.isAwake !== undefined) this.onChange()
  }

  stop(): void {
    this.#search.stop()
  }

  #go(): void {
    const { taste = 'all', targetOf, isAwake } = this.#habits
    const world = this.#world
    const tip = world.tip()
    const [first] = world.liveChildren(tip.id)
    const danger = taste === 'all' ? dangerTo(world, this.#account, this.#hashRate, this.#defences) : undefined
    if (danger !== undefined && isAwake?.(world.now) !== false && !(danger.on === tip.id && this.#isWorthIt(tip.id))) {
      this.#search.for(danger.key, danger.targetAt, (target) => this.#defend(danger, target))
      return
    }
    if ((first !== undefined && !world.isOpen(tip.id)) || isAwake?.(world.now) === false) {
      this.#search.stop()
      return
    }
    const key = `${tip.id} ${first?.id} ${targetOf?.(tip.sealed.header.target, tip.sealed.header.target)}`
    if (this.#search.key === key) return
    if (taste === 'all' && !this.#isWorthIt(tip.id)) {
      this.#rest()
      return
    }
    const ceiling = world.ceilingOf(tip)
    const free = (time: number) => targetOf?.(ceiling(time), tip.sealed.header.target) ?? ceiling(time)
    const own = first === undefined ? free : ceiling
    this.#search.for(key, own, (target) => this.#publish(tip.id, target, first !== undefined, taste))
  }

  #isWorthIt(parent: Hash): boolean {
    const { prices, now } = this.#world
    return isWorthIt(this.#world.content(parent, 'all'), prices, now)
  }

  /** Where the race is over by now, or somebody else was there first, the block is for nothing. */
  #defend({ on, first, key }: Danger, target: bigint): void {
    if (dangerTo(this.#world, this.#account, this.#hashRate, this.#defences)?.key !== key) {
      this.#go()
      return
    }
    const draft = this.#world.make(this.#account, on, target, { taste: 'empty' })
    this.#defences.set(draft.id, first)
    this.#send(draft, false)
  }

  #publish(parent: Hash, target: bigint, rival: boolean, taste: Taste): void {
    this.#send(this.#world.make(this.#account, parent, target, { taste }), rival)
  }

  #send(draft: Draft, rival: boolean): void {
    this.#isPublishing = true
    this.#world.publish(draft, rival, this.#account, {}, () => {
      this.#isPublishing = false
      this.#habits.done?.(draft)
      this.#go()
    })
  }

  #rest(): void {
    this.#search.stop()
    if (this.#isResting) return
    this.#isResting = true
    this.#world.clock.at(this.#world.now + ASSUMED.idleSeconds, () => {
      this.#isResting = false
      this.onChange()
    })
  }
}
