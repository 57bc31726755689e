// The miner: searches the block that is worth most, publishes it when it pays, and keeps the bridge and its own money moving. Long: one lifetime.

import assert from 'node:assert'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../node/errors.ts'
import type { Head } from '../node/ethereum/reader.ts'
import type { Logger } from '../node/log.ts'
import { encodeSealed } from '../node/protocol/header.ts'
import type { Hash } from '../node/protocol/ids.ts'
import { isInBlobs, type WholeBody } from '../node/protocol/replay.ts'
import { toWei, type Wei } from '../node/protocol/units.ts'
import { Troubles } from '../node/trouble.ts'
import { type Choice, chooseWork } from './choice.ts'
import { Defence } from './defence/defence.ts'
import { Duties } from './duties.ts'
import { fateOf, heldOn } from './held.ts'
import { Journal, type Publication, parentOf, publicationId, withoutBody } from './journal.ts'
import { countedSender, type Sends } from './money/counted-sender.ts'
import { Expenses } from './money/expenses.ts'
import { resultOf } from './money/result.ts'
import type { MinerDeps, MinerOptions } from './options.ts'
import { Planner, type Prospect } from './planner.ts'
import { type Decision, decide } from './profit.ts'
import { Publisher } from './publisher.ts'
import { Search } from './search.ts'
import { expectedSeconds, type MinerStatus, summariseBlocks, summariseWork } from './status.ts'
import { steadyRate } from './work/hash-rate.ts'
import type { Solution } from './work/nonce.ts'

const DEFAULTS = {
  weiPerTtx: 0n,
  marginPercent: 10,
  longestWaitMs: 3_600_000,
  unpaidSteps: 50,
  assets: 'any' as const,
  rows: 'auto' as const,
  pollMs: 2_000,
  courtesyMs: 60_000,
  graceMs: 60_000,
}
/** Duties, and the races of our own blocks, are looked at once in this many looks. */
const DUTY_LOOKS = 5
const FOREVER_SECONDS = 1e9
/** After blobs were dearer than what the account pays for them, they are left alone for this long. */
const DEAR_MS = 60_000

/**
 * Runs until it is stopped: trouble with node or Ethereum, or an empty account, only make it wait (`status().problem`). What a crash
 * interrupts is resumed from the journal. Two miners need two folders, and two accounts.
 */
export class Miner implements AsyncDisposable {
  readonly #deps: MinerDeps
  readonly #log: Logger
  readonly #options: Required<Omit<MinerOptions, 'folder' | 'paymentsWaitMs'>> & Pick<MinerOptions, 'paymentsWaitMs'>
  readonly #journal: Journal
  readonly #expenses: Expenses
  readonly #sender: Sends
  readonly #planner: Planner
  readonly #publisher: Publisher
  readonly #duties: Duties
  readonly #defence: Defence
  readonly #search: Search
  readonly #stop = new AbortController()
  #running: Promise<unknown> | undefined
  #wake = Promise.withResolvers<void>()
  #publishing: { readonly id: Hash; readonly parent: Hash; readonly done: Promise<void> } | undefined
  /** Blobs were dearer than what the account pays: what is said of that, and until when nothing is tried with blobs, unix milliseconds. */
  #dear = { reason: '', untilMs: 0 }
  #prospect: Prospect | undefined
  #decision: Decision | undefined
  /** Blocks that this process has found. */
  #finds = 0
  #reason = 'looking at the node and at Ethereum for the first time'
  #state: MinerStatus['state'] = 'starting'
  readonly #troubles: Troubles<'mining' | 'search' | 'publishing' | 'duties' | 'defence' | 'races'>
  #money: { readonly balance?: Wei; readonly owed: Wei } = { owed: toWei(0n) }

  constructor(deps: MinerDeps, options: MinerOptions) {
    const { folder, ...chosen } = options
    this.#deps = deps
    this.#log = deps.log.child({ part: 'miner' })
    this.#options = { ...DEFAULTS, payout: deps.sender.ethereum.account, ...chosen }
    this.#troubles = new Troubles(this.#log, this.#stop.signal)
    const { node, sender, kzg, now, random } = deps
    const { ethereum } = sender
    const { payout, weiPerTtx, marginPercent, unpaidSteps, assets, rows, courtesyMs, graceMs } = this.#options
    const listed = assets === 'any' ? undefined : new Set(assets)
    this.#journal = new Journal(folder)
    this.#expenses = new Expenses(join(folder, 'money', 'expenses.json'))
    this.#sender = countedSender(sender, this.#expenses, this.#log)
    const planning = {
      payout,
      weiPerTtx,
      marginPercent: BigInt(marginPercent),
      unpaidSteps,
      assets: listed,
      graceMs,
      rows,
    }
    this.#planner = new Planner({ node, ethereum, kzg, log: this.#log, now }, planning)
    const shared = { node, sender: this.#sender, journal: this.#journal, log: this.#log, now }
    this.#publisher = new Publisher({ ...shared, kzg })
    this.#duties = new Duties({ ...shared, random }, { payout, courtesyMs })
    this.#defence = new Defence({ node, journal: this.#journal, now })
    this.#search = new Search(
      deps.pool,
      (prospect, solution) =>
        this.#troubles.try('search', () => this.#found(prospect, solution)).finally(() => this.#wake.resolve()),
      (error) => this.#troubles.add('search', error),
    )
  }

  /** Throws `OperationError`: `journal-damaged`, `expenses-damaged`. All other trouble is waited out. */
  async start(): Promise<void> {
    assert(this.#running === undefined && !this.#stop.signal.aborted, 'a miner is started once')
    await this.#journal.load()
    await this.#expenses.load()
    this.#deps.pool.start()
    this.#running = Promise.all([this.#mine(), this.#serve(), this.#guard()])
  }

  /** Ends the search, and leaves a publication that is under way to the next start. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperationError('stopped', 'the miner was stopped'))
    this.#wake.resolve()
    await this.#running
    await this.#search.stop()
    await this.#publishing?.done
    await this.#deps.pool.stop()
    this.#state = 'stopped'
    this.#reason = 'it was stopped'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A snapshot, at no cost. */
  status(): MinerStatus {
    const rate = this.#deps.pool.hashRate()
    const blocking = this.#troubles.of('mining', 'search', 'publishing')
    const problem = blocking ?? this.#deps.sender.problem ?? this.#troubles.of('duties', 'defence', 'races')
    return {
      state: blocking !== undefined && this.#state !== 'stopped' ? 'blocked' : this.#state,
      account: this.#deps.sender.ethereum.account,
      payout: this.#options.payout,
      reason: this.#reason,
      ...(problem === undefined ? {} : { problem: problem.message }),
      rates: rate.rates,
      hashes: rate.total,
      searchedMs: rate.searchedMs,
      threads: rate.threads,
      kernel: rate.kernel,
      ...(this.#prospect && this.#decision
        ? { work: summariseWork(this.#prospect, this.#decision, steadyRate(rate.rates)) }
        : {}),
      ...summariseBlocks(this.#journal.entries()),
      money: resultOf(this.#journal.entries(), this.#expenses.paid, this.#options.weiPerTtx),
      owed: this.#money.owed,
      ...(this.#money.balance === undefined ? {} : { balance: this.#money.balance }),
    }
  }

  async #mine(): Promise<void> {
    const { signal } = this.#stop
    const turned = this.#deps.rounds?.open('mining', this.#options.pollMs)
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers()
      await this.#troubles.try('mining', () => this.#round())
      turned?.()
      const pause = new AbortController()
      const ends = AbortSignal.any([signal, pause.signal])
      await Promise.race([
        delay(this.#options.pollMs, undefined, { signal: ends }).catch(() => undefined),
        this.#wake.promise,
      ])
      pause.abort()
    }
  }

  async #serve(): Promise<void> {
    const { signal } = this.#stop
    const { ethereum } = this.#deps.sender
    const turned = this.#deps.rounds?.open('duties', this.#options.pollMs * DUTY_LOOKS)
    while (!signal.aborted) {
      await this.#troubles.try('duties', async () => {
        const head = await ethereum.head()
        await this.#duties.round(head, signal)
        await this.#expenses.follow(ethereum, head.number)
        this.#money = { balance: await ethereum.balance(), owed: await ethereum.owed(this.#options.payout) }
      })
      turned?.()
      await delay(this.#options.pollMs * DUTY_LOOKS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Sees to it that the races of our own blocks are known, apart from all else: however many blocks there are, mining goes on. */
  async #guard(): Promise<void> {
    const { signal } = this.#stop
    const turned = this.#deps.rounds?.open('races', this.#options.pollMs * DUTY_LOOKS)
    while (!signal.aborted) {
      await this.#troubles.try('races', async () => {
        await this.#defence.look(signal)
      })
      turned?.()
      await delay(this.#options.pollMs * DUTY_LOOKS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #round(): Promise<void> {
    const { signal } = this.#stop
    const { ethereum } = this.#deps.sender
    const head = await ethereum.head()
    const next = await this.#planner.look(head, signal)
    if (next === undefined) return
    const now = this.#deps.now()
    const { prospect, decision } = await this.#choose({ prospect: next, decision: this.#worth(next, now) }, head)
    this.#prospect = prospect
    this.#decision = decision
    const finds = this.#finds
    const held = await this.#held(prospect.parent)
    if (held !== undefined && this.#publishing === undefined) await this.#consider(held, prospect, now, head)
    // A block that is found while its fees grow or its wait ends was not mined too early.
    const soon = now + this.#expectedMs(prospect.plan.header.target)
    const isSoonWorth = decision.publish || this.#worth(prospect, soon).publish
    if (this.#publishing?.parent === prospect.parent) this.#pause('publishing', 'a block is on its way to Ethereum')
    else if (this.#hasPublishedOn(prospect.parent))
      this.#pause('resting', 'our newest block is published, and the node has not read it yet')
    else if (prospect.obstacle !== undefined) this.#pause('resting', `${prospect.obstacle}: waiting`)
    else if (held !== undefined && (!this.#decision.publish || this.#isTooDear(prospect, now))) this.#search.rest()
    else if (!isSoonWorth) this.#pause('resting', this.#decision.reason)
    // What was found since this round began is for the next one to judge, not to be searched once more.
    else if (this.#finds === finds) this.#look(prospect)
  }

  /** What would be found would have to wait as well. */
  #isTooDear({ plan }: Prospect, nowMs: number): boolean {
    return plan.content.rows === 'blobs' && nowMs < this.#dear.untilMs
  }

  #worth({ plan, policy, sinceMs }: Prospect, atMs: number): Decision {
    const { longestWaitMs: longestMs, paymentsWaitMs } = this.#options
    const paymentsMs = plan.header.stepCount > 0 ? paymentsWaitMs : undefined
    return decide(plan.content, policy, { sinceMs, longestMs, paymentsMs }, atMs)
  }

  /** Trouble with the defence of our own blocks does not stop the usual work. */
  async #choose(usual: Choice, head: Head): Promise<Choice> {
    const deps = { planner: this.#planner, defence: this.#defence }
    let choice = usual
    await this.#troubles.try('defence', async () => {
      choice = await chooseWork(deps, usual, head, this.#rate(), this.#stop.signal)
    })
    return choice
  }

  #hasPublishedOn(parent: Hash): boolean {
    return this.#journal.entries().some((entry) => entry.stage === 'published' && parentOf(entry) === parent)
  }

  async #held(parent: Hash): Promise<Publication | undefined> {
    const { held, others } = heldOn(parent, this.#journal.entries(), this.#publishing?.id)
    for (const entry of others) await this.#giveUp(entry, 'a later one of our blocks took its place')
    return held
  }

  /** Publishes a held block, gives it up, or lets it wait. */
  async #consider(held: Publication, prospect: Prospect, nowMs: number, head: Head): Promise<void> {
    const deps = { node: this.#deps.node, ethereum: this.#deps.sender.ethereum, planner: this.#planner }
    const races = this.#defence.firsts(head.next)
    const moment = {
      nowMs,
      longestWaitMs: this.#options.longestWaitMs,
      paymentsWaitMs: this.#options.paymentsWaitMs,
      ...(prospect.defends && this.#decision ? { defence: this.#decision } : {}),
      ...(races ? { races } : {}),
    }
    const fate = await fateOf(deps, held, prospect, moment, this.#stop.signal)
    const isDear = nowMs < this.#dear.untilMs && isInBlobs(held.body) && held.attempts.length === 0
    if (fate.do === 'publish' && isDear) this.#hold(this.#dear.reason)
    else if (fate.do === 'publish') this.#publish(fate.entry)
    else if (fate.do === 'give up') await this.#giveUp(held, fate.reason)
    else this.#hold(fate.reason)
  }

  #publish(entry: Publication): void {
    this.#search.rest()
    let isOver = false
    const done = this.#troubles
      .try('publishing', async () => {
        const { stage } = await this.#publisher.publish(entry, this.#stop.signal).catch((error: unknown) => {
          const isDear = error instanceof OperationError && error.code === 'fee-cap'
          if (isDear && isInBlobs(entry.body)) this.#waitForBlobs(error)
          throw error
        })
        isOver = stage !== 'submitted'
      })
      .finally(() => {
        this.#publishing = undefined
        // Else the next round would most likely find what this one found.
        if (isOver) this.#wake.resolve()
      })
    this.#publishing = { id: publicationId(entry), parent: parentOf(entry), done }
  }

  /** Its header says that its rows are in blobs: it waits for them, and what is found beside it meanwhile takes its place. */
  #waitForBlobs({ message }: OperationError): void {
    const untilMs = this.#deps.now() + DEAR_MS
    this.#dear = { reason: `a block is found, but its blobs are too dear: ${message}`, untilMs }
    this.#planner.avoidBlobs(untilMs)
  }

  #look(prospect: Prospect): void {
    this.#state = 'searching'
    this.#reason = this.#decision?.publish ? this.#decision.reason : `ahead of its time: ${this.#decision?.reason}`
    this.#search.aim(prospect)
  }

  async #found(
    { plan, parent, sealedParent, sinceMs, defends }: Prospect,
    { work, nonce, digest }: Solution,
  ): Promise<void> {
    assert(work.challenge === plan.work.challenge, 'the pool searches the newest plan')
    const sealed = encodeSealed({ header: plan.header, seal: { miner: work.miner, nonce } })
    const { content, body } = plan
    const { blobs, posted } = splitBody(body)
    const entry: Publication = {
      version: 2,
      stage: 'mined',
      foundMs: this.#deps.now(),
      sinceMs,
      parent: sealedParent,
      sealed,
      body: posted,
      ...(defends === undefined ? {} : { defends: defends.first }),
      fee: content.fee,
      attempts: [],
      bond: toWei(0n),
    }
    await this.#journal.add(entry, blobs)
    this.#finds += 1
    this.#planner.remember(digest, plan)
    this.#log.info(
      { block: digest, parent, height: `${plan.header.height}`, steps: content.steps.length, rows: content.rows },
      'found a block',
    )
  }

  async #giveUp(entry: Publication, problem: string): Promise<void> {
    this.#log.info({ block: publicationId(entry), problem }, 'gave up one of our blocks')
    await this.#journal.put({ ...withoutBody(entry), stage: 'lost', problem })
  }

  #expectedMs(target: bigint): number {
    // Before the first search nothing is known: searching is how to find out.
    return 1_000 * (expectedSeconds(target, this.#rate()) ?? FOREVER_SECONDS)
  }

  /** Hashes per second while it searches; zero before the first search. */
  #rate(): number {
    return steadyRate(this.#deps.pool.hashRate().rates)
  }

  #hold(reason: string): void {
    this.#state = 'holding'
    this.#reason = reason
  }

  #pause(state: MinerStatus['state'], reason: string): void {
    this.#search.rest()
    this.#state = state
    this.#reason = reason
  }
}

/** The blobs of a body, and what the journal's entry has of it. */
function splitBody(body: WholeBody): { readonly blobs: readonly Uint8Array[]; readonly posted: Publication['body'] } {
  if (!isInBlobs(body)) return { blobs: [], posted: body }
  const { blobs, hashes, entries, requests } = body
  return { blobs, posted: { hashes: [...hashes], entries, requests } }
}
