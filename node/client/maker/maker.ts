// A market maker along x·y = k: looks at the node, plans the ladder, makes it so. It keeps nothing but the book of offers: all else is the node's word.

import type { Infohash } from '../../protocol/ids.ts'
import type { Offer } from '../../protocol/offer.ts'
import { carryOut, type Done, type Hands } from './carry-out.ts'
import { type LadderOptions, type Plan, planLadder, type Side } from './ladder.ts'
import type { Market } from './market.ts'
import { isFunding, type Report, reportOf } from './report.ts'
import { Eye, type Sight } from './sight.ts'

/** An offer that anybody may take now. */
export type Shown = { readonly id: Infohash; readonly side: Side; readonly offer: Offer }

export type MakerDeps = Hands & {
  /** Says to the world which offers there are, and that all others are not. */
  readonly show: (offers: readonly Shown[]) => Promise<void>
  /** Does it while nothing else pays from either wallet. */
  readonly alone: <T>(act: () => Promise<T>) => Promise<T>
}

export type Round = { readonly plan: Plan; readonly done: Done; readonly report: Report }

const NOTHING: Done = { made: 0, withdrawn: 0, problems: [] }

/** One at a time to a shop: two would offer the same outputs. */
export class Maker {
  readonly #deps: MakerDeps
  readonly #market: Market
  readonly #options: LadderOptions
  readonly #eye: Eye

  constructor(deps: MakerDeps, market: Market, options: LadderOptions) {
    this.#deps = deps
    this.#market = market
    this.#options = options
    this.#eye = new Eye(deps.node, deps.book, market)
  }

  /** Undefined if nothing has changed since the last one that left nothing to do. Throws what node, book and `show` throw. */
  async round(signal?: AbortSignal): Promise<Round | undefined> {
    const sight = await this.#eye.look(signal)
    if (sight === undefined) return undefined
    return await this.#carryOut(sight, this.#planOf(sight), signal)
  }

  /** What the next round would do, and nothing is done. */
  async draft(signal?: AbortSignal): Promise<Omit<Round, 'done'>> {
    this.#eye.forget()
    const sight = await this.#eye.look(signal)
    if (sight === undefined) throw new RangeError('what was forgotten is looked at')
    return { plan: this.#planOf(sight), report: reportOf(sight, this.#options.fee) }
  }

  /** Withdraws all rungs, and takes all back that a block has ordered. */
  async withdrawAll(signal?: AbortSignal): Promise<Round> {
    this.#eye.forget()
    const sight = await this.#eye.look(signal)
    if (sight === undefined) throw new RangeError('what was forgotten is looked at')
    const withdrawn = sight.standing.filter(({ isTaken }) => !isTaken)
    const swept = sight.free.filter(({ isSettled }) => isSettled)
    return await this.#carryOut(sight, { kept: [], made: [], withdrawn, swept }, signal)
  }

  #planOf(sight: Sight): Plan {
    const { inventory, standing, free } = sight
    const plan = planLadder(inventory, standing, free, this.#options)
    return isFunding(sight, this.#options.fee) ? { ...plan, made: [] } : plan
  }

  async #carryOut(sight: Sight, plan: Plan, signal?: AbortSignal): Promise<Round> {
    const { inventory } = sight
    try {
      const leaving = new Set(plan.withdrawn.map(({ id }) => id))
      const withdrawn = sight.mine.flatMap(({ booked }) => (leaving.has(booked.id) ? [booked] : []))
      await this.#deps.show(shownOf(sight).filter(({ id }) => !leaving.has(id)))
      if (plan.made.length + plan.withdrawn.length + plan.swept.length === 0)
        return { plan, done: NOTHING, report: reportOf(sight, this.#options.fee) }
      this.#eye.forget()
      const pricedFrom = { ...inventory, fee: this.#options.fee }
      const done = await this.#deps.alone(() =>
        carryOut(this.#deps, this.#market, { ...plan, withdrawn }, pricedFrom, signal),
      )
      return { plan, done, report: reportOf(sight, this.#options.fee) }
    } catch (error) {
      this.#eye.forget()
      throw error
    }
  }
}

function shownOf({ mine }: Sight): Shown[] {
  return mine.flatMap(({ booked: { id, offer }, side, fate }) =>
    fate.state === 'open' || fate.state === 'hanging' ? [{ id, side, offer }] : [],
  )
}
