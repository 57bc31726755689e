// Follows the feed of a node into an index: begins at a snapshot, then goes on from event to event, over restarts of either side.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { CallParams, Result } from '../rpc/api.ts'
import { apply, type Place, placeIn, type TellableChange } from './apply.ts'
import { migrate } from './schema.ts'
import type { Sql } from './sql.ts'

/** The feed of a node, wherever that is. */
export type FeedSource = {
  readonly read: (params: CallParams<'feed_read'>) => Promise<Result<'feed_read'>>
  readonly snapshot: (params: CallParams<'feed_snapshot'>) => Promise<Result<'feed_snapshot'>>
}

/** Changes of one SQL transaction, unless said otherwise. */
const PAGE = 5_000
const POLL_MS = 250
const MOST_PAUSE_MS = 10_000

export type IndexerDeps = { readonly sql: Sql; readonly feed: FeedSource; readonly log: Logger; readonly page?: number }

/** The one writer of an index. */
export class Indexer implements AsyncDisposable {
  readonly #deps: Omit<IndexerDeps, 'page'>
  readonly #page: number
  readonly #stopping = new AbortController()
  readonly #failing = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** What was written last may have come true after all, though no answer came. */
  #isUnsure = false

  constructor({ page = PAGE, ...deps }: IndexerDeps) {
    this.#deps = deps
    this.#page = page
  }

  /** Throws `OperationError('index-newer')`. */
  async start(): Promise<void> {
    await migrate(this.#deps.sql)
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Aborts when it cannot go on: the reason is the error. */
  get failed(): AbortSignal {
    return this.#failing.signal
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        const isMore = await this.#step()
        failures = 0
        if (!isMore) await pause(POLL_MS, signal)
      } catch (error) {
        if (error instanceof OperationError && LOST.has(error.code) && !this.#isOwnDoing(error))
          return this.#failing.abort(error)
        failures++
        if (failures === 1) this.#deps.log.warn({ error }, 'the index does not move on; it tries again')
        await pause(Math.min(POLL_MS * 2 ** failures, MOST_PAUSE_MS), signal)
      }
    }
  }

  /** One page; whether there may be more at once. */
  async #step(): Promise<boolean> {
    const { sql, feed } = this.#deps
    const place = await placeIn(sql)
    if (place?.in === 'feed') return await this.#follow(place)
    const page = await feed.snapshot({ limit: this.#page, ...(place?.next === undefined ? {} : { after: place.next }) })
    const { sequence, epoch } = place ?? page
    const to: Place =
      page.next === undefined ? { in: 'feed', sequence, epoch } : { in: 'snapshot', next: page.next, sequence, epoch }
    await this.#apply(page.changes, place, to)
    return true
  }

  async #apply(changes: readonly TellableChange[], from: Place | undefined, to: Place): Promise<void> {
    try {
      await apply(this.#deps.sql, changes, from, to)
      this.#isUnsure = false
    } catch (error) {
      if (!(error instanceof OperationError && error.code === 'index-moved')) this.#isUnsure = true
      throw error
    }
  }

  /** A commit whose answer was lost moves the index once. Another writer does so again. */
  #isOwnDoing({ code }: OperationError): boolean {
    const isUnsure = code === 'index-moved' && this.#isUnsure
    this.#isUnsure = false
    return isUnsure
  }

  /** The next page is on its way while one is written. */
  async #follow(from: Extract<Place, { in: 'feed' }>): Promise<boolean> {
    const { feed } = this.#deps
    const read = ({ sequence: after, epoch }: Place) => feed.read({ after, epoch, limit: this.#page })
    let place: Place = from
    let page = await read(place)
    for (;;) {
      const last = page.events.at(-1)
      if (last === undefined) return false
      const to: Place = { in: 'feed', sequence: last.sequence, epoch: last.epoch }
      const next = page.events.length < this.#page || this.#stopping.signal.aborted ? undefined : read(to)
      next?.catch(() => undefined) // it is awaited below
      await this.#apply(page.events, place, to)
      if (next === undefined) return false
      place = to
      page = await next
    }
  }
}

/** What trying again does not mend. */
const LOST: ReadonlySet<string> = new Set(['feed-pruned', 'feed-off', 'index-moved'])

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
