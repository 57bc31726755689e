// Judges whatever lives, in the order of its urgency: for each of those who see it separately, so that one who makes blocks up, or has
// us ask without an answer, keeps us from nothing that others see.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../node/errors.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import type { Rounds } from '../../node/rounds.ts'
import type { Troubles } from '../../node/trouble.ts'
import type { Judge } from './judge.ts'
import type { Living } from './living.ts'
import type { Names } from './names.ts'
import { byUrgency, type Urgent } from './urgency.ts'
import type { Seer } from './view.ts'

export type DocketDeps = {
  readonly judge: Pick<Judge, 'verdictOn' | 'judge' | 'hold'>
  readonly names: Pick<Names, 'isOutdated'>
  readonly seers: readonly Seer[]
  readonly rounds?: Rounds | undefined
  readonly troubles: Troubles<string>
  /** Unix milliseconds. */
  readonly now: () => number
  /** Ends it. */
  readonly signal: AbortSignal
}

/** What cannot be judged is tried again after a pause that doubles each time. */
const FIRST_REST_MS = 500
const LONGEST_REST_MS = 60_000
/** From this pause on, after half a dozen seconds, nothing else waits for a verdict. */
const LATE_REST_MS = 8_000

type Rest = { readonly error: unknown; readonly untilMs: number; readonly ms: number }

export class Docket {
  readonly #deps: DocketDeps
  readonly #pollMs: number
  /** What cannot be judged at present. */
  readonly #rests = new Map<Hash, Rest>()

  constructor(deps: DocketDeps, pollMs: number) {
    this.#deps = deps
    this.#pollMs = pollMs
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    await Promise.all(this.#deps.seers.map((seer) => this.#runFor(seer)))
  }

  /** Forgets what nobody sees alive. */
  keep(ids: ReadonlySet<Hash>): void {
    for (const id of this.#rests.keys()) if (!ids.has(id)) this.#rests.delete(id)
  }

  /** Whether one of these has no verdict yet, and judging it has not failed for some seconds: what Ethereum shows, a node may have to read first. */
  isNew(ids: Iterable<Hash>): boolean {
    for (const id of ids) {
      if (this.#deps.judge.verdictOn(id) === undefined && (this.#rests.get(id)?.ms ?? 0) < LATE_REST_MS) return true
    }
    return false
  }

  async #runFor(seer: Seer): Promise<void> {
    const { signal, troubles } = this.#deps
    const turned = this.#deps.rounds?.open('judging', this.#pollMs)
    let tree: Living | undefined
    let order: readonly Urgent[] = []
    while (!signal.aborted) {
      const seen = seer.view?.tree
      if (seen !== undefined && seen !== tree) {
        tree = seen
        order = byUrgency(seen)
      }
      await troubles.try(`judging what ${seer.name} sees`, () => this.#judgeAll(seer, tree, order))
      turned?.()
      await delay(this.#pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Until there is something newer to be seen. Throws `OperationError('not-judged')` (retry), and a bug of ours that keeps us from a block. */
  async #judgeAll(seer: Seer, tree: Living | undefined, order: readonly Urgent[]): Promise<void> {
    const { judge, names, signal } = this.#deps
    if (tree === undefined) return
    await this.#try(tree.final, () => judge.hold(tree.final, signal))
    for (const { id } of order) {
      if (judge.verdictOn(id) !== undefined) continue
      await this.#try(id, async () => {
        const judgement = await judge.judge(id, signal)
        if (judgement.verdict === 'unknown') throw new OperationError('not-judged', judgement.why, { retry: true })
      })
      if (signal.aborted || seer.view?.tree !== tree) break
    }
    // The next view calls a block by its whole name once that is known.
    const resting = [tree.final, ...order.map(({ id }) => id)].filter(
      (id) => this.#rests.has(id) && !names.isOutdated(id),
    )
    const [first] = resting
    const error = first && this.#rests.get(first)?.error
    if (error instanceof OperationError) throw notJudged(first ?? tree.final, error.message, resting.length - 1)
    if (error !== undefined) throw error
  }

  /** Each on its own, whatever is wrong with it; unless that failed a moment ago. */
  async #try(id: Hash, work: () => Promise<void>): Promise<void> {
    const { now, signal } = this.#deps
    const rest = this.#rests.get(id)
    if (rest !== undefined && now() < rest.untilMs) return
    try {
      await work()
      this.#rests.delete(id)
    } catch (error) {
      if (signal.aborted) return
      const ms = Math.min(rest === undefined ? FIRST_REST_MS : 2 * rest.ms, LONGEST_REST_MS)
      this.#rests.set(id, { error, ms, untilMs: now() + ms })
    }
  }
}

function notJudged(block: Hash, why: string, others: number): OperationError {
  const more = others > 0 ? ` (and ${others} more)` : ''
  return new OperationError('not-judged', `block ${block}${more} cannot be judged now: ${why}; it is tried again`, {
    facts: { block, others },
    retry: true,
  })
}
