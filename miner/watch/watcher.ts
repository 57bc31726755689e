// The watcher: replays every block that Ethereum has, raises an alarm for a wrong one, and kills it.

import assert from 'node:assert'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Address, Hash } from '../../node/protocol/ids.ts'
import { ALONE_SECONDS } from '../../node/protocol/rules.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import { DueCalls } from '../due-calls.ts'
import type { TransactionSender } from '../ethereum/sender.ts'
import type { Ethereum } from '../ethereum.ts'
import type { Surroundings } from '../options.ts'
import { Troubles } from '../trouble.ts'
import { type Case, Cases } from './cases.ts'
import { Judge, type Judgement, rulesOf } from './judge.ts'
import { Lookout, type LookoutOptions, type SeenBlock, type Sight } from './lookout.ts'
import { Pursuits } from './pursuits.ts'

export type WatcherDeps = Surroundings & {
  readonly node: NodeClient
  /** Ethereum by itself, one for each endpoint; they and the node must agree. Whoever made them closes them after the watcher has stopped. */
  readonly readers?: readonly Ethereum[]
  /** For `defend`. One per account, as for a miner. */
  readonly sender?: TransactionSender
}

export type WatcherOptions = LookoutOptions & {
  /** Refutes wrong blocks, and nominates and finalizes right ones; else it only says what it sees. Default false. */
  readonly defend?: boolean
  /** Tries everything out and sends nothing, whatever `defend` says. Default false. */
  readonly dryRun?: boolean
  /** Between two looks at the node. Default 2,000. */
  readonly pollMs?: number
  /** Others get a chance of up to so long to nominate and finalize; a refutation never waits. Default 60,000. */
  readonly courtesyMs?: number
}

export type WatcherStatus = {
  /** `unknown`: what there is to see cannot be trusted, see `problem`; nothing is done then. */
  readonly state: 'starting' | 'watching' | 'unknown' | 'stopped'
  readonly account?: Address
  readonly problem?: string
  /** Living blocks above the last final one that our own replay finds right. */
  readonly valid: number
  /** Wrong blocks that Ethereum has above the last final one. */
  readonly cases: readonly Case[]
}

type Invalid = Extract<Judgement, { verdict: 'invalid' }>
type Clear = Extract<Sight, { state: 'clear' }>

const DEFAULTS = { defend: false, dryRun: false, pollMs: 2_000, courtesyMs: 60_000 }

/** Keeps nothing on disk but what its sender does: which blocks are alive stands in the contract, and a dead one is never refuted again. */
export class Watcher implements AsyncDisposable {
  readonly #deps: WatcherDeps
  readonly #log: Logger
  readonly #options: typeof DEFAULTS & WatcherOptions
  readonly #stop = new AbortController()
  readonly #troubles: Troubles<string>
  readonly #lookout: Lookout
  readonly #cases: Cases
  readonly #pursuits: Pursuits
  /** Living blocks that our own replay finds right. */
  readonly #right = new Set<Hash>()
  readonly #due: DueCalls | undefined
  #judge: Judge | undefined
  #running: Promise<void> | undefined
  #state: WatcherStatus['state'] = 'starting'
  #doubt: string | undefined

  constructor(deps: WatcherDeps, options: WatcherOptions = {}) {
    this.#deps = deps
    this.#log = deps.log.child({ part: 'watcher' })
    this.#options = { ...DEFAULTS, ...options }
    this.#troubles = new Troubles(this.#log, this.#stop.signal)
    this.#cases = new Cases(this.#log)
    const { node, readers = [], sender, now } = deps
    const { defend, dryRun, courtesyMs } = this.#options
    this.#lookout = new Lookout({ node, readers, now }, options)
    this.#pursuits = new Pursuits({
      ...{ log: this.#log, now, cases: this.#cases, troubles: this.#troubles, endpoints: this.#endpoints() },
      ...{ signal: this.#stop.signal, ...(sender === undefined || dryRun ? {} : { sender }) },
    })
    assert(!defend || dryRun || sender !== undefined, 'a defender needs an account')
    assert(!dryRun || this.#endpoints().length > 0, 'a dry run needs Ethereum')
    const isRight = (block: Hash) => this.#right.has(block)
    this.#due =
      defend && !dryRun && sender !== undefined
        ? new DueCalls({ ...deps, sender, log: this.#log }, { courtesyMs, isOwn: () => false, isRight })
        : undefined
  }

  start(): void {
    assert(this.#running === undefined && !this.#stop.signal.aborted, 'a watcher is started once')
    this.#running = this.#run()
  }

  /** Idempotent. A transaction that was sent stays sent. */
  async stop(): Promise<void> {
    this.#stop.abort(new OperationError('watcher-stopped', 'the watcher was stopped'))
    await this.#running
    await this.#pursuits.ended()
    this.#state = 'stopped'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A snapshot, at no cost. */
  status(): WatcherStatus {
    const { sender } = this.#deps
    const cases = this.#cases.all()
    const problem = this.#doubt ?? this.#troubles.first()?.message ?? sender?.problem?.message
    return {
      state: this.#state,
      ...(sender === undefined ? {} : { account: sender.ethereum.account }),
      ...(problem === undefined ? {} : { problem }),
      valid: this.#right.size,
      cases,
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#troubles.try('looking', () => this.#look())
      await delay(this.#options.pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop
    const judge = await this.#judgeOnce()
    const sight = await this.#lookout.look(signal)
    if (sight.state === 'blurred') return
    if (sight.state === 'doubt') return this.#doubtAll(sight.why)
    if (this.#state !== 'watching') this.#log.info({ blocks: sight.living.size }, 'all agree: watching')
    this.#state = 'watching'
    this.#doubt = undefined
    const ids = new Set(sight.blocks.map(({ id }) => id))
    this.#cases.keep(ids)
    judge.keep(ids)
    this.#troubles.keep((task) => {
      const id = task.startsWith('block ') ? (task.slice(6, 72) as Hash) : undefined
      return id === undefined || (ids.has(id) && this.#cases.get(id)?.state !== 'killed')
    })
    for (const id of this.#right) if (!sight.living.has(id)) this.#right.delete(id)
    this.#closeDead(sight)
    const accused: { readonly block: SeenBlock; readonly judgement: Invalid }[] = []
    for (const block of sight.blocks) {
      if (!sight.living.has(block.id)) continue
      // Each by itself: one that cannot be judged keeps none of the others from being judged.
      await this.#troubles.try(taskOf(block.id), async () => {
        const judgement = await this.#weigh(judge, block)
        if (judgement === undefined) return
        accused.push({ block, judgement })
        if (block.verdict === 'valid') throw nodeIsWrong(block.id)
      })
    }
    // The heaviest first: a crowd of light ones must not keep us from the one that could win.
    accused.sort((a, b) => Number(b.block.work > a.block.work) - Number(b.block.work < a.block.work))
    for (const { block, judgement } of accused) this.#accuse(block, judgement)
    // Nothing may stand before a refutation in the account's line of transactions.
    if (this.#due === undefined || this.#cases.all().some(({ state }) => state === 'open')) return
    await this.#troubles.try('bringing forward', async () => this.#due?.round(signal))
  }

  /** Nothing is done on a view that is not to be trusted. */
  #doubtAll(doubt: string): void {
    if (this.#doubt !== doubt) this.#log.error({}, `nothing can be judged, so nothing is done: ${doubt}`)
    this.#doubt = doubt
    this.#state = 'unknown'
  }

  #closeDead({ blocks, living }: Clear): void {
    for (const block of blocks) {
      const { id, refuted } = block
      // Who is after it will see who killed it.
      if (!refuted || this.#pursuits.isUnderWay(id)) continue
      if (this.#right.delete(id)) {
        this.#log.error({ block: id }, 'the bridge refuted a block that our own replay finds RIGHT')
      }
      const known = this.#cases.get(id)
      const isOnTrunk = block.parent === blocks[0]?.id || living.has(block.parent)
      const { problem = block.problem ?? 'no reason given', deadline = deadlineOf(block) } = known ?? {}
      // What stands on a wrong block died with it, and is no case of its own.
      if (known !== undefined || (block.verdict === 'invalid' && isOnTrunk)) {
        this.#cases.close({ block: id, problem, deadline, by: 'others' })
      }
    }
  }

  /** What is wrong with a block, if nobody is after it yet. */
  async #weigh(judge: Judge, block: SeenBlock): Promise<Invalid | undefined> {
    const { id } = block
    if (this.#pursuits.isUnderWay(id)) return undefined
    const judgement = await judge.judge(id, this.#stop.signal)
    if (judgement.verdict === 'invalid') return judgement
    if (judgement.verdict === 'doomed') return undefined
    if (judgement.verdict === 'unknown') {
      throw new OperationError('not-judged', `block ${id} cannot be judged now: ${judgement.why}; it is tried again`, {
        facts: { block: id },
        retry: true,
      })
    }
    this.#right.add(id)
    if (block.verdict !== 'invalid') return undefined
    const { problem = 'no reason given' } = block
    this.#cases.open(id, problem, deadlineOf(block), ', says the node')
    this.#cases.change(id, { state: 'doubtful' })
    throw new OperationError(
      'verdicts-differ',
      `expected to find what the node says of block ${id} (${problem}), got valid: nothing is sent; see which of the two is wrong, and refute by another node if need be`,
      { facts: { block: id, problem, ours: 'valid' } },
    )
  }

  #accuse(block: SeenBlock, { step, problem, refutation }: Invalid): void {
    const { id } = block
    const { defend, dryRun } = this.#options
    const isActing = defend || dryRun
    const advice = isActing ? '' : `; kill it with "ttx refute ${id}", or run "ttx watch --defend"`
    const opened = this.#cases.open(id, `step ${step}: ${problem}`, deadlineOf(block), advice)
    if (isActing && opened.state !== 'tried') this.#pursuits.begin(opened, async () => refutation)
  }

  /** All that a refutation is tried on. */
  #endpoints(): readonly Ethereum[] {
    const { readers = [], sender } = this.#deps
    return sender === undefined ? readers : [...readers, sender.ethereum]
  }

  /** Checks that node and endpoints mean the same bridge. */
  async #judgeOnce(): Promise<Judge> {
    if (this.#judge !== undefined) return this.#judge
    const { node } = this.#deps
    const rules = rulesOf(await node.call('node_info', {}, this.#stop.signal))
    for (const ethereum of this.#endpoints()) {
      const { token, minRequest } = await ethereum.parameters()
      if (rules.bridge === ethereum.bridge && rules.token === token && rules.minRequest === minRequest) continue
      throw new OperationError(
        'other-network',
        `expected the node to follow the bridge ${ethereum.bridge}, but it follows ${rules.bridge} on chain ${rules.chain}; give node and watcher the same network`,
        { facts: { ours: ethereum.bridge, theirs: rules.bridge, chain: `${rules.chain}` } },
      )
    }
    this.#judge = new Judge(node, rules)
    return this.#judge
  }
}

/** Unix seconds: no block is final earlier, whatever else there is. */
function deadlineOf({ publishedAt }: SeenBlock): bigint {
  return BigInt(publishedAt) + ALONE_SECONDS
}

function nodeIsWrong(block: Hash): OperationError {
  return new OperationError(
    'node-is-wrong',
    `expected the node to find block ${block} wrong as our own replay does, got valid; its software or its disk is damaged`,
    { facts: { block } },
  )
}

function taskOf(id: Hash): string {
  return `block ${id}`
}
