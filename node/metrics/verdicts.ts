// How many blocks were judged, and how long after their publication: found by looking at what is alive again and again.

import { Counter, Histogram, type Registry } from 'prom-client'
import type { Time } from '../protocol/units.ts'

export type Judged = {
  /** One that does not change. */
  readonly id: string
  readonly publishedAt: Time
  /** `unknown` if there is none yet. */
  readonly verdict: Verdict | 'unknown'
}
type Verdict = 'valid' | 'invalid' | 'doomed' | 'displaced'

const VERDICTS: readonly Verdict[] = ['valid', 'invalid', 'doomed', 'displaced']
/** From the time between two blocks of Ethereum to the day after which a wrong block could be final. */
const BUCKETS = [1, 5, 15, 30, 60, 120, 300, 900, 3_600, 14_400, 43_200, 86_400]

export class Verdicts {
  readonly #count: Counter<'verdict'>
  readonly #latency: Histogram
  #known: ReadonlySet<string> | undefined

  constructor(registry: Registry) {
    const registers = [registry]
    const labelNames = ['verdict'] as const
    this.#count = new Counter({
      name: 'ttx_verdicts_total',
      help: 'Blocks that this process has judged since it started',
      ...{ labelNames, registers },
    })
    for (const verdict of VERDICTS) this.#count.inc({ verdict }, 0)
    this.#latency = new Histogram({
      name: 'ttx_verdict_latency_seconds',
      help: 'From the publication of a block on Ethereum to its verdict here, by the clock of this machine, seconds',
      ...{ buckets: BUCKETS, registers },
    })
  }

  /**
   * All blocks that may still count. What has its verdict at the first look was judged before. `now` is unix milliseconds; without it the past is being
   * read, and how long ago something was published says nothing.
   */
  look(blocks: Iterable<Judged>, now?: number): void {
    const known = new Set<string>()
    for (const { id, publishedAt, verdict } of blocks) {
      if (verdict === 'unknown' || known.has(id)) continue
      known.add(id)
      if (this.#known === undefined || this.#known.has(id)) continue
      this.#count.inc({ verdict })
      // What was displaced was not replayed.
      if (now !== undefined && verdict !== 'displaced')
        this.#latency.observe(Math.max(0, now / 1_000 - Number(publishedAt)))
    }
    this.#known = known
  }
}
