// Wrong blocks that are being killed, each on its own, so that none waits for another.

import { OperationError } from '../../node/errors.ts'
import type { Refutation } from '../../node/ethereum/refute-call.ts'
import type { Endpoint } from '../../node/ethereum/sending/endpoint.ts'
import type { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { Logger } from '../../node/log.ts'
import { type Hash, type KeptId, keptIdOf } from '../../node/protocol/ids.ts'
import type { Troubles } from '../../node/trouble.ts'
import { within } from '../../node/within.ts'
import type { Case, Cases } from './cases.ts'
import { type Prepared, sendRefutation, tryRefutation } from './refuter.ts'
import { possibleTimes, restMs, type Vain } from './rest.ts'

export type PursuitDeps = {
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
  readonly cases: Cases
  readonly troubles: Troubles<string>
  /** A refutation is tried on all of them, and sent through all of them if one accepts it. */
  readonly endpoints: readonly Endpoint[]
  /** Without one refutations are tried only. */
  readonly sender?: TransactionSender
  /** Ends them all. */
  readonly signal: AbortSignal
}

export type PursuitOptions = {
  /** At a time: each has a transaction under way, and mempools accept this many of an account. Default 16. */
  readonly most?: number
  /** After this long one makes room for others, and goes on when it is handed in again. Default 180,000. */
  readonly turnMs?: number
  /** A refutation is tried for no longer on one endpoint. Default 10,000. */
  readonly answerMs?: number
}

type Memory = Vain & {
  /** Unix milliseconds. */
  readonly restsUntilMs: number
  /** Which endpoints differed when that was last reported. */
  readonly told?: string
}

const DEFAULTS = { most: 16, turnMs: 180_000, answerMs: 10_000 }
const NOTHING: Memory = { failures: 0, tries: 0, restsUntilMs: 0 }
/** What has not been handed in for this long since its rest was over is forgotten. */
const FORGOTTEN_MS = 3_600_000

export class Pursuits {
  readonly #deps: PursuitDeps
  readonly #options: Required<PursuitOptions>
  readonly #underWay = new Map<KeptId, Promise<void>>()
  readonly #memory = new Map<KeptId, Memory>()

  constructor(deps: PursuitDeps, options: PursuitOptions = {}) {
    this.#deps = deps
    this.#options = { ...DEFAULTS, ...options }
  }

  /** Places: how many may be under way. */
  get most(): number {
    return this.#options.most
  }

  get isFull(): boolean {
    return this.#underWay.size >= this.most
  }

  isUnderWay(block: Hash | KeptId): boolean {
    return this.#underWay.has(keptIdOf(block))
  }

  /**
   * Begins one, unless it is under way, rests after it came to nothing, or there is no room: then it is for the next look to hand it in again. So of those
   * that are handed in together the first come first, and one that rests takes no room. `prove` is called when its turn has come. What goes wrong is a
   * trouble of the task `block ID refutation`. Also for a block that was killed and lives in anyone's eyes: they are late, or lie, or
   * Ethereum was reorganised.
   */
  begin(opened: Case, prove: () => Promise<Refutation>): void {
    const kept = keptIdOf(opened.block)
    const isResting = this.#deps.now() < (this.#memory.get(kept)?.restsUntilMs ?? 0)
    if (isResting || this.isFull || this.#underWay.has(kept)) return
    const pursuit = this.#take(opened, prove).finally(() => this.#underWay.delete(kept))
    this.#underWay.set(kept, pursuit)
  }

  async ended(): Promise<void> {
    await Promise.all(this.#underWay.values())
  }

  /** A turn, which ends on its own, and the rest after it. */
  async #take(opened: Case, prove: () => Promise<Refutation>): Promise<void> {
    const { signal, troubles } = this.#deps
    const { block } = opened
    const turn = new AbortController()
    const timer = setTimeout(() => turn.abort(unfinished(block)), this.#options.turnMs)
    const paid = { nonces: 0 }
    // Killed before, and alive again in somebody's eyes: if it ends so again, nothing has come of it.
    const wasKilled = opened.state === 'killed'
    let error: unknown
    await troubles.try(`block ${block} refutation`, async () => {
      try {
        await this.#pursue(opened, prove, AbortSignal.any([signal, turn.signal]), () => paid.nonces++)
      } catch (thrown) {
        error = thrown
        throw thrown
      }
    })
    clearTimeout(timer)
    const isInVain = error !== undefined || wasKilled
    if (!isInVain) this.#memory.delete(keptIdOf(block))
    else if (!signal.aborted) await this.#rest(opened, error, paid.nonces > 0)
  }

  async #pursue(opened: Case, prove: () => Promise<Refutation>, signal: AbortSignal, onNonce: () => void) {
    const { block, problem, deadline } = opened
    const { sender, cases, endpoints } = this.#deps
    const refutation = await within(prove(), signal)
    const prepared = await within(tryRefutation(endpoints, block, refutation, this.#options.answerMs), signal)
    if (prepared === undefined) return cases.close({ block, problem, deadline, by: 'others' })
    this.#tellDoubts(block, prepared)
    const { call, gas, reward } = prepared
    cases.change(block, { state: 'open' })
    if (sender === undefined) return this.#tell(block, prepared)
    const kill = await sendRefutation(sender, block, call, { signal, deadline, endpoints, onNonce })
    if (kill.by === 'others') return cases.close({ block, problem, deadline, by: 'others', gas })
    const { hash: transaction, gasUsed } = kill.receipt
    cases.close({ block, problem, deadline, by: 'us', gas: gasUsed, reward, transaction })
  }

  /** What was signed and has not killed the block has cost gas, or will. */
  async #rest({ block, deadline }: Case, error: unknown, isPaid: boolean): Promise<void> {
    const { endpoints, now, cases, signal } = this.#deps
    const known = this.#memory.get(keptIdOf(block)) ?? NOTHING
    const isFailure = isPaid || (error instanceof OperationError && error.code === 'refutation-failed')
    const vain = isFailure
      ? { failures: known.failures + 1, tries: 0 }
      : { failures: known.failures, tries: known.tries + 1 }
    if (isFailure) cases.change(block, { failures: vain.failures })
    const times = await possibleTimes(endpoints, now(), signal)
    const left = times.map((time) => Number(deadline) - time)
    this.#memory.set(keptIdOf(block), { ...known, ...vain, restsUntilMs: now() + restMs(vain, left) })
    for (const [other, { restsUntilMs }] of this.#memory) {
      if (restsUntilMs + FORGOTTEN_MS < now()) this.#memory.delete(other)
    }
  }

  /** Once for each way in which they differ. */
  #tellDoubts(block: Hash, { accepts, doubts }: Prepared): void {
    const told = doubts.map(({ endpoint, code }) => `${endpoint}: ${code}`).join(', ')
    const known = this.#memory.get(keptIdOf(block)) ?? NOTHING
    if (told === (known.told ?? '')) return
    this.#memory.set(keptIdOf(block), { ...known, told })
    this.#deps.log.warn({ block, accepts, doubts }, 'endpoints differ about a refutation: one is enough to go on')
  }

  /** What a dry run would have sent. */
  #tell(block: Hash, { call, gas, reward }: Prepared): void {
    const { cases, log } = this.#deps
    cases.change(block, { state: 'tried', gas, reward })
    const facts = { block, gas: `${gas}`, gasLimit: `${call.gas}`, reward: `${reward}`, data: call.data }
    log.warn(facts, 'dry run: this refutation would kill the block; nothing was sent')
  }
}

function unfinished(block: Hash): OperationError {
  return new OperationError(
    'refutation-unfinished',
    `expected the refutation of block ${block} to come to an end sooner; it makes room for others, and goes on in a moment`,
    { facts: { block }, retry: true },
  )
}
