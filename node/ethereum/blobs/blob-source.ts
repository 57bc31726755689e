// Where the blobs of a publication come from: everybody who may have them is asked, and nothing of what they deliver is believed.

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { troubleFacts } from '../../trouble.ts'
import { within } from '../../within.ts'
import type { ChainBlock } from '../chain.ts'
import type { KzgPool } from './kzg-pool.ts'
import { Search } from './search.ts'

/** Which blobs, and where Ethereum has them. */
export type WantedBlobs = {
  /** Versioned hashes (EIP-4844) in the order of the transaction, 1 to 6; the same one may be there twice. */
  readonly hashes: readonly Hash[]
  /** The block of Ethereum with the transaction. */
  readonly block: Pick<ChainBlock, 'number' | 'time'>
  /** Of the bridging block, as its publication says: a hint, for whoever can follow it. */
  readonly torrent?: Infohash
}

/** Somebody who may have blobs: a beacon endpoint, or peers. */
export interface BlobSupplier {
  /** For messages: no path, no key. */
  readonly name: string
  /** It hands on what whoever published the block has put somewhere: wrong blobs are the publisher's lie, and say nothing about the next block. */
  readonly isMessenger?: boolean
  /**
   * Bytes that may be these blobs, also some of them, with others among them, the likeliest first. Ends by itself, within a minute or so.
   * Throws `OperationError`; its `retry` says whether asking again makes sense.
   */
  deliver(wanted: WantedBlobs, signal: AbortSignal): Promise<readonly Uint8Array[]>
}

export type BlobSourceDeps = {
  readonly log: Logger
  /** Milliseconds of any clock. */
  readonly now: () => number
  readonly pool: Pick<KzgPool, 'hashes'>
  /** The first is asked first. */
  readonly suppliers: readonly BlobSupplier[]
}

/**
 * More than a block of Ethereum carries: 21 now, and each fork of blob parameters (EIP-7892) raises it. A supplier that cannot tell them apart
 * delivers all. No more of one answer are looked at, since each takes 0.1 to 0.3 s.
 */
export const MOST_BLOBS = 72
/** Before the next one is asked beside those that have not delivered yet. */
const PATIENCE_MS = 2_000
/** For which one that delivered wrong blobs is not asked; doubles each time. */
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 3_600_000
/** Of the newest blobs it is remembered what they hash to, so that the same lie costs nothing again. */
const REMEMBERED = 512

type Standing = {
  readonly supplier: BlobSupplier
  /** Answers with wrong blobs, less the good ones since. */
  lies: number
  pausedUntilMs: number
  /** The latest time it took work for nothing, or others were faster. */
  isDoubtful: boolean
  isFailing: boolean
}

/**
 * Asks the suppliers one after another, the next one also if those before take long; what they deliver adds up. A blob is known by its
 * commitment alone, which is computed here. One that delivers wrong blobs is asked last, and after pauses that grow.
 */
export class BlobSource {
  readonly #deps: BlobSourceDeps
  readonly #patienceMs: number
  readonly #standings: readonly Standing[]
  /** By the SHA-256 of bytes, what they hash to as a blob. */
  readonly #hashes = new Map<string, Promise<Hash | undefined>>()

  constructor(deps: BlobSourceDeps, options: { readonly patienceMs?: number } = {}) {
    this.#deps = deps
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
    this.#standings = deps.suppliers.map((supplier) => ({
      supplier,
      ...{ lies: 0, pausedUntilMs: Number.NEGATIVE_INFINITY, isDoubtful: false, isFailing: false },
    }))
  }

  /**
   * The blobs in the order of the hashes, 131,072 bytes each. Throws `OperationError('blobs-missing')` if they are not to be had now, which
   * says nothing about the block; its `retry` tells whether asking again makes sense. Throws the signal's reason, and what the pool throws.
   * Holds some megabytes for each supplier: how many searches there are at a time is for the caller to bound.
   */
  async find(wanted: WantedBlobs, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    signal.throwIfAborted()
    const search = new Search<Standing>(wanted.hashes)
    const ended = new AbortController()
    const both = AbortSignal.any([signal, ended.signal])
    const attempts: Promise<void>[] = []
    try {
      for (const standing of this.#inTurn()) {
        if (search.isComplete || signal.aborted) break
        const attempt = this.#attempt(standing, search, wanted, both)
        attempts.push(attempt)
        await this.#patience([attempt, search.complete], both, this.#patienceMs)
      }
      const all = Promise.all(attempts)
      const again = new Set<Standing>()
      for (let pauseMs = this.#patienceMs; ; pauseMs *= 2) {
        if (await this.#patience([search.complete, all], both, pauseMs)) break
        // Peers take a minute, and who lacked the blobs may have been asked a moment too early.
        for (const standing of search.early()) {
          if (again.has(standing)) continue
          again.add(standing)
          const attempt = this.#attempt(standing, search, wanted, both)
          // What is wrong with the pool shows in the others as well.
          attempts.push(attempt.catch(() => undefined).finally(() => again.delete(standing)))
        }
      }
    } finally {
      ended.abort()
      await Promise.allSettled(attempts)
    }
    signal.throwIfAborted()
    if (!search.isComplete) throw this.#missing(search, wanted)
    return search.inOrder(wanted.hashes)
  }

  /** Those that may be asked now, the best first. */
  #inTurn(): readonly Standing[] {
    const now = this.#deps.now()
    const doubt = ({ isDoubtful, isFailing }: Standing) => Number(isDoubtful || isFailing)
    return this.#standings
      .filter(({ pausedUntilMs }) => pausedUntilMs <= now)
      .toSorted((a, b) => a.lies - b.lies || doubt(a) - doubt(b))
  }

  /** Waits until one of these is over, or the signal is aborted, but not for long: whether that is so. */
  async #patience(until: readonly Promise<unknown>[], signal: AbortSignal, ms: number): Promise<boolean> {
    const over = new AbortController()
    const pause = delay(ms, false, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => true)
    try {
      return await Promise.race([...until.map((each) => each.then(() => true)), pause])
    } finally {
      over.abort()
    }
  }

  /** Rejects only where the fault is not the supplier's. */
  async #attempt(
    standing: Standing,
    search: Search<Standing>,
    wanted: WantedBlobs,
    signal: AbortSignal,
  ): Promise<void> {
    const { supplier } = standing
    let blobs: readonly Uint8Array[]
    try {
      blobs = await within(supplier.deliver(wanted, signal), signal)
    } catch (error) {
      if (!signal.aborted) this.#fails(standing, search, error)
      else if (search.isComplete) standing.isDoubtful = true
      return
    }
    const { lies } = standing
    const own = new Set<Hash>()
    let useless = 0
    for (const blob of blobs.slice(0, MOST_BLOBS)) {
      // What was found elsewhere meanwhile spares the rest, and so does a lie in another search.
      if (signal.aborted || search.isComplete || standing.lies > lies) break
      let hash: Hash | undefined
      try {
        hash = await within(this.#hashOf(blob), signal)
      } catch (error) {
        if (signal.aborted) break
        throw error
      }
      if (hash !== undefined && search.wants(hash)) {
        own.add(hash)
        search.add(hash, blob)
      } else useless += 1
    }
    if (supplier.isMessenger !== true && (useless > 0 || own.size > 0)) standing.isDoubtful = useless > 0
    if (own.size === search.size) this.#delivered(standing)
    else if (signal.aborted || search.isComplete || standing.lies > lies) return
    else if (useless > 0) this.#lied(standing, search, useless)
    else this.#fails(standing, search, absent(supplier.name, own.size, search.size))
  }

  /** One task at a time for each attempt, so that good blobs do not wait for all the wrong ones of another supplier. */
  #hashOf(blob: Uint8Array): Promise<Hash | undefined> {
    const key = createHash('sha256').update(blob).digest('base64')
    const known = this.#hashes.get(key)
    if (known !== undefined) return known
    // Without a signal: to give up a task ends the thread, which takes seconds to start again.
    const hash = this.#deps.pool.hashes([blob]).then(([first]) => first)
    this.#hashes.set(key, hash)
    hash.catch(() => this.#hashes.delete(key))
    const [oldest] = this.#hashes.keys()
    if (this.#hashes.size > REMEMBERED && oldest !== undefined) this.#hashes.delete(oldest)
    return hash
  }

  #delivered(standing: Standing): void {
    standing.lies = Math.max(0, standing.lies - 1)
    if (!standing.isFailing) return
    standing.isFailing = false
    this.#deps.log.info({ source: standing.supplier.name }, 'a source of blobs delivers again')
  }

  #lied(standing: Standing, search: Search<Standing>, useless: number): void {
    const { name, isMessenger = false } = standing.supplier
    if (isMessenger) {
      this.#fails(standing, search, wrong(name, useless, 'whoever published the block has put others there'))
      return
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** standing.lies, LONGEST_PAUSE_MS)
    standing.lies += 1
    standing.pausedUntilMs = this.#deps.now() + pauseMs
    const advice = `it is not asked for ${pauseMs / 1_000} s, take it out if this stays`
    this.#fails(standing, search, wrong(name, useless, advice))
  }

  #fails(standing: Standing, search: Search<Standing>, error: unknown): void {
    const { log } = this.#deps
    const { name, isMessenger = false } = standing.supplier
    search.problems.set(standing, error)
    const facts = { source: name, ...troubleFacts(error) }
    // Whoever is asked early, or late, lacks blobs without being out of order, and so does a messenger to whom nobody gave them.
    if (codeOf(error) === 'blobs-absent' || isMessenger) log.debug(facts, 'a source lacks blobs')
    else if (!standing.isFailing) {
      standing.isFailing = true
      log.warn(facts, 'a source of blobs fails')
    }
  }

  #missing({ found, size, problems }: Search<Standing>, { block }: WantedBlobs): OperationError {
    // Who was not asked is left alone after a lie.
    const sources = this.#standings.map(
      (standing) =>
        `${standing.supplier.name} (${problems.has(standing) ? codeOf(problems.get(standing)) : 'blobs-wrong'})`,
    )
    const retry = this.#standings.some((standing) => {
      const problem = problems.get(standing)
      return !(problem instanceof OperationError) || problem.retry
    })
    const advice =
      sources.length === 0
        ? 'name a beacon endpoint with --beacon URL or TTX_BEACON'
        : retry
          ? 'they are asked for again, name another beacon endpoint with --beacon if this stays'
          : 'name a beacon endpoint that keeps them with --beacon'
    return new OperationError(
      'blobs-missing',
      `expected ${size} blobs of block ${block.number} of Ethereum, got ${found} from ${sources.join(' and ') || 'nobody'}; ${advice}`,
      { facts: { block: `${block.number}`, found, wanted: size, sources }, retry },
    )
  }
}

function wrong(name: string, useless: number, advice: string): OperationError {
  return new OperationError(
    'blobs-wrong',
    `expected blobs with the hashes that were asked for from ${name}, got ${useless} others; ${advice}`,
    { facts: { source: name, useless }, retry: true },
  )
}

function absent(name: string, found: number, wanted: number): OperationError {
  return new OperationError('blobs-absent', `expected ${wanted} blobs from ${name}, got ${found} of them`, {
    facts: { source: name, found, wanted },
    retry: true,
  })
}

function codeOf(error: unknown): string {
  return error instanceof OperationError ? error.code : 'failed'
}
