// Work for peers, in short slices and in fair shares, so that no set of peers takes the event loop from the user of this node.

import { setImmediate, setTimeout } from 'node:timers/promises'
import { TokenBucket } from './token-bucket.ts'

/** After as many milliseconds of work everything else has its turn. */
const SLICE_MS = 4
/** Milliseconds of work after a pause that nobody has to rest for. */
const BURST_MS = 10
/** Of the price of work, what an owner may use in one round of all. */
const QUANTUM = 100

export type FairWorkOptions = {
  /** Of one processor, above 0 and below 1: the rest is left for others. */
  readonly share: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Resolves after so many milliseconds, and after everything else that is ready has had its turn. */
  readonly rest?: (ms: number) => Promise<unknown>
}

type Job = { readonly cost: number; readonly run: () => Promise<void> }
type Owner = { readonly jobs: Job[]; deficit: number }

/**
 * One job at a time, in deficit round robin (M. Shreedhar and G. Varghese, *Efficient fair queueing using deficit round robin*, SIGCOMM 1995): owners that have
 * jobs waiting get equal shares, as measured by the price that they state before; and all together at most a share of a processor, as measured by the clock.
 */
export class FairWork {
  readonly #owners = new Map<object, Owner>()
  readonly #now: () => number
  readonly #rest: (ms: number) => Promise<unknown>
  readonly #time: TokenBucket
  #isWorking = false

  constructor({ share, now, rest = (ms) => (ms > 0 ? setTimeout(ms) : setImmediate()) }: FairWorkOptions) {
    this.#now = now
    this.#rest = rest
    this.#time = new TokenBucket(share * 1_000, BURST_MS, now)
  }

  /** Jobs that wait. */
  get waiting(): number {
    return [...this.#owners.values()].reduce((sum, { jobs }) => sum + jobs.length, 0)
  }

  /** What `job` returns, or rejects with what it throws. `cost` is its price in files read; a job should take a millisecond at most. */
  async run<T>(owner: object, cost: number, job: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = async () => {
      try {
        resolve(await job())
      } catch (error) {
        reject(error)
      }
    }
    const known = this.#owners.get(owner)
    if (known === undefined) this.#owners.set(owner, { jobs: [{ cost, run }], deficit: 0 })
    else known.jobs.push({ cost, run })
    if (!this.#isWorking) void this.#work()
    return await promise
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    let sliceBegan = this.#now()
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const began = this.#now()
      await job.run()
      const restMs = this.#time.charge(this.#now() - began)
      if (restMs === 0 && this.#now() - sliceBegan < SLICE_MS) continue
      await this.#rest(restMs)
      sliceBegan = this.#now()
    }
    this.#isWorking = false
  }

  /** Owners wait in the order of the map; who used up its share goes to the end. */
  #next(): Job | undefined {
    for (;;) {
      const [first] = this.#owners
      if (first === undefined) return undefined
      const [key, owner] = first
      const [job] = owner.jobs
      if (job === undefined || owner.deficit < job.cost) {
        this.#owners.delete(key)
        if (job === undefined) continue
        owner.deficit += QUANTUM
        this.#owners.set(key, owner)
        continue
      }
      owner.deficit -= job.cost
      owner.jobs.shift()
      return job
    }
  }
}
