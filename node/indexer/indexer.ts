// Follows the feed of a node into an index: begins at a snapshot, then goes on from event to event, over restarts of either side.

import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Infohash } from '../protocol/ids.ts'
import type { CallParams, Result } from '../rpc/api.ts'
import { apply, clear, isWholeAt, type Place, placeIn, type TellableChange } from './apply.ts'
import type { FeedEvent } from './feed-stream.ts'
import { bindTo, migrate } from './schema.ts'
import type { Sql } from './sql.ts'

/** The feed of a node, wherever that is. */
export type FeedSource = {
  readonly read: (params: CallParams<'feed_read'>) => Promise<Result<'feed_read'>>
  readonly snapshot: (params: CallParams<'feed_snapshot'>) => Promise<Result<'feed_snapshot'>>
  /** Batches of at most that many events behind a place, as they happen; ends where there are none to be had so. Left out: it is asked again and again. */
  readonly follow?: (place: FeedPlace, most: number, signal: AbortSignal) => AsyncIterable<readonly FeedEvent[]>
}
type FeedPlace = Extract<Place, { in: 'feed' }>

/** Changes of one SQL transaction, unless said otherwise. */
const PAGE = 5_000
const POLL_MS = 250
const MOST_PAUSE_MS = 10_000
/** As often the feed is asked after a stream has ended, before another one is opened. */
const POLLS = 120

export type IndexerDeps = {
  readonly sql: Sql
  readonly feed: FeedSource
  readonly log: Logger
  readonly page?: number
  /** Of the network of the node. An index of another one is left alone. */
  readonly genesis?: Infohash
}

/** The one writer of an index. */
export class Indexer implements AsyncDisposable {
  readonly #deps: Omit<IndexerDeps, 'page'>
  readonly #page: number
  readonly #stopping = new AbortController()
  readonly #failing = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #polls = 0
  /** What was written last may have come true after all, though no answer came. */
  #isUnsure = false

  constructor({ page = PAGE, ...deps }: IndexerDeps) {
    this.#deps = deps
    this.#page = page
  }

  /** Throws `OperationError`: 'index-newer', 'index-other-network'. */
  async start(): Promise<void> {
    const { sql, genesis } = this.#deps
    await migrate(sql)
    if (genesis !== undefined) await bindTo(sql, genesis)
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
        if (!isMore) await this.#wait()
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
    const { sql, feed, log } = this.#deps
    const place = await placeIn(sql)
    if (place?.in === 'feed') {
      try {
        return await this.#follow(place)
      } catch (error) {
        if (!(error instanceof OperationError && error.code === 'feed-pruned')) throw error
        log.warn({ error }, 'the feed does not go on from where the index is: it is emptied, and made again')
        const now = (await placeIn(sql)) ?? place
        await this.#write(() => clear(sql, now))
        return true
      }
    }
    const page = await feed.snapshot({ limit: this.#page, ...(place?.next === undefined ? {} : { after: place.next }) })
    const { sequence, epoch } = place ?? page
    const to: Place =
      page.next === undefined
        ? feedPlace({ sequence, epoch }, page.sequence)
        : { in: 'snapshot', next: page.next, sequence, epoch }
    await this.#apply(page.changes, place, to)
    return true
  }

  /** Until there may be more. What comes by the stream meanwhile is written. */
  async #wait(): Promise<void> {
    const { sql, feed } = this.#deps
    const { signal } = this.#stopping
    if (feed.follow === undefined || this.#polls > 0) {
      this.#polls--
      return await pause(POLL_MS, signal)
    }
    this.#polls = POLLS
    let place = await placeIn(sql)
    if (place?.in !== 'feed') return
    for await (const events of feed.follow(place, this.#page, signal)) place = await this.#goOn(events, place)
  }

  async #goOn(events: readonly FeedEvent[], from: FeedPlace): Promise<FeedPlace> {
    const last = events.at(-1)
    if (last === undefined) return from
    const to = feedPlace(last, from.wholeAt)
    await this.#apply(events, from, to)
    return to
  }

  async #apply(changes: readonly TellableChange[], from: Place | undefined, to: Place): Promise<void> {
    const { sql, log } = this.#deps
    await this.#write(() => apply(sql, changes, from, to))
    if (isWholeAt(to) && !(from && isWholeAt(from))) log.info({ place: to }, 'the index is whole')
  }

  async #write(work: () => Promise<void>): Promise<void> {
    try {
      await work()
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
  async #follow(from: FeedPlace): Promise<boolean> {
    const { feed } = this.#deps
    const read = ({ sequence: after, epoch }: FeedEvent | FeedPlace) => feed.read({ after, epoch, limit: this.#page })
    let place = from
    let page = await read(place)
    for (;;) {
      const { events } = page
      const last = events.length < this.#page || this.#stopping.signal.aborted ? undefined : events.at(-1)
      const next = last && read(last)
      next?.catch(() => undefined) // it is awaited below
      place = await this.#goOn(events, place)
      if (next === undefined) return false
      page = await next
    }
  }
}

/** Behind an event. */
function feedPlace({ sequence, epoch }: Pick<FeedPlace, 'sequence' | 'epoch'>, wholeAt = 0): FeedPlace {
  return { in: 'feed', sequence, epoch, ...(wholeAt > sequence ? { wholeAt } : {}) }
}

/** What trying again does not mend. */
const LOST: ReadonlySet<string> = new Set(['feed-off', 'index-moved'])

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
