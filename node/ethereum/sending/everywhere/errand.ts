// Sends one call on the word of any endpoint, through all of them, and stays with it until those that answer agree that it is over.
// Each is dealt with as if it alone said the truth: so whichever does gets what it needs, and a lie costs an attempt at most. Long: one lifetime.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../errors.ts'
import type { Logger } from '../../../log.ts'
import type { Address } from '../../../protocol/ids.ts'
import { type Time, toTime } from '../../../protocol/units.ts'
import { within } from '../../../within.ts'
import type { BridgeCall } from '../../calls.ts'
import type { Attempt } from '../attempt.ts'
import type { Endpoint } from '../endpoint.ts'
import { capAt, type Fees, patienceAt } from '../fees.ts'
import type { Line } from '../line.ts'
import type { Outbox } from '../outbox.ts'
import type { Tended } from '../pending-call.ts'
import type { SenderOptions } from '../sender-options.ts'
import { type Choice, chooseNonce } from './choice.ts'
import { Deliveries } from './deliveries.ts'
import { type Ending, endingOf, isFinished } from './ending.ts'
import type { Glances } from './glances.ts'
import { type Phase, phaseOf } from './phase.ts'
import { dearer, firstPrice, nextPrice, type Purse } from './prices.ts'
import type { View } from './view.ts'
import { Views } from './views.ts'

export type Errand = {
  readonly call: BridgeCall
  /** Each separately, as of `apart`. */
  readonly endpoints: readonly Endpoint[]
  /** Whether what the call is for has come about, as this endpoint says. */
  readonly isOver: (endpoint: Endpoint) => Promise<boolean>
  /** By when it has to be in a block. */
  readonly deadline?: Time
  /** Told whenever an attempt uses a nonce: if it has no effect, it costs its gas. */
  readonly onNonce?: () => void
  readonly signal?: AbortSignal
}

export type RunnerDeps = {
  readonly line: Line
  /** Where what is signed is kept: a later run goes on with it. */
  readonly outbox: Outbox
  readonly account: Address
  readonly log: Logger
  readonly now: () => number
  readonly glances: Glances
  /** Told what is in the way; what was signed is stayed with. */
  readonly onTrouble: (error: OperationError) => void
  readonly options: Required<SenderOptions>
}

type Seen = { readonly view: View; readonly phase: Phase }

/** Attempts of earlier runs that are looked after, the newest ones. */
const REMEMBERED = 32
/** Nonces that are used in one run for the sake of one endpoint, at most: one that names another each time gets no more. */
const MOST_GIVEN = 2

export class ErrandRunner implements Tended {
  readonly isEverywhere = true
  readonly call: BridgeCall
  readonly attempts: Attempt[]
  readonly deadline: Time | undefined
  readonly #errand: Errand
  readonly #deps: RunnerDeps
  readonly #ended = Promise.withResolvers<Ending>()
  readonly #over = new AbortController()
  readonly #views: Views
  readonly #deliveries: Deliveries
  /** How many nonces were used in this run because an endpoint lacked one; keys are ids. */
  readonly #given = new Map<string, number>()
  #deciding: Promise<void> = Promise.resolve()
  #finishingSinceMs: number | undefined

  constructor(errand: Errand, deps: RunnerDeps) {
    this.#errand = errand
    this.#deps = deps
    this.call = errand.call
    this.deadline = errand.deadline
    this.#deliveries = new Deliveries(deps.log, deps.options.answerMs, this.#over.signal)
    this.attempts = [...(deps.outbox.find(errand.call)?.attempts ?? [])].slice(-REMEMBERED)
    this.#views = new Views({
      ...{ endpoints: errand.endpoints, isOver: errand.isOver, glances: deps.glances, now: deps.now },
      ...{ answerMs: deps.options.answerMs, signal: this.#over.signal },
      earlier: new Set(this.attempts.map(({ hash }) => hash)),
    })
  }

  /**
   * Throws the reason of `signal`, and before anything is signed `unfunded-account` and `write-failed`. What is signed stays sent, and the next
   * run goes on with it.
   */
  async run(): Promise<Ending> {
    const { line, log } = this.#deps
    const { call, endpoints, signal } = this.#errand
    signal?.throwIfAborted()
    line.underWay.add(this)
    const [last] = this.attempts.toReversed()
    if (last !== undefined) {
      log.info({ call: call.name, hash: last.hash }, 'going on with a transaction that was signed before')
    }
    try {
      for (const endpoint of endpoints) {
        this.#follow(endpoint).catch((error: unknown) => {
          if (!this.#over.signal.aborted) this.#ended.reject(error)
        })
      }
      return await (signal === undefined ? this.#ended.promise : within(this.#ended.promise, signal))
    } finally {
      this.#over.abort()
      line.underWay.delete(this)
    }
  }

  /** At a pace of its own: none waits for another. */
  async #follow(endpoint: Endpoint): Promise<void> {
    const { options, onTrouble } = this.#deps
    const { signal } = this.#over
    while (!signal.aborted) {
      const silence = await this.#views.learn(endpoint, [...this.attempts])
      signal.throwIfAborted()
      if (silence !== undefined) onTrouble(silence)
      this.#deciding = this.#deciding.then(() => this.#decide())
      await this.#deciding
      await this.#handOver(endpoint)
      await delay(options.pollMs, undefined, { signal })
    }
  }

  async #decide(): Promise<void> {
    const { options, onTrouble } = this.#deps
    // The first word is not the only one.
    if (this.#over.signal.aborted || !this.#views.isEnough(Math.min(options.stuckMs / 10, 2_000))) return
    try {
      if (!(await this.#finish(this.#seen()))) await this.#send(this.#seen())
    } catch (error) {
      if (!(error instanceof OperationError) || this.attempts.length === 0) throw error
      onTrouble(error)
    }
  }

  #phaseAt(view: View): Phase {
    const { endpoint } = view
    return phaseOf(view, {
      attempts: this.attempts,
      confirmations: this.#deps.options.confirmations,
      isSpent: (hash) => this.#views.isSpent(endpoint, hash),
      isCrowdedOut: (hash) => this.#deliveries.answer(endpoint, hash) === 'nonce-taken',
      isStuck: (attempt) => this.#isStuck(attempt, view),
      held: this.#deps.line.held(),
      heldEverywhere: this.#deps.line.held(true),
    })
  }

  #seen(): readonly Seen[] {
    return this.#views.all().map((view) => ({ view, phase: this.#phaseAt(view) }))
  }

  async #send(seen: readonly Seen[]): Promise<void> {
    const bare = seen.flatMap(({ view, phase }) => {
      const given = this.#given.get(view.endpoint.id) ?? 0
      return phase.state === 'bare' && given < MOST_GIVEN ? [{ view, next: phase.next, given }] : []
    })
    const choice = chooseNonce(bare)
    if (choice !== undefined && this.#mayTakeNonce(seen)) return await this.#take(choice)
    for (const { view, phase } of seen) {
      if (phase.state === 'pending' && (await this.#improve(view, phase.attempt))) return
    }
  }

  // ------------------------------------------------------------------------------------------------------- the end of it

  /** Whether there is nothing else to send. */
  async #finish(seen: readonly Seen[]): Promise<boolean> {
    const { now, options, outbox } = this.#deps
    const phases = seen.map(({ phase }) => phase)
    if (phases.some(isFinished)) this.#finishingSinceMs ??= now()
    else this.#finishingSinceMs = undefined
    const passedMs = now() - (this.#finishingSinceMs ?? now())
    const isComplete = seen.length === this.#errand.endpoints.length
    const ending = endingOf(phases, {
      isHeard: isComplete || passedMs >= options.answerMs,
      isLate: passedMs >= Math.min(options.stuckMs / 2, 30_000),
    })
    if (ending === undefined) return false
    // While one of them is silent, what is out there may be needed yet.
    if (ending.status === 'over' && isComplete && passedMs < options.stuckMs && (await this.#cancel(seen))) return true
    const numbers = seen.map(({ view }) => view.head.number).toSorted((a, b) => (a < b ? -1 : 1))
    if (ending.status !== 'disputed') await outbox.settle(this.#errand.call, numbers[0] ?? 0n)
    this.#ended.resolve(ending)
    return true
  }

  /** Where all agree, what may still get into a block is replaced by nothing, which is cheaper. Returns whether that is under way. */
  async #cancel(seen: readonly Seen[]): Promise<boolean> {
    const isOpen = ({ nonce }: Attempt) => seen.some(({ view }) => view.latest <= nonce && view.known.has(nonce))
    const last = [...new Map(this.attempts.filter(isOpen).map((attempt) => [attempt.nonce, attempt])).values()]
    const costly = last.filter(({ isCancel }) => !isCancel)
    for (const { nonce, fees } of costly) await this.#sign(nonce, dearer(fees), true)
    if (costly.length > 0) return true
    return last.length > 0 && !seen.some(({ view }) => view.receipts.size > 0)
  }

  // ---------------------------------------------------------------------------------------------------- what is signed

  /**
   * Two nonces could count both. So those that could get nothing in wait a while for the fate of what the others have; and once it has come to its end
   * as one of them says, another is signed in a later run at the earliest, which is after a pause.
   */
  #mayTakeNonce(seen: readonly Seen[]): boolean {
    const { now, options } = this.#deps
    const last = this.attempts.at(-1)
    if (last === undefined) return true
    if (seen.some(({ phase }) => isFinished(phase))) return this.#given.size === 0
    const isRefused = (endpoint: Endpoint) => this.#deliveries.answer(endpoint, last.hash) === 'nonce-taken'
    if (this.#errand.endpoints.every(isRefused)) return true
    return now() - last.sentMs >= Math.min(options.stuckMs / 4, 15_000)
  }

  async #take({ nonce, views }: Choice): Promise<void> {
    const { line, account } = this.#deps
    // The first offer is for all of them; what comes later is for those that lack one.
    const asked = this.attempts.length === 0 ? this.#views.all() : views
    const fees = firstPrice(asked, this.#purse(asked))
    if (fees === undefined) throw unfunded(account, this.#errand.call, asked)
    line.reserve(nonce)
    try {
      for (const { endpoint } of views) this.#given.set(endpoint.id, (this.#given.get(endpoint.id) ?? 0) + 1)
      this.#errand.onNonce?.()
      await this.#sign(nonce, fees, false)
    } finally {
      line.giveBack(nonce)
    }
  }

  /** Replaces an attempt that cannot get in, or has waited long enough, by what is right by the endpoint's own answers. */
  async #improve(view: View, attempt: Attempt): Promise<boolean> {
    if (attempt.isCancel || !this.#isStuck(attempt, view)) return false
    const { endpoint, known } = view
    const old = known.get(attempt.nonce)?.fees
    const fees = nextPrice(view, this.#views.all(), old, this.#purse([view]))
    if (fees === undefined) {
      this.#deps.onTrouble(tooDear(this.#errand.call.name, endpoint.name))
      return false
    }
    if (this.attempts.some((other) => other.nonce === attempt.nonce && isSame(other.fees, fees))) return false
    await this.#sign(attempt.nonce, fees, false)
    return true
  }

  /** Whether an attempt has been out for longer than an endpoint has a reason to leave it where it is. */
  #isStuck(attempt: Attempt, { endpoint, head, known }: View): boolean {
    const { now, options } = this.#deps
    const patience = patienceAt(options.stuckMs, head.time, this.deadline)
    const isRefused = !known.has(attempt.nonce) && this.#deliveries.answer(endpoint, attempt.hash) === 'refused'
    const isTooCheap = attempt.fees.maxFeePerGas < head.baseFee
    const longest = isRefused || isTooCheap ? Math.min(options.stuckMs / 5, 12_000) : patience
    return now() - attempt.sentMs >= Math.min(patience, longest)
  }

  async #sign(nonce: number, fees: Fees, isCancel: boolean): Promise<void> {
    const { line, outbox, log } = this.#deps
    const { call, endpoints } = this.#errand
    const attempt = await line.sign(
      { call, isCancel, nonce, fees },
      { onAttempt: (signed) => outbox.add(call, signed) },
    )
    this.attempts.push(attempt)
    const facts = { call: call.name, hash: attempt.hash, nonce, maxFeePerGas: `${fees.maxFeePerGas}` }
    log.info(facts, isCancel ? 'cancelling what is over without it' : 'signed an attempt for all endpoints')
    for (const endpoint of endpoints) void this.#deliveries.hand(endpoint, attempt)
  }

  // -------------------------------------------------------------------------------------------------- what is handed over

  /** What an endpoint lacks of it, and of what is before it in the account's line. */
  async #handOver(endpoint: Endpoint): Promise<void> {
    const view = this.#views.of(endpoint)
    const newest = new Map(this.attempts.map((attempt) => [attempt.nonce, attempt]))
    for (const attempt of newest.values()) {
      if (this.#over.signal.aborted) return
      if (view === undefined) {
        if (this.#deliveries.answer(endpoint, attempt.hash) === 'taken') continue
      } else {
        if (attempt.nonce < view.latest || view.known.get(attempt.nonce)?.hash === attempt.hash) continue
        const before = this.#deps.line.between(view.pending, attempt.nonce)
        for (const other of before) await this.#deliveries.hand(endpoint, other)
      }
      await this.#deliveries.hand(endpoint, attempt)
    }
  }

  #purse(views: readonly View[]): Purse {
    const { gas, bondGas } = this.#errand.call
    const times = views.map(({ head }) => head.time).toSorted((a, b) => (a > b ? -1 : 1))
    return { units: gas + bondGas, cap: capAt(this.#deps.options.maxFeePerGas, times[0] ?? toTime(0n), this.deadline) }
  }
}

function isSame(a: Fees, b: Fees): boolean {
  return a.maxFeePerGas === b.maxFeePerGas && a.maxPriorityFeePerGas === b.maxPriorityFeePerGas
}

function unfunded(account: Address, { name, gas }: BridgeCall, views: readonly View[]): OperationError {
  const balances = views.flatMap(({ balance }) => balance ?? []).toSorted((a, b) => (a > b ? -1 : 1))
  return new OperationError(
    'unfunded-account',
    `expected enough at ${account} for ${gas} units of gas of ${name}, got ${balances[0] ?? 0n} wei; send coins to it`,
    { facts: { call: name, account, balance: `${balances[0] ?? 0n}` } },
  )
}

function tooDear(call: string, endpoint: string): OperationError {
  return new OperationError(
    'fee-cap',
    `expected ${call} to get into a block for what may and can be paid, but ${endpoint} says that it would need more; it waits`,
    { facts: { call, endpoint }, retry: true },
  )
}
