// Brings a node that lacks much in step: reads one peer's order, fetches what it names from all peers at once, and hands it on parents first.

import type { Logger } from 'pino'
import { OperationError } from '../../../errors.ts'
import type { Infohash } from '../../../protocol/ids.ts'
import { RuleError } from '../../../protocol/rule-error.ts'
import type { Running } from '../../running.ts'
import type { NetworkStore } from '../../store.ts'
import { isFileOf } from '../fetcher.ts'
import type { RemotePeer } from '../peer.ts'
import { OrderReader } from './order-reader.ts'
import { Progress, type SyncProgress } from './progress.ts'
import { type Batch, type Delivered, Window } from './window.ts'

/** Whoever has so many more than this node is read in order; differences below are found by comparison. */
const FAR = 500
/** Questions that one peer has open: one on its way, one being answered, one to be read. */
const OPEN_AT_ONCE = 3
/** Files that were handed to the store and are not answered for. */
const MAX_IN_STORE = 2_000
/** Once the first batch is late by this much beside the usual, another peer is asked too. */
const LATE_FACTOR = 4
const LATE_MS = 1_000
/** Of what a peer listed, nobody had more than these, and more than half: then its order is worth nothing. */
const MOST_GONE = 300
/** A guide that brings less than this in that time gives way to another. */
const LEAST_PLACED = 100
const LEAST_EVERY_MS = 30_000
/** How long the order of a peer is not read again that was of no use. */
const USELESS_MS = 600_000
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
  /** The order of `peer` was read to its end. `placed`: how many files of it are here now. */
  readonly onRead: (peer: RemotePeer, placed: number) => void
}

type Guide = {
  readonly peer: RemotePeer
  readonly reader: OrderReader
  listed: number
  known: number
  gone: number
  isReading: boolean
  placedAt: { readonly placed: number; readonly at: number }
}

export class Sync {
  readonly #deps: SyncDeps
  readonly #window = new Window()
  readonly #open = new WeakMap<RemotePeer, number>()
  /** Handed to the store: it is told of these by whoever sent them, not by this node. */
  readonly #inStore = new Set<Infohash>()
  /** Peers whose order was of no use, until when. */
  readonly #useless = new WeakMap<RemotePeer, number>()
  /** Milliseconds that an answer takes, smoothed. */
  #usualMs = LATE_MS / LATE_FACTOR
  #guide: Guide | undefined
  #progress: Progress
  #tick: NodeJS.Timeout | undefined

  constructor(deps: SyncDeps) {
    this.#deps = deps
    this.#progress = new Progress(deps.now)
  }

  get isRunning(): boolean {
    return this.#guide !== undefined
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
    const until = this.#useless.get(peer) ?? 0
    return !peer.closed.aborted && isAhead(peer, this.#deps.store) && until <= this.#deps.now()
  }

  /** Reads the order of `peer`, unless another is being read. `isWhole`: from its beginning. */
  start(peer: RemotePeer, isWhole: boolean): void {
    const kind = this.#deps.store.syncs()
    if (this.#guide !== undefined || kind === 'later') return
    const reader = new OrderReader(peer, this.#deps.store, kind === 'unordered')
    const placedAt = { placed: 0, at: this.#deps.now() }
    this.#progress = new Progress(this.#deps.now)
    this.#guide = { peer, reader, listed: 0, known: 0, gone: 0, isReading: false, placedAt }
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
    if (this.#guide?.peer === peer) this.#change('it is gone')
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
        if (this.#guide === guide) this.#change(error.message)
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
    const most = 2 * this.#deps.store.summary().count + 20_000
    if (guide.known > most) this.#change('it lists what is known, again and again')
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
    const { placed } = this.#progress
    this.#deps.log.debug({ peer: guide.peer.key, placed, listed: guide.listed }, 'read the order of a peer')
    this.stop()
    this.#deps.onRead(guide.peer, placed)
  }

  #pump(peer: RemotePeer): void {
    while (this.#guide !== undefined && this.#openOf(peer) < OPEN_AT_ONCE && !peer.closed.aborted) {
      const batch = this.#window.next(peer.key) ?? this.#lateHead(peer)
      if (batch === undefined) return
      this.#ask(peer, batch)
    }
  }

  /** Peers that may have what is wanted: those that are not behind this node. */
  #helpers(): RemotePeer[] {
    const { count } = this.#deps.store.summary()
    return this.#deps.peers().filter((peer) => peer === this.#guide?.peer || (peer.summary?.count ?? 0) >= count)
  }

  /** The first batch, which all others wait for, if its peers are late and this one was not asked. */
  #lateHead(peer: RemotePeer): Batch | undefined {
    const head = this.#window.head
    if (head === undefined || head.wanted.size === 0 || head.asked.has(peer.key) || head.failed.has(peer.key)) return
    const lateMs = Math.max(LATE_MS, LATE_FACTOR * this.#usualMs)
    const now = this.#deps.now()
    return [...head.asked.values()].every((at) => now - at > lateMs) ? head : undefined
  }

  #ask(peer: RemotePeer, batch: Batch): void {
    const wanted = [...batch.wanted]
    const askedAt = this.#deps.now()
    batch.asked.set(peer.key, askedAt)
    this.#open.set(peer, this.#openOf(peer) + 1)
    const asked = peer
      .ask({ type: 'get', infohashes: wanted })
      .then(({ files }) => {
        this.#usualMs += (this.#deps.now() - askedAt - this.#usualMs) / 8
        this.#window.deliver(batch, peer.key, this.#checked(peer, wanted, files))
      })
      .catch((error: unknown) => {
        if (!(error instanceof OperationError)) throw error
        this.#window.fail(batch, peer.key)
      })
      .finally(() => {
        this.#open.set(peer, this.#openOf(peer) - 1)
        this.#work()
      })
    void this.#deps.running.add(asked)
  }

  #checked(peer: RemotePeer, wanted: readonly Infohash[], files: readonly Uint8Array[]): Map<Infohash, Uint8Array> {
    const right = new Map<Infohash, Uint8Array>()
    for (const [i, infohash] of wanted.entries()) {
      const file = files[i]
      if (file !== undefined && isFileOf(peer, infohash, file)) right.set(infohash, file)
      // Others are asked for what the guide listed, and may well not have it.
      else if (peer === this.#guide?.peer) peer.fault(0.5, 'it listed what it does not have')
    }
    return right
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
    if (guide.gone > MOST_GONE && guide.gone > guide.listed / 2) this.#change('nobody has what it lists')
  }

  async #place({ infohash, file, from }: Delivered, peer: RemotePeer | undefined): Promise<void> {
    this.#inStore.add(infohash)
    peer?.remember(infohash)
    const name = peer?.hello ?? { id: from, host: from.slice(from.indexOf('@') + 1) }
    try {
      const { state, missing } = await this.#deps.store.onTransaction(infohash, file, name)
      if (state === 'accepted') this.#progress.add(1, from)
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
    const now = this.#deps.now()
    const { placed } = this.#progress
    if (placed - guide.placedAt.placed >= LEAST_PLACED) guide.placedAt = { placed, at: now }
    if (now - guide.placedAt.at > LEAST_EVERY_MS) this.#change('it brings too little')
    this.#work()
  }

  /** The guide is of no use: the order of another is read, from its beginning, as nobody knows where the two are alike. */
  #change(reason: string): void {
    const guide = this.#guide
    if (guide === undefined) return
    this.#deps.log.debug({ peer: guide.peer.key, reason }, 'the order of a peer is given up')
    this.#useless.set(guide.peer, this.#deps.now() + USELESS_MS)
    this.stop()
    const next = this.#deps.peers().find((peer) => this.canRead(peer))
    if (next === undefined) this.#deps.onRead(guide.peer, this.#progress.placed)
    else this.start(next, true)
  }

  #openOf(peer: RemotePeer): number {
    return this.#open.get(peer) ?? 0
  }
}

/** It says that it has many more than this node: a claim, which is believed as far as its order brings something. */
export function isAhead(peer: RemotePeer, store: Pick<NetworkStore, 'summary'>): boolean {
  return (peer.summary?.count ?? 0) - store.summary().count > FAR
}

/** It has many fewer, and will ask: to compare now would be to list all of it. */
export function isBehind(peer: RemotePeer, store: Pick<NetworkStore, 'summary'>): boolean {
  return peer.summary !== undefined && store.summary().count - peer.summary.count > FAR
}
