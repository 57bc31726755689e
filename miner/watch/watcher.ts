// The watcher: looks at every block that Ethereum has, raises an alarm for a wrong one, and kills it.

import assert from 'node:assert'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../node/errors.ts'
import type { Logger } from '../../node/log.ts'
import type { Address, Hash } from '../../node/protocol/ids.ts'
import type { Result } from '../../node/rpc/api.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import { DueCalls } from '../due-calls.ts'
import type { TransactionSender } from '../ethereum/sender.ts'
import type { Ethereum } from '../ethereum.ts'
import type { Surroundings } from '../options.ts'
import { Troubles } from '../trouble.ts'
import { describeDoubt, Judge, rulesOf } from './judge.ts'
import { type Prepared, sendRefutation, tryRefutation } from './refuter.ts'

export type WatcherDeps = Surroundings & {
  readonly node: NodeClient
  /** For dry runs, which need no account with coins. Whoever made it closes it after the watcher has stopped. */
  readonly ethereum?: Ethereum
  /** For `defend`. One per account, as for a miner. */
  readonly sender?: TransactionSender
}

export type WatcherOptions = {
  /** Refutes wrong blocks, and nominates and finalizes right ones; else it only says what it sees. Default false. */
  readonly defend?: boolean
  /** Tries everything out and sends nothing, whatever `defend` says. Default false. */
  readonly dryRun?: boolean
  /** Between two looks at the node. Default 2,000. */
  readonly pollMs?: number
  /** Others get a chance of up to so long to nominate and finalize; a refutation never waits. Default 60,000. */
  readonly courtesyMs?: number
}

/**
 * `open`: wrong, and alive, as far as is known here. `tried`: a dry run would have killed it. `killed`: refuted, `by` whom (`others` also where an earlier run of this
 * watcher was it). `doubtful`: node and watcher disagree about it, so nothing is done.
 */
export type Case = {
  readonly block: Hash
  readonly state: 'open' | 'tried' | 'killed' | 'doubtful'
  /** What the node says is wrong. */
  readonly problem: string
  readonly by?: 'us' | 'others'
  /** Units that the refutation used, or would use. */
  readonly gas?: bigint
  /** Wei that it earns. */
  readonly reward?: bigint
  readonly transaction?: Hash
}

export type WatcherStatus = {
  /** `unknown`: the node cannot judge, see `problem`; nothing is done then. */
  readonly state: 'starting' | 'watching' | 'unknown' | 'stopped'
  readonly account?: Address
  readonly problem?: string
  /** Blocks above the last final one that are right, at the last look. */
  readonly valid: number
  /** Wrong blocks that Ethereum has above the last final one. */
  readonly cases: readonly Case[]
}

type Block = Result<'bridge_blocks'>['blocks'][number]

const DEFAULTS = { defend: false, dryRun: false, pollMs: 2_000, courtesyMs: 60_000 }
/** So long a node may be busy with a new block of Ethereum before that is told. */
const PASSING_MS = 60_000

/** Keeps nothing on disk: which blocks are alive stands in the contract, and a dead one is never refuted again. */
export class Watcher implements AsyncDisposable {
  readonly #deps: WatcherDeps
  readonly #log: Logger
  readonly #options: Required<WatcherOptions>
  readonly #stop = new AbortController()
  readonly #troubles: Troubles<string>
  readonly #cases = new Map<Hash, Case>()
  /** Each wrong block by itself, so that none waits for another. */
  readonly #pursuits = new Map<Hash, Promise<void>>()
  readonly #due: DueCalls | undefined
  #judge: Judge | undefined
  #running: Promise<void> | undefined
  #state: WatcherStatus['state'] = 'starting'
  #doubt: string | undefined
  #valid = 0
  /** When the node could judge last, unix milliseconds. */
  #liveMs = -Infinity

  constructor(deps: WatcherDeps, options: WatcherOptions = {}) {
    this.#deps = deps
    this.#log = deps.log.child({ part: 'watcher' })
    this.#options = { ...DEFAULTS, ...options }
    this.#troubles = new Troubles(this.#log, this.#stop.signal)
    const { defend, dryRun, courtesyMs } = this.#options
    const { sender } = deps
    assert(!defend || dryRun || sender !== undefined, 'a defender needs an account')
    this.#due =
      defend && !dryRun && sender !== undefined
        ? new DueCalls({ ...deps, sender, log: this.#log }, { courtesyMs, isOwn: () => false })
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
    await Promise.all(this.#pursuits.values())
    this.#state = 'stopped'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A snapshot, at no cost. */
  status(): WatcherStatus {
    const { sender } = this.#deps
    const tasks = ['looking', 'bringing forward', ...[...this.#cases.keys()].map(taskOf)]
    const problem = this.#doubt ?? this.#troubles.of(...tasks)?.message ?? sender?.problem?.message
    return {
      state: this.#state,
      ...(sender === undefined ? {} : { account: sender.ethereum.account }),
      ...(problem === undefined ? {} : { problem }),
      valid: this.#valid,
      cases: [...this.#cases.values()],
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
    const { status, blocks } = await this.#deps.node.call('bridge_blocks', {}, signal)
    const now = this.#deps.now()
    if (status.state !== 'live') {
      const isPassing = status.state === 'syncing'
      // A live node is so for a moment whenever Ethereum has a new block.
      if (isPassing && now - this.#liveMs < PASSING_MS) return
      return this.#doubtAll(describeDoubt(status), isPassing && this.#state === 'starting')
    }
    this.#liveMs = now
    if (this.#state !== 'watching') this.#log.info({ blocks: blocks.length }, 'the node can judge: watching')
    this.#state = 'watching'
    this.#doubt = undefined
    const byId = new Map(blocks.map((block) => [block.id, block]))
    for (const id of this.#cases.keys()) if (!byId.has(id)) this.#cases.delete(id)
    this.#valid = blocks.filter(({ verdict, final }) => verdict === 'valid' && !final).length
    for (const block of blocks) {
      if (block.verdict === 'unknown') {
        this.#troubles.add(
          taskOf(block.id),
          new OperationError('not-judged', `the node cannot judge block ${block.id}`),
        )
      }
      // What stands on a wrong block dies with it.
      const parent = byId.get(block.parent)
      if (block.verdict === 'invalid' && parent?.verdict === 'valid' && !parent.refuted) this.#see(block)
    }
    const isQuiet = [...this.#cases.values()].every(({ state }) => state === 'killed')
    const due = this.#due
    // Nothing may stand before a refutation in the account's line of transactions.
    if (due !== undefined && isQuiet) await this.#troubles.try('bringing forward', () => due.round(signal))
  }

  /** Nothing is done on a view that the node itself does not trust. */
  #doubtAll(doubt: string, isPassing: boolean): void {
    if (this.#doubt !== doubt) {
      this.#log[isPassing ? 'info' : 'error']({}, `nothing can be judged, so nothing is done: ${doubt}`)
    }
    this.#doubt = doubt
    this.#state = 'unknown'
  }

  #see({ id, refuted, problem = 'no reason given', finalizableAt }: Block): void {
    const known = this.#cases.get(id)
    if (refuted) {
      if (known?.state !== 'killed') this.#put({ block: id, problem, state: 'killed', by: 'others' })
      return
    }
    if (this.#pursuits.has(id) || known?.state === 'tried') return
    const { defend, dryRun } = this.#options
    const isActing = defend || dryRun
    if (known === undefined) {
      this.#put({ block: id, problem, state: 'open' })
      const advice = isActing ? '' : `; kill it with "ttx refute ${id}", or run "ttx watch --defend"`
      const facts = finalizableAt === undefined ? {} : { canBeFinalAt: new Date(1_000 * finalizableAt).toISOString() }
      this.#log.error({ block: id, problem, ...facts }, `a block on Ethereum is WRONG${advice}`)
    }
    if (!isActing) return
    const pursuit = this.#troubles
      .try(taskOf(id), () => this.#pursue(id, problem))
      .finally(() => this.#pursuits.delete(id))
    this.#pursuits.set(id, pursuit)
  }

  /** Also for a block that was killed and is alive to the node: the node is late, or Ethereum was reorganised. */
  async #pursue(id: Hash, problem: string): Promise<void> {
    const { sender, ethereum = sender?.ethereum } = this.#deps
    const { signal } = this.#stop
    assert(ethereum !== undefined, 'a watcher that acts or tries has Ethereum')
    const judge = await this.#judgeOn(ethereum)
    const judgement = await judge.judge(id, signal)
    if (judgement.verdict === 'unknown') {
      throw new OperationError('not-judged', `block ${id} cannot be judged now: ${judgement.why}; it is tried again`, {
        facts: { block: id },
        retry: true,
      })
    }
    if (judgement.verdict !== 'invalid') {
      const ours = judgement.verdict
      this.#put({ block: id, problem, state: 'doubtful' })
      throw new OperationError(
        'verdicts-differ',
        `expected to find what the node says of block ${id} (${problem}), got ${ours}: nothing is sent; see which of the two is wrong, and refute by another node if need be`,
        { facts: { block: id, problem, ours } },
      )
    }
    const prepared = await tryRefutation(ethereum, id, judgement.refutation)
    if (prepared === undefined) return this.#put({ block: id, problem, state: 'killed', by: 'others' })
    const { call, gas, reward } = prepared
    if (this.#options.dryRun || sender === undefined) return this.#tell(id, problem, prepared)
    const kill = await sendRefutation(sender, id, call, signal)
    if (kill.by === 'others') return this.#put({ block: id, problem, state: 'killed', by: 'others', gas })
    const { hash: transaction, gasUsed } = kill.receipt
    this.#put({ block: id, problem, state: 'killed', by: 'us', gas: gasUsed, reward, transaction })
  }

  /** What a dry run would have sent. */
  #tell(block: Hash, problem: string, { call, gas, reward }: Prepared): void {
    this.#put({ block, problem, state: 'tried', gas, reward })
    const facts = { block, gas: `${gas}`, gasLimit: `${call.gas}`, reward: `${reward}`, data: call.data }
    this.#log.warn(facts, 'dry run: this refutation would kill the block; nothing was sent')
  }

  #put(next: Case): void {
    const known = this.#cases.get(next.block)
    // Who killed it stays, however often it is looked at afterwards.
    if (known?.state === 'killed' && next.state === 'killed') return
    this.#cases.set(next.block, next)
    if (next.state !== 'killed') return
    const { block, by, gas, transaction } = next
    const facts = { block, ...(gas === undefined ? {} : { gas: `${gas}` }), ...(transaction ? { transaction } : {}) }
    this.#log.warn(facts, by === 'us' ? 'killed a wrong block' : 'a wrong block was killed by somebody else')
  }

  /** Checks that node and endpoint mean the same bridge. */
  async #judgeOn(ethereum: Ethereum): Promise<Judge> {
    if (this.#judge !== undefined) return this.#judge
    const { node } = this.#deps
    const rules = rulesOf(await node.call('node_info', {}, this.#stop.signal))
    const { token, minRequest } = await ethereum.parameters()
    if (rules.bridge !== ethereum.bridge || rules.token !== token || rules.minRequest !== minRequest) {
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

function taskOf(id: Hash): string {
  return `block ${id}`
}
