// A node that began at a final block replays the past from genesis to it in the background, and says whether it was right.

import { OperationError } from '../../errors.ts'
import type { KzgPool } from '../../ethereum/blobs/kzg-pool.ts'
import type { Logger } from '../../log.ts'
import { blobTraceRoot } from '../../protocol/blob-hash.ts'
import { blockId, decodeSealed, encodeSealed, SEALED_BYTES, type SealedHeader } from '../../protocol/header.ts'
import type { Hash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { splitPosted, traceOf, traceRoot } from '../../protocol/trace.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { within } from '../../within.ts'
import { pause } from '../pause.ts'
import { decodePastBlock } from './past-block.ts'
import { PastFiles, type Wrong } from './past-files.ts'
import { Retracer } from './retracer.ts'

/** Where blocks of the past come from: anybody, who may say anything. */
export type PastSource = {
  /** The block's and those below it, downwards, each the one that the one before names. Throws `OperationError` (retry) where nobody has them now. */
  readonly headers: (block: Hash, signal: AbortSignal) => Promise<readonly SealedHeader[]>
  /** As `encodePastBlock` makes it. Whoever sent it pays for what is wrong with it. Throws as `headers` does. */
  readonly block: (
    block: Hash,
    signal: AbortSignal,
  ) => Promise<{ readonly bytes: Uint8Array; readonly blame: (why: string) => void }>
}

/**
 * - `reading`: the headers down to genesis are fetched. `replaying`: `replayed` of `height` blocks were replayed.
 * - `right`: all of them lead to the balances with which the node began. `wrong`: one of them does not, and `problem` says which.
 * - `failed`: this machine cannot do it, and `problem` says why.
 */
export type PastStatus = {
  readonly state: 'reading' | 'replaying' | 'right' | 'wrong' | 'failed'
  /** With which the node began, and its height: as many blocks are to be replayed. */
  readonly block: Hash
  readonly height: bigint
  readonly replayed: bigint
  /** Why it does not get on, too. */
  readonly problem?: string
}

export type RetraceDeps = {
  readonly rules: Rules
  readonly genesis: { readonly sealed: SealedHeader; readonly transaction: GenesisTransaction }
  readonly source: PastSource
  readonly kzg: Pick<KzgPool, 'hashes'>
  readonly log: Logger
  /** Of the node: its verdict and how far it came are kept there. */
  readonly folder: string
  /** Called at each start where a block is wrong. */
  readonly onWrong: (block: Hash, problem: string) => void
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

export type RetraceOptions = {
  /** What a node needs in its first seconds goes first. */
  readonly waitMs?: number
  /** Where nobody has what is needed, it is asked for again after this, twice as long each time. */
  readonly retryMs?: number
  /** Between two times that the state is kept, for a restart. */
  readonly saveMs?: number
}

/** After which block the replay begins. */
type Ground = { readonly sealed: SealedHeader; readonly outputs?: Uint8Array }

const DEFAULTS = { waitMs: 5_000, retryMs: 1_000, saveMs: 600_000 }
const MOST_RETRY_MS = 60_000
/** Blocks that are fetched while one is replayed. */
const AHEAD = 4

export class Retrace {
  readonly #deps: RetraceDeps
  readonly #options: typeof DEFAULTS
  readonly #files: PastFiles
  readonly #stopping = new AbortController()
  #status: PastStatus
  #running: Promise<void> | undefined

  /** `to`: the final block with which the node began. */
  constructor(deps: RetraceDeps, to: { readonly id: Hash; readonly height: bigint }, options: RetraceOptions = {}) {
    this.#deps = deps
    this.#options = { ...DEFAULTS, ...options }
    this.#files = new PastFiles(deps.folder)
    this.#status = { state: 'reading', block: to.id, height: to.height, replayed: 0n }
  }

  get status(): PastStatus {
    return this.#status
  }

  /** Resolves once a verdict of an earlier run, if there is one, is told; else the replay goes on from here in the background. */
  async start(): Promise<void> {
    const { block, height } = this.#status
    const known = await this.#files.verdict(block)
    if (known === 'right') return this.#tell({ state: 'right', replayed: height })
    if (known !== undefined) {
      this.#deps.onWrong(known.block, known.problem)
      return this.#tell({ state: 'wrong', problem: known.problem })
    }
    if (this.#stopping.signal.aborted) return
    this.#running = this.#run().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#tell({ state: 'failed', problem: error instanceof Error ? error.message : String(error) })
      this.#deps.log.error({ error }, 'the past cannot be replayed')
    })
  }

  /** Idempotent. What was not kept is replayed again by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new OperationError('stopped', 'the replay of the past was stopped'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { log, now } = this.#deps
    const { block, height } = this.#status
    await pause(this.#options.waitMs, signal)
    const startedMs = now()
    const saved = await this.#files.saved(signal)
    const { ground, way } = await this.#findWay(saved, signal)
    const wrong = await this.#replay(ground, way, signal)
    // It counts whether or not the disk takes it.
    if (wrong !== undefined) this.#deps.onWrong(wrong.block, wrong.problem)
    await this.#keep(this.#files.keepVerdict(block, wrong ?? 'right'))
    if (wrong !== undefined) return this.#tell({ state: 'wrong', problem: wrong.problem })
    this.#tell({ state: 'right', replayed: height })
    const seconds = Math.round((now() - startedMs) / 1_000)
    log.info({ blocks: `${height}`, seconds }, 'the past from genesis to the block with which this node began is right')
  }

  /** Ids of what is to be replayed, oldest first: the hash of each names the one below, so that no header can be made up. */
  async #findWay(saved: Ground | undefined, signal: AbortSignal): Promise<{ ground: Ground; way: Hash[] }> {
    const { genesis, source } = this.#deps
    const grounds = new Map(
      [{ sealed: genesis.sealed }, ...(saved ? [saved] : [])].map((each) => [blockId(each.sealed), each]),
    )
    const way: Hash[] = []
    for (let next = this.#status.block; ; ) {
      for (const sealed of await this.#patiently(() => source.headers(next, signal), signal)) {
        const ground = grounds.get(next)
        if (ground !== undefined) return { ground, way: way.reverse() }
        // The contract has no final block beside genesis.
        if (sealed.header.height === 0n) throw new Error(`the past begins with ${next}, which is another genesis`)
        way.push(next)
        next = sealed.header.parent
      }
      const ground = grounds.get(next)
      if (ground !== undefined) return { ground, way: way.reverse() }
    }
  }

  /** The first wrong block, if there is one. */
  async #replay(ground: Ground, way: readonly Hash[], signal: AbortSignal): Promise<Wrong | undefined> {
    const { rules, genesis, source, now } = this.#deps
    const { sealed, outputs } = ground
    await using retracer = new Retracer({
      rules,
      from: outputs ? { sealed: encodeSealed(sealed), outputs } : { sealed, genesis: genesis.transaction },
    })
    const first = sealed.header.height
    this.#tell({ state: 'replaying', replayed: first })
    const fetch = (id: Hash) => {
      const block = this.#patiently(() => source.block(id, signal), signal)
      block.catch(() => undefined) // it is awaited later
      return block
    }
    const ahead = way.slice(0, AHEAD).map(fetch)
    let [savedMs, last] = [now(), sealed]
    for (const [i, id] of way.entries()) {
      let block = await (ahead.shift() ?? fetch(id))
      const later = way[i + AHEAD]
      if (later !== undefined) ahead.push(fetch(later))
      for (;;) {
        signal.throwIfAborted()
        const found = await within(this.#take(retracer, id, block), signal)
        if (found === 'replayed') break
        if (found !== 'again') return found
        block = await fetch(id)
      }
      last = decodeSealed(block.bytes.subarray(0, SEALED_BYTES))
      this.#tell({ replayed: first + BigInt(i) + 1n })
      if (now() - savedMs < this.#options.saveMs) continue
      const outputs = await within(retracer.outputs(), signal)
      await this.#keep(this.#files.save({ sealed: last, outputs }))
      savedMs = now()
    }
    return undefined
  }

  /** `again`: whoever sent it lied, and pays for it. */
  async #take(
    retracer: Retracer,
    id: Hash,
    { bytes, blame }: Awaited<ReturnType<PastSource['block']>>,
  ): Promise<'replayed' | 'again' | Wrong> {
    try {
      if (idOf(bytes) !== id) throw new RuleError('bad-past', `expected block ${id}, got another one`)
      await retracer.take(bytes)
      return 'replayed'
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      if (error.code === 'wrong-past' && (await this.#isBound(bytes))) return { block: id, problem: error.message }
      blame(error.message)
      this.#deps.log.debug({ block: id, error }, 'a peer sent other rows than those of the block')
      return 'again'
    }
  }

  /** Whether the header commits to these rows: only then is the block to blame for them. */
  async #isBound(bytes: Uint8Array): Promise<boolean> {
    const { sealed, rows } = decodePastBlock(bytes)
    const { header } = sealed
    if ('blobs' in rows) {
      const hashes = await this.#deps.kzg.hashes(rows.blobs)
      return hashes.every((hash) => hash !== undefined) && blobTraceRoot(hashes) === header.traceRoot
    }
    try {
      const { steps, states } = splitPosted(rows)
      return steps.length === header.stepCount && traceRoot(traceOf(steps, states)) === header.traceRoot
    } catch (error) {
      if (error instanceof RuleError) return false
      throw error
    }
  }

  /** A disk that refuses costs the next start some time, and this replay nothing. */
  async #keep(kept: Promise<void>): Promise<void> {
    try {
      await kept
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      this.#deps.log.warn({ error }, 'how far the past was replayed cannot be kept: a restart begins before that')
    }
  }

  /** Until somebody has it. */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let ms = this.#options.retryMs; ; ms = Math.min(2 * ms, MOST_RETRY_MS)) {
      signal.throwIfAborted()
      try {
        const answer = await ask()
        const { problem: _, ...status } = this.#status
        this.#status = status
        return answer
      } catch (error) {
        if (!(error instanceof OperationError) || !error.retry) throw error
        this.#tell({ problem: error.message })
      }
      await pause(ms, signal)
    }
  }

  #tell(change: Partial<PastStatus>): void {
    this.#status = { ...this.#status, ...change }
  }
}

function idOf(bytes: Uint8Array): Hash | undefined {
  try {
    return blockId(decodeSealed(bytes.subarray(0, SEALED_BYTES)))
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}
