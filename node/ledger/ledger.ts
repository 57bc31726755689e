// The ledger of a node: every transaction that it knows, where each stands, and who may spend what. Long, as it joins all parts.

import { Level } from 'level'
import { Breakage, openDatabase } from '../database.ts'
import { OperationError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { encodeText } from '../protocol/bytes.ts'
import { genesisInfohash } from '../protocol/genesis.ts'
import type { Infohash } from '../protocol/ids.ts'
import { infohashOf } from '../protocol/infohash.ts'
import type { DepositEntry, EnteredEntry } from '../protocol/queue.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { MAX_FILE_BYTES, type Rules, SUPPLY } from '../protocol/rules.ts'
import type { Output } from '../protocol/state.ts'
import { decodeTransaction, type GenesisTransaction, isPackable, parentsOf } from '../protocol/transaction.ts'
import { endFeed, LedgerFeed } from './feed/feed.ts'
import { type FeedOptions, feedHeadOf } from './feed/recorder.ts'
import { type Arrival, admit, type Intake, refuse, submissionOf, waitingSubmission } from './intake/admit.ts'
import { isDepositOf } from './intake/deposit-file.ts'
import { isForgiven, isOwn, Rejects } from './intake/rejects.ts'
import { type VerifiedFile, Verifier } from './intake/verifier.ts'
import { WaitingPool } from './intake/waiting-pool.ts'
import { DEFAULT_LIMITS, type LedgerLimits } from './limits.ts'
import { begin, clearHalf, loadWaiting, resume } from './opening.ts'
import { LedgerReader } from './reader.ts'
import { creatorStanding, entryOf } from './standing/books.ts'
import { setBranch } from './standing/branch.ts'
import { depositNotQueued, storeDeposit } from './standing/entries.ts'
import { headOf } from './standing/head.ts'
import type { Work } from './standing/judge.ts'
import { loadSnapshot } from './standing/snapshot.ts'
import { ChangeLog } from './store/change-log.ts'
import { type Change, Database, type LevelDatabase, type Reader } from './store/database.ts'
import { WAITING } from './store/tables.ts'
import { Writer } from './store/writer.ts'
import type { Branch, LedgerBlock, LedgerChange, Submission, TransactionLedger } from './types.ts'

export type LedgerOptions = {
  /** A folder, or an open database that the ledger has for itself and does not close. */
  readonly database: string | LevelDatabase
  readonly rules: Rules
  readonly genesis: GenesisTransaction
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
  readonly limits?: Partial<LedgerLimits>
  /** Keeps a feed of all changes. None by default. */
  readonly feed?: FeedOptions | undefined
  /** Told once that its database broke: nothing is written any more until a new start. It is logged by default. */
  readonly onBroken?: (error: OperationError) => void
}

/** What LevelDB sorts in memory before it writes a table: at its own 4 MiB, payments that stream in are rewritten so often that all together costs a third more. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024
export class Ledger extends LedgerReader implements TransactionLedger {
  readonly genesis: Infohash
  /** Undefined if none is kept. */
  readonly feed: LedgerFeed | undefined
  readonly #options: LedgerOptions
  readonly #limits: LedgerLimits
  readonly #level: LevelDatabase
  readonly #database: Database
  readonly #writer: Writer
  readonly #intake: Intake
  readonly #verifier: Verifier
  readonly #log = new ChangeLog()
  readonly #listeners = new Set<(change: LedgerChange) => void>()
  #state: 'new' | 'open' | 'closed' = 'new'
  #isHeld = false
  #tip = ''

  constructor(options: LedgerOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const level =
      typeof options.database === 'string'
        ? new Level(options.database, { writeBufferSize: WRITE_BUFFER_BYTES })
        : options.database
    const place = { part: 'ledger', folder: String(options.database) } as const
    const breakage = new Breakage(place, options.log, options.onBroken)
    const database = new Database(level, limits.batchRows, breakage.of)
    const { waitingCount: count, waitingBytes: bytes, waitingShare: share } = limits
    const pool = new WaitingPool({ count, bytes, share })
    const rejects = new Rejects(limits.rejects)
    const relay = { unordered: limits.unordered, supply: SUPPLY }
    const genesis = genesisInfohash(options.genesis)
    super({ genesis, database, pool, rejects, relay, clock: options.clock })
    this.genesis = genesis
    this.#options = options
    this.#limits = limits
    this.#level = level
    this.#database = database
    this.#intake = { pool, rejects, relay, maxConflicting: limits.conflicting, maxRivals: limits.rivals }
    this.#verifier = new Verifier(options.rules)
    this.feed = options.feed === undefined ? undefined : new LedgerFeed(database, options.feed)
    this.#writer = new Writer(database, {
      onMerge: (change) => {
        this.#log.add(change, database.newest)
        this.feed?.record(change, database.newest)
      },
      onWritten: () => {
        this.#tell()
        this.feed?.onWritten()
      },
      onFailure: breakage.of,
    })
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw closed()
    await openDatabase(this.#level, { part: 'ledger', folder: String(this.#options.database) })
    this.#state = 'open'
    try {
      const feedHead = feedHeadOf(this.#database.disk)
      const lost = (await clearHalf(this.#database)) ? feedHead : undefined
      this.feed?.start(this.#writer, this.#options.clock(), lost)
      await begin(this.#database, this.#writer, this.#options)
      await (this.feed?.settle() ?? endFeed(this.#database, this.#writer))
      this.#tip = this.#tipBlock().id
      await resume(this.#database, this.#writer, { keepDead: this.#limits.dead, relay: this.#intake.relay })
      await loadWaiting(this.#database, this.#writer, this.#intake.pool)
    } catch (error) {
      await this.stop()
      throw error
    }
    for (const { infohash } of this.#intake.pool.values()) this.#promote(infohash)
    const { count, unordered, conflicting, waiting } = this.summary()
    this.#options.log.info({ count, unordered: unordered.count, conflicting, waiting }, 'ledger open')
  }

  async stop(): Promise<void> {
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    await this.#verifier.idle()
    if (wasOpen) await this.#writer.drain()
    await this.feed?.stop()
    if (typeof this.#options.database === 'string') await this.#level.close()
  }

  async idle(): Promise<void> {
    await this.#writer.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async submit(file: Uint8Array, source: string): Promise<Submission> {
    this.#checkOpen()
    if (this.#isHeld) throw beginning()
    if (file.length > MAX_FILE_BYTES) decodeTransaction(file) // throws
    const infohash = infohashOf(file)
    const known = this.#known(infohash, source)
    if (known?.status === 'waiting' && isOwn(source))
      await this.#writer.run((change) => this.#adopt(change, infohash, source))
    if (known !== undefined) return known
    if (isDepositOf(this.#options.rules, file)) return await this.#submitDeposit(infohash)
    const verified = await this.#verify(file, infohash)
    return this.#submitVerified({ verified, source, firstSeenMs: this.#options.clock() })
  }

  async depositEntry(index: bigint, deposit: DepositEntry | EnteredEntry): Promise<Submission> {
    this.#checkOpen()
    return this.#writer.run((change) => {
      let isNew = false
      const onStored = () => {
        isNew = true
      }
      const context = { rules: this.#options.rules, nowMs: this.#options.clock(), onStored }
      const entry = storeDeposit(change, context, index, deposit)
      if (isNew) this.#release(change, entry.infohash)
      return submissionOf(change, entry, isNew)
    })
  }

  async setBranch(branch: Branch): Promise<void> {
    this.#checkOpen()
    await this.#writer.runLong((change) => this.#orderBranch(change, branch))
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
  }

  async loadSnapshot(block: LedgerBlock, outputs: Iterable<Output>): Promise<void> {
    this.#checkOpen()
    await this.#writer.runLong((change) => loadSnapshot(change, this.genesis, block, outputs))
    for (const { infohash } of this.#intake.pool.values()) this.#promote(infohash)
  }

  subscribe(listener: (change: LedgerChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  *#orderBranch(change: Change, branch: Branch): Work {
    const stored: Infohash[] = []
    const { rules, clock } = this.#options
    const onStored = (infohash: Infohash) => {
      stored.push(infohash)
      if (this.#intake.pool.get(infohash) !== undefined) change.delete(WAITING, infohash)
    }
    try {
      const context = { rules, nowMs: clock(), keepDead: this.#limits.dead, relay: this.#intake.relay, onStored }
      yield* setBranch(change, branch, context)
    } catch (error) {
      for (const infohash of stored) this.#promote(infohash) // a part of a long branch may have been applied
      throw error
    }
    for (const infohash of stored) this.#release(change, infohash)
    this.#intake.rejects.forgetCrowded()
  }

  /** Throws `RuleError`; then its own place among the waiting, and those who wait for it, are dealt with by `#drop`. */
  #admit(change: Change, arrival: Arrival): Submission {
    const { infohash, tx } = arrival.verified
    const submission = admit(change, this.#intake, arrival)
    if (entryOf(change, infohash) === undefined && submission.status === 'waiting') return submission
    this.#release(change, infohash)
    // A final one of before the snapshot proves that its parents are final too.
    if (submission.status === 'final') for (const input of parentsOf(tx)) this.#promote(input)
    return submission
  }

  /** Only what is known already: a deposit follows wholly from its queue entry, so no file of it is needed from others, and none is kept. */
  async #submitDeposit(infohash: Infohash): Promise<Submission> {
    return await this.#writer.run((change) => {
      const known = this.#known(infohash, '', change)
      if (known === undefined) throw depositNotQueued(infohash)
      return known
    })
  }

  /** What a stranger brought, and waits, is the owner's from now on. */
  #adopt(change: Change, infohash: Infohash, source: string): void {
    const { pool } = this.#intake
    const [row, item] = [change.get(WAITING, infohash), pool.get(infohash)]
    if (row === undefined || item === undefined || isOwn(row.source)) return
    change.put(WAITING, infohash, { ...row, source })
    pool.delete(infohash)
    for (const evicted of pool.add({ ...item, source })) change.delete(WAITING, evicted.infohash)
  }

  async #submitVerified(arrival: Arrival): Promise<Submission> {
    try {
      return await this.#writer.run((change) => this.#admit(change, arrival))
    } catch (error) {
      if (isRefusal(error)) await this.#writer.run((change) => this.#release(change, arrival.verified.infohash))
      throw error
    }
  }

  /** Judges a waiting one (again) if all that it waits for is here, or was refused. */
  #promote(infohash: Infohash): void {
    if (this.#intake.pool.get(infohash) === undefined) return
    const done = this.#writer.run((change) => this.#judgeWaiting(change, infohash), { isOptional: true })
    done.catch((error: unknown) => this.#options.log.debug({ error, infohash }, 'a waiting transaction was not judged'))
  }

  #judgeWaiting(change: Change, infohash: Infohash): void {
    const { pool, rejects } = this.#intake
    const row = change.get(WAITING, infohash)
    const item = pool.get(infohash)
    if (row === undefined || item === undefined) return
    if (entryOf(change, infohash) !== undefined) {
      this.#release(change, infohash)
      return
    }
    const isHere = (input: Infohash) => creatorStanding(change, input) !== undefined
    const isRefused = item.prev.some((input) => !isHere(input) && rejects.get(input) !== undefined)
    const mayBeOld = headOf(change).snapshotHeight > 0
    if (!(isRefused || mayBeOld || item.prev.every(isHere))) return
    const file = encodeText(row.file)
    const tx = decodeTransaction(file)
    if (!isPackable(tx)) return
    const verified = { tx, infohash, file } // verified when it came
    try {
      this.#admit(change, { verified, source: row.source, firstSeenMs: row.firstSeenMs })
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#release(change, infohash)
    }
  }

  /** It waits no longer; what waits for it may be judged now. */
  #release(change: Change, infohash: Infohash): void {
    if (this.#intake.pool.delete(infohash)) change.delete(WAITING, infohash)
    for (const dependent of this.#intake.pool.dependents(infohash)) this.#promote(dependent)
  }

  /** What is known without judging anything. Throws as `refuse` what was refused lately to this source. */
  #known(infohash: Infohash, source: string, reader: Reader = this.#database.disk): Submission | undefined {
    const entry = entryOf(reader, infohash)
    if (entry !== undefined) return submissionOf(reader, entry, false)
    const { pool, rejects } = this.#intake
    if (pool.get(infohash) !== undefined) return waitingSubmission(reader, pool, infohash, false)
    const reject = rejects.get(infohash)
    if (reject === undefined || isForgiven(reject, source)) return undefined
    return refuse(rejects, infohash, reject)
  }

  async #verify(file: Uint8Array, infohash: Infohash): Promise<VerifiedFile> {
    try {
      return await this.#verifier.verify(file, infohash)
    } catch (error) {
      if (error instanceof RuleError) this.#intake.rejects.add(infohash, { why: 'invalid', error })
      throw error
    }
  }

  #tipBlock(): LedgerBlock {
    const { final, blocks } = this.branch()
    return blocks.at(-1) ?? final
  }

  #tell(): void {
    const { transactions, shared, unshared } = this.#log.take()
    const tip = this.#tipBlock()
    const isNewTip = tip.id !== this.#tip
    this.#tip = tip.id
    if (transactions.length + unshared.length === 0 && !isNewTip) return
    const change: LedgerChange = { transactions, shared, unshared, ...(isNewTip ? { tip } : {}) }
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#options.log.error({ error }, 'a listener of the ledger failed')
      }
    }
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw closed()
  }
}

function beginning(): OperationError {
  return new OperationError(
    'ledger-beginning',
    'expected a node that has its balances, got a new one that still fetches those of the final block; "ttx node status" shows how far it is: hand the transaction in again then',
    { retry: true },
  )
}

/** It is not kept, and need not wait for anything. */
function isRefusal(error: unknown): boolean {
  return error instanceof RuleError || (error instanceof OperationError && error.code === 'relay-work')
}

function closed(): OperationError {
  return new OperationError('ledger-closed', 'the ledger is not running, or was stopped for good', { retry: false })
}
