// Checks fields and signatures of files: a few at once here, many on threads of their own, so that the main one places what they checked.

import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { concat } from '../../protocol/bytes.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import { isPackable, readVerified } from '../../protocol/transaction.ts'
import { type VerifiedTransaction, verifyFile } from '../../protocol/verify.ts'
import type { VerifyTask } from './verify-worker.ts'

/** What the ledger needs of a transaction that is right in itself. */
export type VerifiedFile = Omit<VerifiedTransaction, 'packed'>

type Job = {
  readonly file: Uint8Array
  readonly infohash: Infohash
  readonly resolve: (verified: VerifiedFile) => void
  readonly reject: (error: unknown) => void
}

/** Files of one task of a thread: some 10 ms of work. */
const CHUNK = 64
/** Fewer than this at once are checked here: a thread would save less than asking it costs. */
const MANY = 16
const MAX_THREADS = 4
/** A thread takes memory of its own: it goes when nothing was to be checked for this time. */
const IDLE_MS = 10_000

const workerFile = fileURLToPath(new URL('./verify-worker.ts', import.meta.url))

/** Those of the process: the ledgers in it share them. They start with the first task, and keep no process alive while they have none. */
class Threads {
  #pool: Piscina | undefined
  #state: 'cold' | 'starting' | 'warm' = 'cold'
  #askedAt = 0

  /** Undefined while they start: that takes longer than to do the work here. */
  async ask(task: VerifyTask): Promise<boolean[] | undefined> {
    const now = performance.now()
    if (this.#state === 'warm' && now - this.#askedAt > IDLE_MS) this.#state = 'cold'
    this.#askedAt = now
    if (this.#state === 'starting') return undefined
    const maxThreads = Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1))
    this.#pool ??= new Piscina({ filename: workerFile, minThreads: 0, maxThreads, idleTimeout: IDLE_MS })
    if (this.#state === 'warm') return await this.#pool.run(task, { name: 'verify' })
    this.#state = 'starting'
    const settle = (state: 'cold' | 'warm') => () => {
      this.#state = state
    }
    this.#pool.run(task, { name: 'verify' }).then(settle('warm'), settle('cold'))
    return undefined
  }
}

const threads = new Threads()

export class Verifier {
  readonly #rules: Rules
  #jobs: Job[] = []
  /** Ends when what was handed in so far is answered. */
  #last: Promise<void> = Promise.resolve()
  #chunks = 0

  constructor(rules: Rules) {
    this.#rules = rules
  }

  /** Answers come in the order of the questions. Rejects with what `verifyFile` throws. */
  verify(file: Uint8Array, infohash: Infohash): Promise<VerifiedFile> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.push({ file, infohash, resolve, reject }) === 1) queueMicrotask(() => this.#flush())
    })
  }

  /** Resolves when all that was handed in is answered, and whoever asked has gone on. */
  async idle(): Promise<void> {
    await setImmediate()
    await this.#last
    await setImmediate()
  }

  #flush(): void {
    const jobs = this.#jobs
    this.#jobs = []
    const isBusy = this.#chunks > 0
    if (jobs.length < MANY && !isBusy) {
      for (const job of jobs) this.#verifyHere(job)
      return
    }
    for (let at = 0; at < jobs.length; at += CHUNK) this.#handOut(jobs.slice(at, at + CHUNK))
  }

  #handOut(jobs: readonly Job[]): void {
    this.#chunks += 1
    const asked = this.#ask(jobs)
    const before = this.#last
    this.#last = (async () => {
      const answer = await asked
      await before
      this.#chunks -= 1
      for (const [i, job] of jobs.entries()) {
        if (answer?.[i] === true) resolveVerified(job)
        // No thread looked at it, or it is wrong: what is wrong is found out here.
        else this.#verifyHere(job)
      }
    })()
  }

  /** Undefined where no thread answers. */
  async #ask(jobs: readonly Job[]): Promise<readonly boolean[] | undefined> {
    const files = jobs.map(({ file }) => file)
    const task: VerifyTask = { rules: this.#rules, files: concat(...files), lengths: files.map(({ length }) => length) }
    try {
      return await threads.ask(task)
    } catch {
      return undefined
    }
  }

  #verifyHere({ file, resolve, reject }: Job): void {
    try {
      resolve(verifyFile(this.#rules, file))
    } catch (error) {
      reject(error)
    }
  }
}

function resolveVerified({ file, infohash, resolve, reject }: Job): void {
  const tx = readVerified(file)
  if (isPackable(tx)) resolve({ tx, infohash, file })
  else reject(new RuleError('not-signed', `expected a signed transaction, got a ${tx.kind}`))
}
