// A heavier branch of one's own beside what others published: for their fees, or to surprise all others at the last moment.

import type { BridgeBlock } from '../../../../node/bridge/view.ts'
import { feeOf } from '../../../../node/protocol/fee.ts'
import { targetFloor, workOf } from '../../../../node/protocol/target.ts'
import { RULE } from '../../models/race.ts'
import { weiOf } from '../world/content.ts'
import type { Draft } from '../world/draft.ts'
import type { Search } from '../world/search.ts'
import type { Strategy, World } from '../world/world.ts'

export type ForkOptions = {
  /** `ahead`: published as soon as it is heavier. `last`: its first block in the last minute of 12 hours, the rest in that of 22. */
  readonly release: 'ahead' | 'last'
  /** Beside any block, but only once in this many hours; what is left out: beside those with high fees. */
  readonly everyHours?: number
}

type Attempt = {
  readonly base: BridgeBlock
  readonly start: number
  readonly own: Draft[]
  /** How many of them are on Ethereum, or on their way. */
  sent: number
}

/** Seconds before a window closes. */
const MARGIN = 36
/** Gives up when it is this many blocks behind, each of the work of the one at the bottom. */
const HOPELESS = 4n
/** A block is worth it if its fees are this many times the usual ones. */
const RICH = 1.5

export class Fork implements Strategy {
  readonly #world: World
  readonly #search: Search
  readonly #options: ForkOptions
  #attempt: Attempt | undefined
  #lastBase = ''
  #next = 0
  /** Wei: the fees of blocks so far, on average. */
  #usual = 0

  constructor(world: World, share: number, options: ForkOptions) {
    this.#world = world
    this.#search = world.search('attacker', share)
    this.#options = options
  }

  onChange(): void {
    this.#attempt ??= this.#begin()
    const attempt = this.#attempt
    if (attempt === undefined) {
      this.#search.stop()
      return
    }
    if (this.#isHopeless(attempt)) {
      this.#end()
      this.#attempt = this.#begin()
      if (this.#attempt !== undefined) this.onChange()
      return
    }
    const top = attempt.own.at(-1)
    const target = top === undefined ? this.#firstTarget(attempt) : targetFloor(top.target)
    this.#search.for(
      `${top?.id ?? attempt.base.id}`,
      () => target,
      () => this.#found(attempt, target),
    )
  }

  #begin(): Attempt | undefined {
    const world = this.#world
    const tip = world.tip()
    const draft = world.draft(tip.id)
    if (draft === undefined || draft.miner === world.attacker || tip.id === this.#lastBase) return undefined
    this.#lastBase = tip.id
    const { parent } = tip.sealed.header
    const fees = Number(weiOf(draft.requests.reduce((sum, { amount }) => sum + feeOf(amount), 0n)))
    const isRich = fees > RICH * this.#usual
    this.#usual += (fees - this.#usual) / 20
    const { release, everyHours } = this.#options
    const isWanted = release === 'last' || (everyHours === undefined ? isRich : world.now > this.#next)
    if (!isWanted || world.liveChildren(parent).length > 1 || !world.canBond(world.attacker)) return undefined
    const attempt = { base: world.block(parent), start: Number(tip.publishedAt), own: [], sent: 0 }
    if (this.#options.release === 'last') this.#plan(attempt)
    return attempt
  }

  #plan(attempt: Attempt): void {
    const { clock } = this.#world
    clock.at(attempt.start + Number(RULE.siblingSeconds) - MARGIN, () => {
      if (this.#attempt !== attempt) return
      if (2n * ownWork(attempt) < this.#publicWork(attempt) || attempt.own.length === 0) {
        this.#end()
        return
      }
      this.#send(attempt, 1)
    })
    clock.at(attempt.start + Number(RULE.branchSeconds) - MARGIN, () => {
      if (this.#attempt !== attempt) return
      if (ownWork(attempt) > this.#publicWork(attempt)) this.#send(attempt, attempt.own.length)
      this.#end()
    })
  }

  #found(attempt: Attempt, target: bigint): void {
    const world = this.#world
    const parent = attempt.own.at(-1)?.id ?? attempt.base.id
    attempt.own.push(world.make(world.attacker, parent, target, { taste: 'all' }))
    if (this.#options.release === 'ahead' && ownWork(attempt) > this.#publicWork(attempt)) {
      this.#send(attempt, attempt.own.length)
      this.#next = world.now + 3_600 * (this.#options.everyHours ?? 0)
      this.#end()
    }
    this.onChange()
  }

  /** A rival has exactly the work of the first. */
  #firstTarget({ base }: Attempt): bigint {
    const [first] = this.#world.liveChildren(base.id)
    return first?.sealed.header.target ?? targetFloor(base.sealed.header.target)
  }

  /** In one block of Ethereum: each but the first states half of the target of the one below, so none is too easy for that. */
  #send(attempt: Attempt, count: number): void {
    const world = this.#world
    const at = world.now + 12
    for (; attempt.sent < count; attempt.sent++) {
      const draft = attempt.own[attempt.sent]
      if (draft) world.publish(draft, attempt.sent === 0, world.attacker, { at })
    }
  }

  #publicWork({ base }: Attempt): bigint {
    return this.#world.tip().work - base.work
  }

  #isHopeless(attempt: Attempt): boolean {
    const { base, start, own, sent } = attempt
    const world = this.#world
    const isLate = sent === 0 && world.now > start + Number(RULE.siblingSeconds) - MARGIN / 2
    if (isLate || !world.bridge.view.blocks.has(base.id)) return true
    if (this.#options.release === 'last') return false
    const unit = workOf(base.sealed.header.target)
    // Beside the newest block two blocks are enough, and luck has no memory.
    if (own.length === 0 && 10n * this.#publicWork(attempt) > 17n * unit) return true
    return this.#publicWork(attempt) > ownWork(attempt) + HOPELESS * unit
  }

  #end(): void {
    this.#attempt = undefined
    this.#search.stop()
  }
}

function ownWork({ own }: Attempt): bigint {
  return own.reduce((sum, { target }) => sum + workOf(target), 0n)
}
