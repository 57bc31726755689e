// Sends one transaction of an account at a time and stays with it: until it is deep enough, in spite of rising fees and reorganisations.
// Long because all of it has one lifetime.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Address, Hash } from '../../protocol/ids.ts'
import { addWei, GWEI, type Time, toGasPrice, toWei, type Wei } from '../../protocol/units.ts'
import { troubleFacts } from '../../trouble.ts'
import type { EthereumAccount } from '../account.ts'
import type { BridgeCall } from '../calls.ts'
import { LAG_BLOCKS } from '../chain.ts'
import type { Head } from '../reader.ts'
import {
  isAnyRefusal,
  isBlindToBlobs,
  isKnownAlready,
  isNonceTaken,
  isOtherKindPending,
  isRefusedForGood,
  refusalName,
} from '../refusals.ts'
import type { Attempt } from './attempt.ts'
import { apart } from './endpoint.ts'
import type { Ending } from './everywhere/ending.ts'
import { type Errand, ErrandRunner } from './everywhere/errand.ts'
import { Glances } from './everywhere/glances.ts'
import { blobPatienceAt, costOf, type Fees, patienceAt } from './fees.ts'
import { Line } from './line.ts'
import { checkGap, fillGap } from './nonce-gap.ts'
import { Offers } from './offers.ts'
import { Outbox } from './outbox.ts'
import { deadlineOf, type Outcome, PendingCall } from './pending-call.ts'
import type { SenderDeps, SenderOptions, SendOptions } from './sender-options.ts'
import { checkBlobs, wireOf } from './wire.ts'

const DEFAULTS = {
  confirmations: 2,
  stuckMs: 60_000,
  pollMs: 2_000,
  maxFeePerGas: toGasPrice(500n * GWEI),
  maxFeePerBlobGas: toGasPrice(100n * GWEI),
  answerMs: 10_000,
}
/** Looks in a row that find nothing: of several machines behind one address, one may know what another does not. */
const LOST_LOOKS = 3
/** Milliseconds in which Ethereum makes `LAG_BLOCKS` blocks. */
const LAG_MS = 60_000
/** Of those behind one address, this many are asked for nonce and newest block. */
const MACHINES = 3
const POSITION_TRIES = 3

/** Whatever sends from an account goes through the same one of these. */
export class TransactionSender {
  readonly ethereum: EthereumAccount
  readonly #log: Logger
  readonly #now: () => number
  readonly #line: Line
  readonly #offers: Offers
  /** Of what is sent everywhere: in memory where nothing is kept on disk. */
  readonly #errands: Outbox
  readonly #glances: Glances
  readonly #options: Required<SenderOptions>
  #queue: Promise<unknown> = Promise.resolve()
  /** Nonces are given out one at a time. */
  #beginning: Promise<unknown> = Promise.resolve()
  #problem: OperationError | undefined
  #spent = toWei(0n)

  constructor({ ethereum, log, now, outbox }: SenderDeps, options: SenderOptions = {}) {
    this.ethereum = ethereum
    this.#log = log
    this.#now = now
    this.#line = new Line({ ethereum, now, outbox })
    this.#options = { ...DEFAULTS, ...options }
    const { answerMs, pollMs } = this.#options
    this.#offers = new Offers(ethereum, this.#options)
    this.#errands = outbox ?? new Outbox()
    this.#glances = new Glances(ethereum.account, answerMs, pollMs)
  }

  /** What went for gas so far, that of blobs too. */
  get spent(): Wei {
    return this.#spent
  }

  /** What keeps the transaction that is under way from getting into a block. */
  get problem(): OperationError | undefined {
    return this.#problem
  }

  /** The call that was signed for this and has not come to its end, or whose success was not acknowledged, as far as is known here. */
  open(intent: string): BridgeCall | undefined {
    return this.#line.outbox?.findOpen(intent)
  }

  /** Its caller knows that a call with an intent succeeded: until then the same call goes on with it, and does nothing twice. Never throws. */
  async acknowledge(call: BridgeCall): Promise<void> {
    await this.#note(call, async () => this.#line.outbox?.acknowledge(call))
  }

  /** The newest transaction of a call that may still count, or has. */
  signed(call: BridgeCall): Hash | undefined {
    const attempts = this.#line.outbox?.find(call)?.attempts ?? this.#line.attemptsOf(call)
    return attempts.findLast(({ isCancel }) => !isCancel)?.hash
  }

  /** What a transaction, that of a call with blobs if it is given, would offer now. Throws `OperationError('fee-cap')` (retry) where that is above the cap. */
  fees(head: Head, deadline?: Time, call?: Pick<BridgeCall, 'sidecar'>): Promise<Fees> {
    return this.#offers.first(head, deadline, call)
  }

  /**
   * Resolves when the call has its confirmations or can never have them. Before anything is sent, throws the bridge's refusal (`refusals.ts`),
   * `unfunded-account`, `fee-cap`, `write-failed` or trouble with the endpoint; afterwards only the reason of `signal`. A call with blobs waits
   * until no other kind of transaction is under way, and the other way round.
   */
  send(call: BridgeCall, options: SendOptions = {}): Promise<Outcome> {
    if (options.atOnce) return this.#send(call, options)
    const turn = this.#queue.then(() => this.#send(call, options))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /**
   * The same on the word of any endpoint, for what no single one may stop: it goes through all of them, beside the others of the account, and none
   * is asked for leave. Resolves when those that answer agree that it is over, or when an attempt had no effect. Throws the reason of `signal`,
   * and before anything is signed `unfunded-account` and `write-failed`; what is signed stays sent.
   */
  async sendEverywhere(errand: Errand): Promise<Ending> {
    if (errand.call.sidecar !== undefined) throw new RangeError('blobs are not sent everywhere')
    const runner = new ErrandRunner(
      { ...errand, endpoints: apart(errand.endpoints) },
      {
        ...{ line: this.#line, outbox: this.#errands, account: this.ethereum.account, log: this.#log, now: this.#now },
        ...{ glances: this.#glances, options: this.#options, onTrouble: (error) => this.#trouble(error) },
      },
    )
    try {
      const ending = await runner.run()
      if ('receipt' in ending && ending.receipt !== undefined) {
        this.#spent = addWei([this.#spent, costOf(ending.receipt)])
      }
      return ending
    } finally {
      this.#problem = undefined
    }
  }

  async #send(call: BridgeCall, options: SendOptions): Promise<Outcome> {
    const { signal } = options
    signal?.throwIfAborted()
    const attempts = [...(options.attempts ?? (await this.#resumed(call)))]
    checkBlobs(call, attempts)
    if (attempts.length === 0) attempts.push(await this.#begin(call, options))
    const pending = new PendingCall(call, attempts, options.deadline)
    this.#line.underWay.add(pending)
    this.#line.giveBack(pending.last.nonce)
    try {
      for (;;) {
        const outcome = await this.#look(pending, options).catch((error: unknown) => {
          if (!(error instanceof OperationError) || error.code === 'ethereum-closed') throw error
          this.#trouble(error) // the attempts are out there: nothing but staying with them is safe
          return undefined
        })
        if (outcome !== undefined) {
          await this.#settled(call, outcome)
          return outcome
        }
        await delay(this.#options.pollMs, undefined, signal ? { signal } : {})
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      this.#line.underWay.delete(pending)
      this.#problem = undefined
    }
  }

  /** What was signed for the call before this process, or before a reorganisation took it out of its block again. */
  async #resumed(call: BridgeCall): Promise<readonly Attempt[]> {
    const known = this.#line.outbox?.find(call)
    if (known === undefined) return []
    if (known.isSettled && !known.isUntold && (await this.#isThere(() => this.#hasReceipt(known.attempts)))) {
      await this.#line.outbox?.forget(call)
      return [] // that one is over, and this is another
    }
    this.#log.info(
      { call: call.name, hash: known.attempts.at(-1)?.hash },
      'going on with a transaction that was signed before',
    )
    return known.attempts
  }

  async #settled(call: BridgeCall, outcome: Outcome): Promise<void> {
    if (outcome.status === 'lost') return await this.#note(call, async () => this.#line.outbox?.forget(call))
    const { receipt } = outcome
    this.#spent = addWei([this.#spent, costOf(receipt)])
    await this.#note(call, async () => this.#line.outbox?.settle(call, receipt.block, outcome.status === 'done'))
  }

  /** Never throws for the disk: what has happened on Ethereum is reported, and a note that is missing only makes a later look necessary. */
  async #note(call: BridgeCall, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'write-failed') throw error
      this.#log.warn({ call: call.name, ...troubleFacts(error) }, 'what became of a transaction cannot be written down')
    }
  }

  /** The first attempt of a call, on its way. */
  #begin(call: BridgeCall, options: SendOptions): Promise<Attempt> {
    const turn = this.#beginning.then(() => this.#beginNow(call, options))
    this.#beginning = turn.catch(() => undefined)
    return turn
  }

  async #beginNow(call: BridgeCall, options: SendOptions): Promise<Attempt> {
    options.signal?.throwIfAborted()
    await this.#waitFor(call, options.signal)
    for (let tries = 1; ; tries++) {
      const head = await this.ethereum.head()
      const fees = await this.fees(head, options.deadline, call)
      await this.#offers.checkFunds(call, fees)
      await this.#tryOut(call, fees, head)
      const { next, seen } = await this.#position()
      const nonce = this.#line.take(next)
      try {
        const attempt = await this.#line.sign({ call, isCancel: false, nonce, fees }, options)
        const error = await this.#broadcast(call, attempt)
        if (error === undefined || isKnownAlready(error)) return attempt
        const isLate = tries < POSITION_TRIES && (await this.#isLate(attempt, error, seen))
        if (!isLate && !(await this.#isRefused(attempt, error))) {
          this.#trouble(error)
          return attempt
        }
        await this.#line.outbox?.withdraw(call, attempt)
        if (!isLate) throw error
      } catch (error) {
        this.#line.giveBack(nonce)
        throw error
      }
      this.#line.giveBack(nonce)
    }
  }

  /** Until nothing is under way beside which mempools would not have a call. */
  async #waitFor(call: BridgeCall, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const ahead = this.#line.ahead(call)
      if (ahead === undefined) return
      this.#trouble(busy(this.ethereum.account, call, ahead.name))
      await delay(this.#options.pollMs)
      signal?.throwIfAborted()
    }
  }

  /** Throws what the bridge has against a call. One with blobs passes where the endpoint cannot show them to the contract. */
  async #tryOut(call: BridgeCall, fees: Fees, head: Head): Promise<void> {
    const { ethereum } = this
    const value = await ethereum.valueGoingWith(call, fees)
    try {
      await ethereum.simulate(call, value, head.next, ethereum.account, fees.maxFeePerBlobGas)
    } catch (error) {
      if (call.sidecar === undefined || !(error instanceof OperationError) || !isBlindToBlobs(error)) throw error
      this.#log.debug({ call: call.name, ...troubleFacts(error) }, 'sent without a trial: the endpoint hides blobs')
    }
  }

  /**
   * The next nonce, and a block of Ethereum that was there before it was used. Machines behind one address may be apart: the most of what they say.
   * Throws `OperationError('nonce-gap')` (retry) where endpoints say that more transactions wait than could be filled in: what is signed stays signed.
   */
  async #position(): Promise<{ readonly next: number; readonly seen: bigint }> {
    const { ethereum } = this
    // One after another: of machines that take turns each is asked then.
    let [next, seen] = [0, 0n]
    for (let i = 0; i < MACHINES; i++) next = Math.max(next, await ethereum.nonce('pending'))
    for (let i = 0; i < MACHINES; i++) {
      const { number } = await ethereum.head()
      if (number > seen) seen = number
    }
    checkGap(ethereum.account, await ethereum.nonce('latest'), next, this.#line.held())
    return { next, seen }
  }

  /** Whether the nonce was used up before the attempt was signed: by another program, and by one that no machine asked for it knew of. */
  async #isLate({ nonce, hash }: Attempt, error: OperationError, seen: bigint): Promise<boolean> {
    if (error.code !== 'ethereum-refused' || !isNonceTaken(error)) return false
    // More than once: in the moment of a new block, Anvil for one says of the last one what holds for the new one.
    const isUnused = async () => (await this.ethereum.nonce(seen).catch(() => 0)) <= nonce
    return !(await this.#isThere(async () => (await isUnused()) || (await this.#isKnownAnywhere(hash))))
  }

  /**
   * Whether a transaction that left is sure to get into no block. What an endpoint has against its nonce, its price or the account's money is not
   * a sign of that: these change once another machine, behind the same address, has accepted it.
   */
  async #isRefused({ hash }: Attempt, error: OperationError): Promise<boolean> {
    if (error.code !== 'ethereum-refused' || !isRefusedForGood(error)) return false
    return !(await this.#isThere(() => this.#isKnownAnywhere(hash)))
  }

  /** Whether an endpoint has the transaction, or may have it. */
  async #isKnownAnywhere(hash: Hash): Promise<boolean> {
    const known = this.ethereum.apart().map((endpoint) => endpoint.isKnown(hash).catch(() => true))
    return (await Promise.all(known)).includes(true)
  }

  /** Whether what is asked for shows at one of several looks. */
  async #isThere(look: () => Promise<boolean>): Promise<boolean> {
    for (let looks = 1; ; looks++) {
      if (await look()) return true
      if (looks === LOST_LOOKS) return false
      await delay(this.#options.pollMs)
    }
  }

  async #look(pending: PendingCall, options: SendOptions): Promise<Outcome | undefined> {
    const head = await this.ethereum.head()
    const settled = await this.#settle(pending, head)
    if (settled !== undefined || pending.isMined) return settled
    const { last } = pending
    const deadline = deadlineOf(pending, this.#line.underWay)
    const isStuck = this.#now() - last.sentMs >= patienceAt(this.#options.stuckMs, head.time, deadline)
    if (!last.isCancel && (isStuck || head.hash !== pending.simulatedAt)) {
      pending.simulatedAt = head.hash
      const refusal = await this.#refusal(pending.call, await this.#offers.dearer(last, head), head)
      // The receipt may have come between the two questions; then the refusal is only an echo of our own success.
      if (refusal !== undefined && !(await this.#hasReceipt(pending.attempts))) {
        pending.refusal = refusal
        return await this.#replace(pending, head, deadline, options)
      }
    }
    if (isStuck) {
      const isNext = (await this.ethereum.nonce('latest')) >= last.nonce
      if (isNext && (await this.#isOverdue(pending, head, deadline)))
        return await this.#replace(pending, head, deadline, options)
      // What is ahead of it comes first.
      const held = this.#line.held()
      if (!isNext) await fillGap(this.ethereum, this.#log, last, { held, feesNow: () => this.fees(head, deadline) })
    }
    if (!(await this.ethereum.isKnown(last.hash))) await this.#rebroadcast(pending.call, last)
    return undefined
  }

  /** Whether a transaction with nothing before it has waited for long enough to be replaced. */
  async #isOverdue({ last }: PendingCall, head: Head, deadline: Time | undefined): Promise<boolean> {
    const longest = blobPatienceAt(this.#options.stuckMs, head.time, deadline)
    return this.#now() - last.sentMs >= longest || (await this.#offers.isTooCheap(last, head))
  }

  /** The end of the call, if it has come. */
  async #settle(pending: PendingCall, head: Head): Promise<Outcome | undefined> {
    pending.isMined = false
    for (const attempt of pending.attempts.toReversed()) {
      const receipt = await this.ethereum.receipt(attempt.hash)
      if (receipt === undefined) continue
      pending.isMined = true
      pending.lostLooks = 0
      this.#problem = undefined
      if (head.number - receipt.block + 1n < BigInt(this.#options.confirmations)) return undefined
      if (!attempt.isCancel) return { status: receipt.success ? 'done' : 'reverted', receipt }
      return { status: 'cancelled', receipt, ...(pending.refusal ? { refusal: pending.refusal } : {}) }
    }
    pending.lostLooks = (await this.#isLost(pending, head)) ? pending.lostLooks + 1 : 0
    return pending.lostLooks >= LOST_LOOKS ? { status: 'lost' } : undefined
  }

  /** Whether another transaction seems to have the nonce, in a block that every machine behind the endpoint has. */
  async #isLost(pending: PendingCall, head: Head): Promise<boolean> {
    const { last } = pending
    if ((await this.ethereum.nonce('latest')) <= last.nonce || (await this.#shows(pending))) {
      pending.takenMs = undefined
      return false
    }
    pending.takenMs ??= this.#now()
    // Five blocks take a minute, also where the chain stands still.
    if (this.#now() - pending.takenMs >= LAG_MS) return true
    return head.number >= LAG_BLOCKS && (await this.ethereum.nonce(head.number - LAG_BLOCKS)) > last.nonce
  }

  /** What the endpoint still knows is not lost, whatever it says of nonces; and the machine that was just asked for a receipt was one of several. */
  async #shows({ attempts }: PendingCall): Promise<boolean> {
    for (const { hash } of attempts) if ((await this.ethereum.receipt(hash)) !== undefined) return true
    for (const { hash } of attempts) if (await this.ethereum.isKnown(hash)) return true
    return false
  }

  /** Why the bridge would never accept the call any more. */
  async #refusal(call: BridgeCall, fees: Fees, head: Head): Promise<OperationError | undefined> {
    try {
      await this.#tryOut(call, fees, head)
    } catch (error) {
      if (isAnyRefusal(error) && !error.retry) return error
      this.#log.debug({ call: call.name, ...troubleFacts(error) }, 'cannot tell whether it would pass')
    }
    return undefined
  }

  /** Offers more; for nothing at all, if the call was refused. What may not or cannot be raised is handed over again as it is. */
  async #replace(
    pending: PendingCall,
    head: Head,
    deadline: Time | undefined,
    options: SendOptions,
  ): Promise<undefined> {
    const { call, last, refusal } = pending
    // A cancellation that an earlier process began stays one.
    const isCancel = refusal !== undefined || last.isCancel
    let fees: Fees
    try {
      fees = await this.#price(pending, head, deadline)
      if (!isCancel) await this.#offers.checkFunds(call, fees)
    } catch (error) {
      if (!(await this.ethereum.isKnown(last.hash))) await this.#rebroadcast(call, last)
      throw error
    }
    const attempt = await this.#line.sign({ call, isCancel, nonce: last.nonce, fees }, options)
    pending.attempts.push(attempt)
    this.#log.info(
      {
        call: call.name,
        hash: attempt.hash,
        maxFeePerGas: `${fees.maxFeePerGas}`,
        ...(refusal ? { refusal: refusalName(refusal) } : {}),
      },
      refusal ? 'cancelling a transaction that the bridge would refuse by now' : 'replacing a stuck transaction',
    )
    await this.#rebroadcast(call, attempt)
  }

  /** What would get it into a block now. Throws `OperationError('fee-cap')` (retry). */
  async #price({ call, attempts, last }: PendingCall, head: Head, deadline: Time | undefined): Promise<Fees> {
    const known = await Promise.all(attempts.map(({ hash }) => this.ethereum.isKnown(hash)))
    // Nothing has to be outbid where nothing is: then the price is the market's, which may have fallen.
    if (!known.includes(true)) return await this.#offers.first(head, deadline, call)
    return await this.#offers.replacement(call, last, head, deadline)
  }

  /** What the endpoints have against it, the first that accepts it being enough. Where one may have accepted it, that is what counts. */
  async #broadcast(call: BridgeCall, attempt: Attempt): Promise<OperationError | undefined> {
    const wire = wireOf(call, attempt)
    let against: OperationError | undefined
    for (const endpoint of this.ethereum.apart()) {
      try {
        await endpoint.broadcast(wire)
        return undefined
      } catch (error) {
        if (!(error instanceof OperationError) || error.code === 'ethereum-closed') throw error
        if (against === undefined || error.code !== 'ethereum-refused' || isKnownAlready(error)) against = error
      }
    }
    if (against === undefined || !isOtherKindPending(against)) return against
    return busy(this.ethereum.account, call, 'what its endpoint holds', against)
  }

  async #rebroadcast(call: BridgeCall, attempt: Attempt): Promise<void> {
    const error = await this.#broadcast(call, attempt)
    if (error !== undefined && !isKnownAlready(error) && !isNonceTaken(error)) throw error
  }

  async #hasReceipt(attempts: readonly Attempt[]): Promise<boolean> {
    for (const { hash } of attempts) if ((await this.ethereum.receipt(hash)) !== undefined) return true
    return false
  }

  #trouble(error: OperationError): void {
    if (error.code !== this.#problem?.code)
      this.#log.warn(troubleFacts(error), 'a transaction is under way, and something is in its way')
    this.#problem = error
  }
}

function busy(account: Address, { name }: BridgeCall, other: string, cause?: unknown): OperationError {
  return new OperationError(
    'account-busy',
    `expected nothing of ${account} beside ${name} that mempools do not hold together with it, since one has blobs and the other has not, got ${other}; it waits for that, or use another account`,
    { facts: { account, call: name }, retry: true, ...(cause === undefined ? {} : { cause }) },
  )
}
