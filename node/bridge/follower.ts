// Follows the bridge contract: turns Ethereum's events into a view, through reorganisations, restarts and lying endpoints. Long, as it is where all
// of that meets.

import type { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../errors.ts'
import type { KzgPool } from '../ethereum/blobs/kzg-pool.ts'
import type { Chain, ChainBlock } from '../ethereum/chain.ts'
import type { LedgerBlock } from '../ledger/types.ts'
import type { Logger } from '../log.ts'
import type { Hash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import type { Rounds } from '../rounds.ts'
import { type Alarm, BridgeAnswers, type FollowerEvents, type FollowerStatus } from './answers.ts'
import { type BeginningProgress, type BeginningSource, beginAtFinal } from './beginning.ts'
import { BlobCollector, type BlobFinder } from './blob-collector.ts'
import { judgedBlock } from './branch.ts'
import { preferredTip } from './fork-choice.ts'
import { BridgeRecords, type FollowedNetwork } from './records/bridge-records.ts'
import type { BridgeDatabase } from './records/disk/encoding.ts'
import { groundOf } from './records/judging/unjudged.ts'
import type { Keep } from './records/past/keep.ts'
import type { WorkCheck } from './records/publication.ts'
import { readNext } from './records/reader.ts'
import { checkNetwork } from './same-network.ts'
import { type CheckedSnapshot, checkSnapshot, type Snapshot } from './snapshot.ts'
import type { BridgeView } from './view.ts'

export type FollowerDeps = {
  /** The follower closes it when it stops. */
  readonly chain: Chain
  readonly database: BridgeDatabase
  readonly network: FollowedNetwork
  readonly log: Logger
  readonly rounds?: Rounds
  /** Where the blobs of blocks are looked for; without it such blocks are not judged. */
  readonly blobs?: BlobFinder
  /** For the blobs of a snapshot, which are left aside without it. */
  readonly kzg?: Pick<KzgPool, 'hashes'>
  /** An empty database begins at the final block, if this is there and can have it delivered; else at genesis. */
  readonly beginning?: BeginningSource
  /**
   * Awaited before anything else is told where this node began at another block than genesis, each time that it starts: the ledger, if it is
   * empty, begins there too. `outputs` are those after the block, as in `outputs.bin`.
   */
  readonly onBegun?: (block: LedgerBlock, outputs: () => Promise<Uint8Array>) => Promise<void>
}

export type FollowerOptions = {
  /** Between two looks at Ethereum; after failures up to `maxPauseMs`. */
  readonly pollMs?: number
  readonly maxPauseMs?: number
  /** Blocks of Ethereum that may be reorganised; what is final on the bridge is called so for good only below them. */
  readonly finalityDepth?: bigint
  /** Blocks of Ethereum that are read at a time. */
  readonly stepBlocks?: bigint
  /** How much is kept in memory of states after blocks, in steps that led to them. Default 30,000: half a gigabyte at worst. */
  readonly keptSteps?: number
  /** An endpoint whose newest block is older than `maxAgeMs` by the `clock` (unix milliseconds) is stuck. Not checked by default. */
  readonly freshness?: { readonly clock: () => number; readonly maxAgeMs: number }
  /** Where an empty database begins, if it is at hand. */
  readonly snapshot?: Snapshot
  /** How far back states after blocks stay on disk. */
  readonly keep?: Keep
  /** What a publication's work has to be; that which the contract asks for by default. */
  readonly workProblem?: WorkCheck
}

const BROKEN: ReadonlySet<string> = new Set(['database-failed', 'database-damaged'])
const DEFAULTS = { pollMs: 1_000, maxPauseMs: 30_000, finalityDepth: 64n, stepBlocks: 5_000n }

/**
 * Emits `status`, `alarm`, `broken`, and, once the contract itself has agreed, `view` after the start and each change and `branch` when what the
 * ledger should order by has changed. A listener that throws is logged. Nothing changes while the status is `unknown`.
 */
export class BridgeFollower extends BridgeAnswers implements AsyncDisposable {
  readonly #deps: FollowerDeps
  readonly #options: typeof DEFAULTS & FollowerOptions
  readonly #records: BridgeRecords
  readonly #collector: BlobCollector | undefined
  readonly #stopping: AbortController
  readonly #waiters: (() => void)[] = []
  #wake = new AbortController()
  #running: Promise<void> | undefined
  #isChecked = false
  #isBegun = false
  #progress: BeginningProgress | undefined
  #status: FollowerStatus = { state: 'syncing' }
  #told: BridgeView | undefined
  #isCondemned = false
  /** Blocks that were reported as impossible to judge. */
  readonly #lamented = new Set<Hash>()
  #emitted: { readonly key: string; readonly settled: Hash } | undefined

  constructor(deps: FollowerDeps, options: FollowerOptions = {}) {
    const filled = { ...DEFAULTS, ...options }
    const records = new BridgeRecords(deps.database, deps.network, filled)
    const stopping = new AbortController()
    super(records, deps.network.rules, stopping.signal)
    this.#stopping = stopping
    this.#deps = deps
    this.#options = filled
    this.#records = records
    const { blobs: finder, log } = deps
    this.#collector =
      finder &&
      new BlobCollector({
        ...{ finder, log, now: () => performance.now() },
        lacksBlobs: (id) => records.judge.lacksBlobs(id),
        keep: async (id, blobs) => {
          await records.addBlobs(id, blobs)
          this.#wake.abort()
        },
        onMissing: (block, why) => {
          this.#alarm('blobs-missing', `block ${block} cannot be judged as long as its blobs are not here: ${why}`, {
            block,
          })
        },
      })
  }

  /**
   * Reads what is on disk, then follows. Throws `OperationError('database-failed')` or `OperationError('other-network')`; an endpoint that
   * fails shows in the status.
   */
  async start(): Promise<void> {
    await this.#records.load()
    if (this.#records.tip !== undefined) await this.#handOver()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#deps.chain.close()
    await this.#collector?.stop()
    await this.#running
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  get status(): FollowerStatus {
    return this.#status
  }

  /** How far a beginning at the final block is; `undefined` once it is over. */
  get beginning(): BeginningProgress | undefined {
    return this.#progress
  }

  /** Whether there is a block to begin with, and whoever waits for `onBegun` has it: nothing is told before. */
  get isBegun(): boolean {
    return this.#isBegun
  }

  /** A final block from before this node's beginning was found wrong: the bridge is dead, as if its own replay had refuted a block that it saw. */
  condemn(block: Hash, problem: string): void {
    if (this.#isCondemned) return
    this.#isCondemned = true
    this.#alarm('bridge-dead', `a final block of the past is wrong, and the bridge dead: ${problem}`, { block })
    this.#wake.abort()
  }

  /** Looks at Ethereum now, and resolves when everything there was read, or that failed: see the status. */
  async poll(): Promise<FollowerStatus> {
    if (this.#stopping.signal.aborted) return this.#status
    await new Promise<void>((resolve) => {
      this.#waiters.push(resolve)
      this.#wake.abort()
    })
    return this.#status
  }

  async #run(): Promise<void> {
    let turned: (() => void) | undefined
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      const waiters = this.#waiters.splice(0)
      this.#wake = new AbortController()
      let isMore = false
      try {
        isMore = await this.#round()
        failures = 0
      } catch (error) {
        failures++
        isMore = this.#stopping.signal.aborted || (failures === 1 && isFleeting(error))
        if (!isMore) this.#fail(error)
      }
      // Only from the end of the first one on: a beginning may take as long as its peers do.
      turned ??= this.#deps.rounds?.open('bridge', this.#options.maxPauseMs)
      turned?.()
      if (isMore) {
        this.#waiters.unshift(...waiters)
        continue
      }
      for (const resolve of waiters) resolve()
      const pauseMs = Math.min(this.#options.pollMs * 2 ** Math.min(failures, 20), this.#options.maxPauseMs)
      await this.#pause(failures === 0 ? this.#options.pollMs : pauseMs)
    }
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  async #pause(ms: number): Promise<void> {
    if (this.#waiters.length > 0) return
    const signal = AbortSignal.any([this.#stopping.signal, this.#wake.signal])
    // Rejects only because of a poll or a stop.
    await delay(ms, undefined, { signal }).catch(() => undefined)
  }

  /** One step; whether there is more to read. */
  async #round(): Promise<boolean> {
    const { chain } = this.#deps
    if (!this.#isChecked) await checkNetwork(chain, this.#deps.network)
    this.#isChecked = true
    if (this.#records.tip === undefined) await this.#begin()
    if (!this.#isBegun) await this.#handOver()
    const reading = await readNext(chain, this.#records.checkpoints, this.#options)
    if (reading !== undefined) {
      await this.#records.take(reading, chain, this.#stopping.signal)
    }
    const at = this.#records.tip
    if (at === undefined || !at.audited) {
      this.#setStatus({ state: 'syncing', ...(at ? { at } : {}) })
      return true
    }
    await this.#records.warm(this.#stopping.signal)
    this.#checkFreshness(at)
    this.#setStatus({ state: this.#isDead ? 'dead' : 'live', at })
    this.#tellView()
    this.#emitBranch()
    await this.#collector?.look(this.view, groundOf(this.view, this.settled.id))
    return await this.#records.judgeSome(this.#stopping.signal)
  }

  /** An empty database. */
  async #begin(): Promise<void> {
    const snapshot = await this.#snapshot()
    if (snapshot !== undefined) return await this.#records.begin(snapshot.origin, snapshot)
    const { chain, network } = this.#deps
    const number = network.deployedBlock > 0n ? network.deployedBlock - 1n : 0n
    const origin = await chain.blockAt(number)
    if (origin === undefined) throw behind(number)
    return await this.#records.begin(origin)
  }

  async #snapshot(): Promise<CheckedSnapshot | undefined> {
    const { chain, network, kzg, log, beginning: source } = this.#deps
    const { snapshot, finalityDepth } = this.#options
    const { signal } = this.#stopping
    if (snapshot !== undefined) return await checkSnapshot(chain, network, snapshot, { kzg, signal })
    if (source === undefined) return undefined
    const onProgress = (progress: BeginningProgress) => {
      this.#progress = progress
    }
    const now = () => performance.now()
    return await beginAtFinal({ chain, network, kzg, log, source, finalityDepth, onProgress, now }, signal)
  }

  /** What this node began with, to whoever needs it too. */
  async #handOver(): Promise<void> {
    const { journal } = this.#records
    const block = await journal.beginning()
    if (block !== undefined) {
      if (this.#progress !== undefined) this.#progress = { step: 'ledger', block: block.id }
      await this.#deps.onBegun?.({ ...block, publishedAt: Number(block.publishedAt) }, async () => {
        const outputs = await journal.stateOutputs(block.height, block.id)
        if (outputs !== undefined) return outputs
        throw new OperationError('database-damaged', lostBeginning(block.id), { facts: { block: block.id } })
      })
    }
    this.#progress = undefined
    this.#isBegun = true
    this.#tell('begun')
  }

  #tellView(): void {
    const [before, view] = [this.#told, this.view]
    if (before === view) return
    this.#told = view
    if (view.death !== undefined && before?.death?.block !== view.death.block) {
      const { block } = view.death
      this.#alarm('bridge-dead', `block ${block} became final, and our own replay refutes it: the bridge is dead`, {
        block,
      })
    }
    for (const { id, refuted, verdict } of view.blocks.values()) {
      if (!refuted || verdict.verdict !== 'valid' || before?.blocks.get(id)?.refuted) continue
      this.#alarm('valid-block-refuted', `the contract refuted block ${id}, which our replay finds valid`, {
        block: id,
      })
    }
    for (const [id, why] of this.#records.unjudgeable) {
      if (this.#lamented.has(id)) continue
      this.#lamented.add(id)
      this.#alarm('block-not-judged', `block ${id} cannot be judged by this node: ${why}`, { block: id })
    }
    this.#tell('view', view)
  }

  get #isDead(): boolean {
    return this.#isCondemned || this.view.death !== undefined
  }

  #checkFreshness(at: ChainBlock): void {
    const { freshness } = this.#options
    if (freshness === undefined) return
    const ageMs = freshness.clock() - 1_000 * Number(at.time)
    if (ageMs <= freshness.maxAgeMs) return
    throw new OperationError(
      'ethereum-stale',
      `expected a block of Ethereum from the last ${freshness.maxAgeMs} ms, the newest one is ${ageMs} ms old; the endpoint is stuck, or this clock is wrong`,
      { facts: { number: `${at.number}`, ageMs }, retry: true },
    )
  }

  #fail(error: unknown): void {
    const isExpected = error instanceof OperationError || error instanceof RuleError
    const code = isExpected ? error.code : 'follower-failed'
    const problem = error instanceof Error ? error.message : String(error)
    if (!isExpected) this.#deps.log.error({ err: error }, 'the bridge follower failed')
    const isNews = this.#status.state !== 'unknown' || this.#status.code !== code
    const at = this.#records.tip
    this.#setStatus({ state: 'unknown', code, problem, ...(at ? { at } : {}) })
    if (isNews) this.#alarm(code, problem, isExpected ? error.facts : {})
    if (error instanceof OperationError && BROKEN.has(error.code)) this.#tell('broken', error)
  }

  #setStatus(status: FollowerStatus): void {
    const before = this.#status
    this.#status = status
    const codes = [before, status].map((each) => (each.state === 'unknown' ? each.code : each.state))
    if (codes[0] !== codes[1] || before.at?.hash !== status.at?.hash) this.#tell('status', status)
  }

  #alarm(code: string, message: string, facts: Alarm['facts']): void {
    this.#deps.log.warn({ code, ...facts }, message)
    this.#tell('alarm', { code, message, facts })
  }

  #emitBranch(): void {
    if (this.#isDead) return
    const settled = judgedBlock(this.view, this.settled.id).id
    const key = `${settled} ${judgedBlock(this.view, preferredTip(this.view).id).id}`
    if (key === this.#emitted?.key) return
    // At first from the oldest block on: it is not known here how far the ledger is.
    const branch = this.branch(this.#emitted?.settled)
    this.#emitted = { key, settled }
    this.#tell('branch', branch)
  }

  #tell<E extends keyof FollowerEvents>(event: E, ...args: FollowerEvents[E]): void {
    try {
      // The map of events cannot be followed through a type parameter.
      ;(this as EventEmitter).emit(event, ...args)
    } catch (err) {
      this.#deps.log.error({ err, event }, 'a listener of the bridge follower failed')
    }
  }
}

/** What a reorganisation in the middle of a step looks like: worth a second look before an alarm is raised. */
function isFleeting(error: unknown): boolean {
  return error instanceof OperationError && (error.code === 'ethereum-moved' || error.code === 'ethereum-refused')
}

function lostBeginning(id: Hash): string {
  return `expected the balances after block ${id}, with which this node began, on disk, got nothing; begin again with another data folder`
}

function behind(number: bigint): OperationError {
  return new OperationError(
    'ethereum-lags',
    `expected block ${number} of Ethereum, before which the bridge was not there, got nothing; wait until the endpoint is in sync`,
    { facts: { number: `${number}` }, retry: true },
  )
}
