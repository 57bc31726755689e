// Runs changes one after another and writes them in groups: while one group is on its way to the disk, the next is prepared.

import { OperationError } from '../../errors.ts'
import type { Work } from '../standing/judge.ts'
import type { Change, Database } from './database.ts'

type Job = {
  readonly change: Change
  readonly work: Pick<Work<unknown>, 'next'>
  readonly sync: boolean
  /** May be dropped when the ledger stops: a restart finds it again. */
  readonly isOptional: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

type Group = { sync: boolean; readonly done: { readonly job: Job; readonly settle: () => void }[] }

export type WriterHooks = {
  /** Before a change becomes part of a group. */
  readonly onMerge: (change: Change) => void
  /** After a group is on disk. */
  readonly onWritten: () => void
  /** What to call it that the database cannot be written; called once. */
  readonly onFailure: (cause: unknown) => OperationError
}

// A group is written when it has this many jobs or rows: small enough to keep the event loop alive.
const GROUP_JOBS = 256
const GROUP_ROWS = 10_000

export class Writer {
  readonly #database: Database
  readonly #hooks: WriterHooks
  #jobs: Job[] = []
  #next = 0
  #current: Job | undefined
  #pump: Promise<void> | undefined
  #failure: OperationError | undefined

  constructor(database: Database, hooks: WriterHooks) {
    this.#database = database
    this.#hooks = hooks
  }

  /** Resolves with what `work` returned once the change is on disk; what it throws drops the change. */
  run<T>(work: (change: Change) => T, options: { isOptional?: boolean } = {}): Promise<T> {
    return this.#add((change) => ({ next: () => ({ done: true, value: work(change) }) }), { sync: false, ...options })
  }

  /** As `run`, for work that may be cut into several batches. Asks for the disk itself (fsync) rather than the operating system. */
  runLong<T>(start: (change: Change) => Work<T>): Promise<T> {
    return this.#add(start, { sync: true })
  }

  /** Jobs not begun. */
  get backlog(): number {
    return this.#jobs.length - this.#next
  }

  /** Resolves once nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#pump !== undefined) await this.#pump
  }

  /** Drops optional jobs and waits for the others. */
  async drain(): Promise<void> {
    const waiting = this.#jobs.slice(this.#next)
    this.#jobs = waiting.filter(({ isOptional }) => !isOptional)
    this.#next = 0
    const dropped = new OperationError('ledger-closed', 'the ledger stopped before this was done; a restart does it', {
      retry: true,
    })
    for (const { isOptional, reject } of waiting) if (isOptional) reject(dropped)
    await this.idle()
  }

  #add<T>(
    start: (change: Change) => Pick<Work<T>, 'next'>,
    { sync, isOptional = false }: { sync: boolean; isOptional?: boolean },
  ): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise<T>((resolve, reject) => {
      const change = this.#database.begin()
      // A job resolves with what its own work returned.
      this.#jobs.push({ change, work: start(change), sync, isOptional, resolve: resolve as Job['resolve'], reject })
      this.#pump ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    let writing: Promise<void> = Promise.resolve()
    await writing // lets jobs of the same moment share the first group
    while (this.#current !== undefined || this.backlog > 0) {
      const group = this.#runGroup()
      await writing
      if (this.#failure === undefined) writing = this.#write(group)
      else this.#fail(this.#failure, group)
      if (this.#current === undefined && this.backlog === 0) await writing
    }
    this.#pump = undefined
  }

  #runGroup(): Group {
    const group: Group = { sync: false, done: [] }
    for (let ran = 0; ran < GROUP_JOBS && this.#database.size < GROUP_ROWS; ran++) {
      const job = this.#current ?? this.#take()
      if (job === undefined) break
      this.#current = undefined
      if (job.sync) group.sync = true
      try {
        const { done, value } = job.work.next()
        this.#hooks.onMerge(job.change)
        this.#database.merge(job.change)
        if (done !== true) {
          this.#current = job
          break
        }
        group.done.push({ job, settle: () => job.resolve(value) })
      } catch (error) {
        job.change.clear()
        group.done.push({ job, settle: () => job.reject(error) })
      }
    }
    return group
  }

  async #write(group: Group): Promise<void> {
    try {
      await this.#database.flush(group.sync)
      this.#hooks.onWritten()
    } catch (cause) {
      this.#fail(this.#giveUp(cause), group)
      return
    }
    for (const { settle } of group.done) settle()
  }

  readonly #giveUp = (cause: unknown): OperationError => {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = this.#hooks.onFailure(cause)
    return this.#failure
  }

  #fail(failure: OperationError, group: Group): void {
    for (const { job } of group.done) job.reject(failure)
    this.#current?.reject(failure)
    this.#current = undefined
    for (let job = this.#take(); job !== undefined; job = this.#take()) job.reject(failure)
  }

  #take(): Job | undefined {
    const job = this.#jobs[this.#next]
    if (job === undefined) return undefined
    this.#next++
    if (this.#next > 1_024 && 2 * this.#next > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#next)
      this.#next = 0
    }
    return job
  }
}
