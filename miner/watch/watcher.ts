// The watcher: replays every block that anyone sees alive, raises an alarm for a wrong one, and kills it. It needs the contract and its
// own replay; a node makes it faster. Long: one lifetime.

import assert from 'node:assert'
import { setTimeout as delay } from 'node:timers/promises'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import type { BlobSupplier } from '../../node/ethereum/blobs/blob-source.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import type { EthereumReader } from '../../node/ethereum/reader.ts'
import type { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { Logger } from '../../node/log.ts'
import type { Judged, Verdicts } from '../../node/metrics/verdicts.ts'
import { type Address, type Hash, keptIdOf, keptIdsOf } from '../../node/protocol/ids.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { Troubles } from '../../node/trouble.ts'
import { DueCalls } from '../due-calls.ts'
import type { Surroundings } from '../options.ts'
import { Accusations } from './accusations.ts'
import type { Deliver } from './alarms/alarm.ts'
import { Alarms } from './alarms/alarms.ts'
import { standingOf, tellDeath, tellTrouble } from './alarms/telling.ts'
import { type Case, Cases } from './cases.ts'
import { Docket } from './docket.ts'
import type { Logs } from './evidence/endpoint-source.ts'
import type { Genesis } from './evidence/evidence.ts'
import type { Judge } from './judge.ts'
import type { Living } from './living.ts'
import { Lookout, type LookoutOptions, PATIENCE_MS, type Trust } from './lookout.ts'
import { Names } from './names.ts'
import { readRules } from './network.ts'
import { openJudge } from './open-judge.ts'
import { Pursuits } from './pursuits.ts'
import type { StatesOptions } from './states.ts'

export type WatcherDeps = Surroundings & {
  /** May be slow, gone, or lie: nothing that it says is more than a hint. */
  readonly node: NodeClient
  /** Ethereum, one reader for each endpoint; without them that of the sender. Their owner closes them after the watcher has stopped. */
  readonly readers?: readonly EthereumReader[]
  /** The logs of the same endpoints: whatever the node does not say about a block is read there. Closed as `readers` are. */
  readonly logs?: readonly Logs[]
  /** Who may have the blobs of blocks, beside the node. */
  readonly beacons?: readonly BlobSupplier[]
  /** For `defend`. One per account, as for a miner. */
  readonly sender?: TransactionSender
  /** What is watched, if that is known without the node. */
  readonly network?: { readonly rules: Rules; readonly genesis: Genesis }
  /** Counts them. */
  readonly verdicts?: Pick<Verdicts, 'look'>
  /** Who is told of alarms, beside the log. May fail, hang or be slow: nothing waits for it. */
  readonly deliver?: Deliver
}

export type WatcherOptions = LookoutOptions &
  StatesOptions & {
    /** Refutes wrong blocks, and nominates and finalizes right ones; else it only says what it sees. Default false. */
    readonly defend?: boolean
    /** Tries everything out and sends nothing, whatever `defend` says. Default false. */
    readonly dryRun?: boolean
    /** Between two looks. Default 2,000. */
    readonly pollMs?: number
    /** Others get a chance for up to this long to nominate and finalize; a refutation never waits. Default 60,000. */
    readonly courtesyMs?: number
  }

export type WatcherStatus = {
  /** `unknown`: not all see the same, see `problem`. Wrong blocks are killed all the same, and right ones not brought forward. */
  readonly state: 'starting' | 'watching' | 'unknown' | 'stopped'
  readonly account?: Address
  readonly problem?: string
  /** Living blocks above the last final one that our own replay finds right; none while not all see the same. */
  readonly valid: number
  /** Wrong blocks that Ethereum has above the last final one. */
  readonly cases: readonly Case[]
}

const DEFAULTS = { defend: false, dryRun: false, pollMs: 2_000, courtesyMs: 60_000 }

/** Keeps nothing on disk but what its sender does: which blocks are alive is recorded in the contract, and a dead one is never refuted again. */
export class Watcher implements AsyncDisposable {
  readonly #deps: WatcherDeps
  readonly #log: Logger
  readonly #options: typeof DEFAULTS & WatcherOptions
  readonly #stop = new AbortController()
  /** Its threads start with the first block in blobs. */
  readonly #kzg = new KzgPool()
  readonly #troubles: Troubles<string>
  readonly #alarms: Alarms
  readonly #lookout: Lookout
  readonly #cases: Cases
  readonly #names = new Names()
  readonly #pursuits: Pursuits
  readonly #due: DueCalls | undefined
  #trust: Trust = { state: 'blurred' }
  #right: ReadonlySet<Hash> = new Set()
  #running: Promise<unknown> | undefined
  #bringing: Promise<void> | undefined
  #state: WatcherStatus['state'] = 'starting'
  #doubt: string | undefined

  constructor(deps: WatcherDeps, options: WatcherOptions = {}) {
    this.#deps = deps
    this.#log = deps.log.child({ part: 'watcher' })
    this.#options = { ...DEFAULTS, ...options }
    const { signal } = this.#stop
    this.#alarms = new Alarms({
      ...{ log: this.#log, now: deps.now, deliver: deps.deliver, signal },
      standing: () => standingOf(this.#cases.all()),
    })
    this.#troubles = new Troubles(this.#log, signal, (task, problem) => tellTrouble(this.#alarms, task, problem))
    this.#cases = new Cases(this.#log, (dead) => tellDeath(this.#alarms, dead))
    const { node, readers = [], sender, now } = deps
    const { defend, dryRun, courtesyMs } = this.#options
    const seeing = readers.length === 0 && sender !== undefined ? [sender.ethereum] : readers
    this.#lookout = new Lookout({ node, readers: seeing, now, names: this.#names }, options)
    this.#pursuits = new Pursuits({
      ...{ log: this.#log, now, cases: this.#cases, troubles: this.#troubles, endpoints: this.#endpoints() },
      ...{ signal: this.#stop.signal, ...(sender === undefined || dryRun ? {} : { sender }) },
    })
    assert(!defend || dryRun || sender !== undefined, 'a defender needs an account')
    assert(!dryRun || this.#endpoints().length > 0, 'a dry run needs Ethereum')
    const isRight = (block: Hash) => this.#right.has(block)
    const isContested = (parent: Hash) => this.#lookout.isContested(parent)
    this.#due =
      defend && !dryRun && sender !== undefined
        ? new DueCalls({ ...deps, sender, log: this.#log }, { courtesyMs, isOwn: () => false, isRight, isContested })
        : undefined
  }

  start(): void {
    assert(this.#running === undefined && !this.#stop.signal.aborted, 'a watcher is started once')
    this.#running = this.#run()
  }

  /** Idempotent. A transaction that was sent stays sent. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperationError('stopped', 'the watcher was stopped'))
    await this.#running
    await this.#bringing
    await this.#pursuits.ended()
    await this.#alarms.ended()
    await this.#kzg.stop()
    this.#state = 'stopped'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A snapshot, at no cost. */
  status(): WatcherStatus {
    const { sender } = this.#deps
    const problem = this.#doubt ?? this.#troubles.first()?.message ?? sender?.problem?.message
    return {
      state: this.#state,
      ...(sender === undefined ? {} : { account: sender.ethereum.account }),
      ...(problem === undefined ? {} : { problem }),
      valid: this.#right.size,
      cases: this.#cases.all(),
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let judge: Judge | undefined
    while (judge === undefined && !signal.aborted) {
      await this.#troubles.try('beginning', async () => {
        judge = await this.#openJudge()
      })
      if (judge === undefined) await this.#pause()
    }
    if (judge === undefined) return
    const { now, rounds } = this.#deps
    const seers = this.#lookout.seers
    const docket = new Docket(
      { judge, names: this.#names, seers, troubles: this.#troubles, now, rounds, signal },
      this.#options.pollMs,
    )
    // None waits for another: one that is slow to answer holds back no verdict, and no verdict holds back a refutation.
    await Promise.all([this.#look(), docket.run(), this.#act(judge, docket)])
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop
    const turned = this.#deps.rounds?.open('looking', this.#options.pollMs)
    while (!signal.aborted) {
      const open = this.#cases.all().flatMap(({ block, state }) => (state === 'killed' ? [] : [block]))
      await this.#troubles.try('looking', async () => this.#learn(await this.#lookout.look(open, signal)))
      turned?.()
      await this.#pause()
    }
  }

  #learn(trust: Trust): void {
    this.#trust = trust
    if (trust.state === 'clear') {
      if (this.#state !== 'watching') this.#log.info({ blocks: trust.living.size }, 'all agree: watching')
      if (this.#state === 'unknown') this.#alarms.raise('clear', '', 'Node and endpoints see the same again.')
      this.#state = 'watching'
      this.#doubt = undefined
    }
    if (trust.state !== 'doubt') return
    const { why, isDead = false } = trust
    // While it lasts again after each hour, whatever the reason turns into.
    if (!isDead) this.#alarms.raise('doubt', '', `Not all see the same: ${why}.`)
    if (isDead) this.#alarms.raise('bridge-dead', '', `${why}.`)
    if (this.#doubt !== why)
      this.#log.error(
        {},
        `not all see the same, so nothing is brought forward; wrong blocks are killed all the same: ${why}`,
      )
    this.#doubt = why
    this.#state = 'unknown'
  }

  async #act(judge: Judge, docket: Docket): Promise<void> {
    const { signal } = this.#stop
    const { defend, dryRun } = this.#options
    const { log, cases, pursuits, lookout } = {
      log: this.#log,
      cases: this.#cases,
      pursuits: this.#pursuits,
      lookout: this.#lookout,
    }
    const accusations = new Accusations({
      ...{ log, judge, lookout, cases, pursuits, signal },
      names: this.#names,
      isActing: defend || dryRun,
      alarms: this.#alarms,
    })
    const turned = this.#deps.rounds?.open('acting', this.#options.pollMs)
    while (!signal.aborted) {
      const trees = lookout.seers.flatMap(({ view }) => view?.tree ?? [])
      const living = new Set(trees.flatMap(({ blocks }) => [...blocks.keys()]))
      const finals = new Set(trees.map(({ final }) => final))
      judge.keep(living, finals)
      docket.keep(new Set([...living, ...finals]))
      this.#names.keep(new Set([...living, ...finals]))
      await this.#troubles.try('accusing', async () => {
        accusations.closeDead()
        accusations.accuse()
      })
      await this.#troubles.try('comparing verdicts', async () => accusations.compareWithNode())
      this.#forgetTroubles(living)
      this.#bringForward(judge, docket, living)
      this.#alarms.tick()
      this.#deps.verdicts?.look(judgedOf(trees, judge), this.#deps.now())
      turned?.()
      await this.#pause()
    }
  }

  /** Those about a block that is gone, or was killed. */
  #forgetTroubles(living: ReadonlySet<Hash>): void {
    const alive = keptIdsOf(living)
    this.#troubles.keep((task) => {
      const id = task.startsWith('block ') ? (task.slice(6, 72) as Hash) : undefined
      return id === undefined || (alive.has(keptIdOf(id)) && this.#cases.get(id)?.state !== 'killed')
    })
  }

  /** Trusting takes more than a verdict: all have to see the same. */
  #bringForward(judge: Judge, docket: Docket, living: ReadonlySet<Hash>): void {
    const { trust, due } = { trust: this.#trust, due: this.#due }
    if (trust.state === 'doubt') this.#right = new Set()
    if (trust.state !== 'clear') return
    this.#right = new Set([...trust.living].filter((id) => judge.verdictOn(id)?.verdict === 'valid'))
    // Nothing may come before a refutation in the account's line of transactions, and whatever was not judged yet may need one.
    const isWrong = (id: Hash) => judge.verdictOn(id)?.verdict === 'invalid' && this.#cases.get(id) === undefined
    const isOpen = this.#cases.all().some(({ state }) => state === 'open')
    if (due === undefined || this.#bringing !== undefined || isOpen) return
    // What all agree on may be older than what one of them sees.
    if (docket.isNew(living) || [...living].some(isWrong)) return
    this.#bringing = this.#troubles
      .try('bringing forward', () => due.round(this.#stop.signal))
      .finally(() => {
        this.#bringing = undefined
      })
  }

  async #pause(): Promise<void> {
    await delay(this.#options.pollMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }

  /** All that a refutation is tried on. */
  #endpoints(): readonly EthereumReader[] {
    const { readers = [], sender } = this.#deps
    return sender === undefined ? readers : [...readers, sender.ethereum]
  }

  /** Without a network of its own it waits for the node to say which one it is. */
  async #openJudge(): Promise<Judge> {
    const { node, network, logs = [], beacons = [] } = this.#deps
    const { signal } = this.#stop
    const own = network === undefined ? {} : { own: network.rules }
    const patienceMs = this.#options.patienceMs ?? PATIENCE_MS
    const { rules, dissent } = await readRules({ node, endpoints: this.#endpoints(), ...own }, patienceMs, signal)
    this.#alarms.nameNetwork(rules)
    this.#alarms.raise('watching', '', 'The watcher has begun: alarms arrive here.')
    if (dissent !== undefined) this.#troubles.add('comparing networks', dissent)
    const genesis = network === undefined ? {} : { genesis: network.genesis }
    const parts = { rules, log: this.#log, node, logs, beacons, kzg: this.#kzg, names: this.#names }
    return openJudge({ ...parts, ...genesis }, this.#options)
  }
}

/** A block that several see is named once, and by what the contract keeps of its id: who sees it may know no more. */
function judgedOf(trees: readonly Living[], judge: Judge): Judged[] {
  return trees.flatMap(({ blocks }) =>
    [...blocks.values()].map(({ id, publishedAt }) => ({
      id: keptIdOf(id),
      publishedAt,
      verdict: judge.verdictOn(id)?.verdict ?? 'unknown',
    })),
  )
}
