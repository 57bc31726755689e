// What the watcher knows of each wrong block, reported once whenever it changes.

import type { Logger } from '../../node/log.ts'
import { type Hash, type KeptId, keptIdOf } from '../../node/protocol/ids.ts'
import type { Time, Wei } from '../../node/protocol/units.ts'

/**
 * `open`: wrong, and alive, as far as is known here. `tried`: a dry run would have killed it. `killed`: refuted, `by` whom (`others`
 * also where it was an earlier run of this watcher). `doubtful`: the node calls it wrong and our own replay does not, so nothing is done.
 */
export type Case = {
  readonly block: Hash
  readonly state: 'open' | 'tried' | 'killed' | 'doubtful'
  readonly problem: string
  /** Before this it cannot become final. */
  readonly deadline: Time
  readonly by?: 'us' | 'others'
  /** Units that the refutation used, or would use. */
  readonly gas?: bigint
  /** What it earns. */
  readonly reward?: Wei
  readonly transaction?: Hash
  /** Transactions of ours that had no effect. */
  readonly failures?: number
}

/** This many are kept after their death. */
const KILLED = 256

/** The last date that there is, unix milliseconds (ECMA-262). */
const LAST_MS = 8.64e15

export class Cases {
  readonly #log: Logger
  readonly #onKilled: (dead: Case) => void
  /** A block is one case, whatever it is called by those who see it. */
  readonly #cases = new Map<KeptId, Case>()
  /** Closed on somebody's word that they are dead, and seen alive by nobody yet. */
  readonly #hearsay = new Set<KeptId>()

  constructor(log: Logger, onKilled: (dead: Case) => void = () => undefined) {
    this.#log = log
    this.#onKilled = onKilled
  }

  /** Whether this would be news: no case, or one that was closed before anyone here saw the block alive. */
  isNew(block: Hash): boolean {
    return this.get(block) === undefined || this.#hearsay.has(keptIdOf(block))
  }

  all(): readonly Case[] {
    return [...this.#cases.values()]
  }

  get(block: Hash): Case | undefined {
    return this.#cases.get(keptIdOf(block))
  }

  /**
   * Begins a case, unless there is one; then the earlier of the two deadlines counts. `advice` and `loss`, who would have lost what, are
   * for the reader of the alarm.
   */
  open(block: Hash, problem: string, deadline: Time, advice: string, loss?: string): Case {
    const known = this.get(block)
    if (known !== undefined && !this.#hearsay.delete(keptIdOf(block))) {
      if (deadline < known.deadline) this.change(block, { deadline })
      return this.get(block) ?? known
    }
    const next = { block, problem, deadline, state: 'open' } as const
    this.#cases.set(keptIdOf(block), next)
    const canBeFinalAt = dateOf(deadline)
    this.#log.error(
      { block, problem, ...(loss === undefined ? {} : { loss }), canBeFinalAt },
      `a block on Ethereum is WRONG${advice}`,
    )
    return next
  }

  change(block: Hash, change: Partial<Case>): void {
    const known = this.get(block)
    if (known !== undefined) this.#cases.set(keptIdOf(block), { ...known, ...change })
  }

  /** It is dead; who killed it is kept, however often it is looked at afterwards. */
  close(kill: Pick<Case, 'block' | 'problem' | 'deadline'> & Partial<Case> & { readonly by: 'us' | 'others' }): void {
    const known = this.get(kill.block)
    if (known?.state === 'killed') return
    const { by, gas, transaction } = kill
    const block = known?.block ?? kill.block
    const dead: Case = { ...known, ...kill, block, state: 'killed' }
    this.#cases.set(keptIdOf(block), dead)
    const facts = { block, ...(gas === undefined ? {} : { gas: `${gas}` }), ...(transaction ? { transaction } : {}) }
    // Of one that was dead when we first looked at it, nobody knows who it was: perhaps we, before a restart.
    if (known === undefined && by === 'others') this.#hearsay.add(keptIdOf(block))
    if (known === undefined && by === 'others') this.#log.info(facts, 'a wrong block was killed before we looked at it')
    else {
      this.#log.warn(facts, by === 'us' ? 'killed a wrong block' : 'a wrong block was killed by somebody else')
      this.#onKilled(dead)
    }
  }

  /** Forgets all others, but for the last ones that were killed: they are below the final block, or a reorganisation took them. */
  keep(isKept: (block: Hash) => boolean): void {
    const killed = [...this.#cases.values()].filter(({ block, state }) => state === 'killed' && !isKept(block))
    const last = new Set(killed.slice(-KILLED).map(({ block }) => block))
    for (const [kept, { block }] of this.#cases)
      if (!isKept(block) && !last.has(block)) {
        this.#cases.delete(kept)
        this.#hearsay.delete(kept)
      }
  }
}

/** ISO 8601. Whatever an endpoint says: dates end somewhere. */
export function dateOf(moment: Time): string {
  return new Date(Math.min(1_000 * Number(moment), LAST_MS)).toISOString()
}
