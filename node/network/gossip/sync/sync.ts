// Brings a node that lacks much in step: reads one peer's order, fetches what it names from all peers at once, and hands it on parents first.

import type { Logger } from 'pino'
import { OperationError } from '../../../errors.ts'
import type { Infohash } from '../../../protocol/ids.ts'
import { RuleError } from '../../../protocol/rule-error.ts'
import type { Running } from '../../running.ts'
import type { NetworkStore } from '../../store.ts'
import type { RemotePeer } from '../peer.ts'
import { judgeDelivery, rightFiles } from './delivery.ts'
import { isAhead } from './distance.ts'
import { byWorth, Guides } from './guides.ts'
import { OrderReader } from './order-reader.ts'
import { Progress, type SyncProgress } from './progress.ts'
import { type Batch, type Delivered, Window } from './window.ts'

/** Questions that one peer has open: one on its way, one being answered, one to be read. */
const OPEN_AT_ONCE = 3
/** Files that were handed to the store and are not answered for. */
const MAX_IN_STORE = 2_000
/** Once a batch is late by this much beside the usual, another peer is asked too; and at the latest after the last. */
const LATE_FACTOR = 4
const LATE_MS = 1_000
const MOST_LATE_MS = 4_000
/** Of what a peer listed, nobody had more than these, and more than half: then its order is worth nothing. */
const MOST_GONE = 300
/** Positions that hold only what blocks ordered count as if they brought something: a minute's worth. */
const MOST_PASSED = 5_000_000
/** As long as this many payments a second come, nobody is compared with: most of what differs is on its way. */
const BRINGING = 20
const TICK_MS = 250

export type SyncDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  readonly running: Running
  readonly peers: () => readonly RemotePeer[]
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** A file whose ancestors are not here, although its peer listed it: they are fetched as those of any other. */
  readonly onMissing: (peer: RemotePeer, missing: readonly Infohash[]) => void
  /** The order of `peer` was read to its end, or given up, and no other is read now. */
  readonly onRead: (peer: RemotePeer) => void
}

type Guide = {
  readonly peer: RemotePeer
  readonly reader: OrderReader
  listed: number
  known: number
  gone: number
  isReading: boolean
}

export class Sync {
  readonly #deps: SyncDeps
  readonly #window = new Window()
  readonly #open = new WeakMap<RemotePeer, number>()
  /** Handed to the store: it is told of these by whoever sent them, not by this node. */
  readonly #inStore = new Set<Infohash>()
  readonly #guides: Guides
  /** Milliseconds that an answer takes, smoothed. */
  #usualMs = LATE_MS / LATE_FACTOR
  #guide: Guide | undefined
  #progress: Progress
  #tick: NodeJS.Timeout | undefined

  constructor(deps: SyncDeps) {
    this.#deps = deps
    this.#guides = new Guides(deps.now)
    this.#progress = new Progress(deps.now)
  }

  get isRunning(): boolean {
    return this.#guide !== undefined
  }

  /** It runs, and much comes by it. */
  get isBringing(): boolean {
    return this.isRunning && this.#progress.perSecond >= BRINGING
  }

  /** Undefined while nothing is read. */
  get progress(): SyncProgress | undefined {
    const guide = this.#guide
    if (guide === undefined) return undefined
    const { count } = this.#deps.store.summary()
    const { peers, perSecond } = this.#progress
    return { payments: count, of: Math.max(count, guide.peer.summary?.count ?? 0), peers, perSecond }
  }

  /** Whether a transaction came by this sync. */
  brings(infohash: Infohash): boolean {
    return this.#inStore.has(infohash)
  }

  /** Whether the order of a peer is worth reading: it says that it has many more, and was not found useless. */
  canRead(peer: RemotePeer): boolean {
    return !peer.closed.aborted && isAhead(peer, this.#deps.store) && this.#guides.mayRead(peer)
  }

  /** Whose order is read first. */
  best(peers: readonly RemotePeer[]): RemotePeer | undefined {
    return this.#guides.best(peers)
  }

  /** Reads the order of `peer`, unless another is being read. `isWhole`: from its beginning. */
  start(peer: RemotePeer, isWhole: boolean): void {
    const kind = this.#deps.store.syncs()
    if (this.#guide !== undefined || kind === 'later') return
    const reader = new OrderReader(peer, this.#deps.store, kind === 'unordered')
    this.#progress = new Progress(this.#deps.now)
    this.#guide = { peer, reader, listed: 0, known: 0, gone: 0, isReading: false }
    this.#guides.begin(peer)
    this.#tick ??= setInterval(() => this.#onTick(), TICK_MS)
    this.#deps.log.debug({ peer: peer.key, of: peer.summary?.count }, 'reading the order of a peer')
    const isEmpty = this.#deps.store.summary().count <= 1
    this.#read(isWhole || isEmpty ? undefined : () => reader.skipKnown())
  }

  stop(): void {
    this.#guide = undefined
    this.#window.clear()
    clearInterval(this.#tick)
    this.#tick = undefined
  }

  removePeer(peer: RemotePeer): void {
    if (this.#guide?.peer === peer) this.#change('it is gone', 'slow')
    this.#work()
  }

  #read(first?: () => Promise<void>): void {
    const guide = this.#guide
    if (guide === undefined || guide.isReading || guide.reader.isAtEnd || this.#window.isFull) return
    guide.isReading = true
    const reading = (async () => {
      await first?.()
      const infohashes = await guide.reader.next()
      if (this.#guide === guide) this.#onListed(guide, infohashes)
    })()
    const done = reading
      .catch((error: unknown) => {
        if (!(error instanceof OperationError)) throw error
        if (this.#guide === guide) this.#change(error.message, 'slow')
      })
      .finally(() => {
        guide.isReading = false
        this.#work()
      })
    void this.#deps.running.add(done)
  }

  #onListed(guide: Guide, infohashes: readonly Infohash[]): void {
    const unknown = infohashes.filter((infohash) => !this.#deps.store.has(infohash))
    const fresh = this.#window.add(unknown)
    guide.listed += fresh
    guide.known += infohashes.length - fresh
    // An order without an end that repeats what is known, or is being fetched.
    const isEndless = guide.known > 2 * this.#deps.store.summary().count + 20_000
    if (isEndless) this.#change('it lists what is known, again and again', 'lied')
  }

  /** Does all that can be done now. */
  #work(): void {
    if (this.#guide === undefined) return
    const peers = this.#helpers()
    this.#handOn(peers)
    for (const peer of peers) this.#pump(peer)
    this.#read()
    const guide = this.#guide
    if (guide?.reader.isAtEnd && this.#window.size === 0 && this.#inStore.size === 0) this.#end(guide)
  }

  #end(guide: Guide): void {
    this.#deps.log.debug({ peer: guide.peer.key, listed: guide.listed }, 'read the order of a peer')
    this.stop()
    this.#deps.onRead(guide.peer)
  }

  #pump(peer: RemotePeer): void {
    while (this.#guide !== undefined && this.#openOf(peer) < OPEN_AT_ONCE && !peer.closed.aborted) {
      // Who let others wait is asked for one batch at a time, and keeps no more from those who deliver.
      if (peer.standing.grade === 'failing' && this.#openOf(peer) > 0) return
      const batch = this.#window.next(peer.key) ?? this.#window.late(peer.key, this.#deps.now() - this.#lateMs)
      if (batch === undefined) return
      this.#ask(peer, batch)
    }
  }

  /** Peers that may have what is wanted: those that are not behind this node, the best first. */
  #helpers(): RemotePeer[] {
    const { count } = this.#deps.store.summary()
    const may = this.#deps.peers().filter((peer) => peer === this.#guide?.peer || (peer.summary?.count ?? 0) >= count)
    return may.sort(byWorth)
  }

  /** How long a batch may take before one more peer is asked for it, milliseconds. */
  get #lateMs(): number {
    return Math.min(Math.max(LATE_MS, LATE_FACTOR * this.#usualMs), MOST_LATE_MS)
  }

  #ask(peer: RemotePeer, batch: Batch): void {
    const wanted = [...batch.wanted]
    const askedAt = this.#deps.now()
    batch.asked.set(peer.key, askedAt)
    this.#open.set(peer, this.#openOf(peer) + 1)
    const asked = peer
      .ask({ type: 'get', infohashes: wanted })
      .then(({ files }) => {
        const right = rightFiles(peer, { wanted, files, isGuide: peer === this.#guide?.peer })
        // Who brings nothing does not say how long it takes.
        if (right.size > 0) this.#usualMs += (this.#deps.now() - askedAt - this.#usualMs) / 8
        judgeDelivery(peer, right.size, this.#deps.now() - askedAt > MOST_LATE_MS)
        this.#window.deliver(batch, peer.key, right)
      })
      .catch((error: unknown) => {
        if (!(error instanceof OperationError)) throw error
        peer.standing.failed()
        this.#window.fail(batch, peer.key)
      })
      .finally(() => {
        this.#open.set(peer, this.#openOf(peer) - 1)
        this.#work()
      })
    void this.#deps.running.add(asked)
  }

  /** Hands what is whole to the store, in order. */
  #handOn(peers: readonly RemotePeer[]): void {
    const guide = this.#guide
    if (guide === undefined || this.#inStore.size >= MAX_IN_STORE) return
    const keys = peers.map(({ key }) => key)
    const { files, gone } = this.#window.takeWhole(keys, MAX_IN_STORE - this.#inStore.size)
    guide.gone += gone
    const byKey = new Map(peers.map((peer) => [peer.key, peer]))
    for (const delivered of files) void this.#deps.running.add(this.#place(delivered, byKey.get(delivered.from)))
    if (guide.gone > MOST_GONE && guide.gone > guide.listed / 2) this.#change('nobody has what it lists', 'lied')
  }

  async #place({ infohash, file, from }: Delivered, peer: RemotePeer | undefined): Promise<void> {
    this.#inStore.add(infohash)
    peer?.remember(infohash)
    const name = peer?.hello ?? { id: from, host: from.slice(from.indexOf('@') + 1) }
    try {
      const { state, missing } = await this.#deps.store.onTransaction(infohash, file, name)
      if (state === 'accepted') this.#progress.add(1, from)
      if (state === 'accepted') peer?.standing.useful(this.#deps.now())
      if (missing.length > 0 && peer !== undefined) this.#deps.onMissing(peer, missing)
    } catch (error) {
      if (error instanceof RuleError) peer?.fault(50, error.message)
      else if (!(error instanceof OperationError)) throw error
      else this.#deps.log[error.retry ? 'debug' : 'warn']({ infohash, code: error.code }, 'cannot take a file')
    } finally {
      this.#inStore.delete(infohash)
      if (this.#inStore.size === 0 || this.#inStore.size === MAX_IN_STORE / 2) this.#work()
    }
  }

  /** A guide that brings hardly anything holds others up, if there is another. */
  #onTick(): void {
    const guide = this.#guide
    if (guide === undefined) return
    const others = this.#readable(guide.peer)
    const verdict = this.#guides.judge(this.#hadOf(guide), others)
    if (verdict === 'useless') this.#change('it brings too little', 'slow')
    else if (verdict === 'slow') this.#restart(this.#guides.next(others))
    this.#work()
  }

  /** What a guide has brought: files, and, as far as they can be seen to be true, places in its order that need nothing. */
  #hadOf({ known, reader }: Guide): number {
    return this.#progress.placed + known + Math.min(reader.passed, MOST_PASSED)
  }

  /** Peers but `guide` whose order can be read now. */
  #readable(guide: RemotePeer): RemotePeer[] {
    return this.#deps.peers().filter((peer) => peer !== guide && this.canRead(peer))
  }

  #change(reason: string, why: 'lied' | 'slow'): void {
    const guide = this.#guide
    if (guide === undefined) return
    this.#deps.log.debug({ peer: guide.peer.key, reason }, 'the order of a peer is given up')
    this.#guides.giveUp(guide.peer, why)
    const next = this.#guides.best(this.#readable(guide.peer))
    this.#restart(next)
    if (next === undefined) this.#deps.onRead(guide.peer)
  }

  /** From the beginning of an order, as nobody knows where the two are alike. */
  #restart(next: RemotePeer | undefined): void {
    this.stop()
    if (next !== undefined) this.start(next, true)
  }

  #openOf(peer: RemotePeer): number {
    return this.#open.get(peer) ?? 0
  }
}
