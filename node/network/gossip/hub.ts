// All remote nodes of this network: who is connected, what they are told, what they are asked for.

import type Wire from 'bittorrent-protocol'
import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../protocol/rules.ts'
import * as limits from '../limits.ts'
import type { NetworkStore, StoreChange } from '../store.ts'
import type { Buckets } from './buckets.ts'
import type { Notice, Question } from './messages.ts'
import { type Hello, RemotePeer } from './peer.ts'
import { reconcile } from './reconcile.ts'
import { answer } from './serve.ts'
import { Wants } from './wants.ts'

/** New infohashes are gathered for so long before they are announced. */
const ANNOUNCE_AFTER_MS = 5
const SUMMARY_AFTER_MS = 250
const HEARTBEAT_MS = 30_000
const SILENT_MS = 100_000
/** A peer that differs is compared again after this, doubling while that finds nothing. */
const RECONCILE_MIN_MS = 2_000
const RECONCILE_MAX_MS = 600_000
const TICK_MS = 500
/** Questions for files that one peer has open; the rest of `MAX_QUESTIONS` is for reconciliation. */
const MAX_GETS = 3
/** Reconciliation waits while so many wants of the peer are open. */
const ENOUGH_WANTED = 5_000

export type HubDeps = {
  readonly store: NetworkStore
  readonly buckets: Buckets
  readonly log: Logger
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly onBlocks: (peer: RemotePeer, headers: readonly Uint8Array[]) => Promise<void>
  readonly onSeed: (peer: RemotePeer, infohash: Infohash) => Promise<void>
  readonly onBan: (peer: RemotePeer) => void
}

type Session = { pending: Infohash[]; gets: number; reconciling: boolean; nextReconcileAt: number; reconcileMs: number }

export class Hub {
  readonly #deps: HubDeps
  readonly #peers = new Map<string, RemotePeer>()
  readonly #sessions = new WeakMap<RemotePeer, Session>()
  readonly #wants = new Wants()
  /** What is being handled, so that `stop` can wait for it. */
  readonly #running = new Set<Promise<unknown>>()
  #announceTimer: NodeJS.Timeout | undefined
  #summaryTimer: NodeJS.Timeout | undefined
  #tick: NodeJS.Timeout | undefined
  #lastSummaryAt = 0

  constructor(deps: HubDeps) {
    this.#deps = deps
  }

  get peers(): readonly RemotePeer[] {
    return [...this.#peers.values()]
  }

  /** Infohashes that are wanted and not here yet. */
  get wanted(): number {
    return this.#wants.size
  }

  start(): void {
    this.#tick = setInterval(() => this.#onTick(), TICK_MS)
  }

  /** Resolves when nothing that a peer sent is being handled any more. */
  async stop(): Promise<void> {
    clearInterval(this.#tick)
    for (const peer of this.peers) peer.close()
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    clearTimeout(this.#announceTimer)
    clearTimeout(this.#summaryTimer)
  }

  /** A node of this network on `wire`; undefined if another wire to it stays. */
  connect(wire: Wire, hello: Hello, ownId: string): RemotePeer | undefined {
    const handlers = {
      onMessage: (peer: RemotePeer, message: Notice | Question) => this.#track(this.#onMessage(peer, message)),
      onClosed: (peer: RemotePeer) => this.#onClosed(peer),
      onBan: (peer: RemotePeer, reason: string) => {
        this.#deps.log.warn({ peer: peer.key, reason }, 'peer banned')
        this.#deps.onBan(peer)
      },
    }
    const peer = new RemotePeer(wire, hello, handlers, this.#deps.now)
    const other = this.#peers.get(peer.key)
    if (other && (other.hello.outgoing === hello.outgoing || hello.outgoing !== ownId < hello.id)) return undefined
    // Both dialled at the same time: both keep the wire of the one with the lower id.
    other?.close()
    this.#peers.set(peer.key, peer)
    this.#sessions.set(peer, newSession(this.#deps.now()))
    this.#deps.log.debug({ peer: peer.key, outgoing: hello.outgoing }, 'node connected')
    peer.send({ type: 'summary', summary: this.#deps.store.summary() })
    const headers = this.#deps.store.headers().slice(-limits.MAX_HEADERS)
    if (headers.length > 0) peer.send({ type: 'blocks', headers })
    return peer
  }

  /** Announces what is new in the shared set. */
  onChange({ transactions, blocks }: StoreChange): void {
    for (const infohash of transactions) this.#wants.settle(infohash)
    for (const peer of this.#peers.values()) {
      const session = this.#sessionOf(peer)
      for (const infohash of transactions) if (!peer.remembers(infohash)) session.pending.push(infohash)
      // A peer that falls so far behind finds the rest by reconciliation.
      if (session.pending.length > limits.MAX_WANTED_PER_PEER) session.pending.splice(0, session.pending.length / 2)
      if (blocks.length > 0) peer.send({ type: 'blocks', headers: blocks.slice(-limits.MAX_HEADERS) })
    }
    this.#announceTimer ??= setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS)
    this.#summaryTimer ??= setTimeout(() => this.#sendSummary(), SUMMARY_AFTER_MS)
  }

  /** Asks the connected nodes one after another. Undefined if none of them has it. */
  async fetch(infohash: Infohash, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const peers = [...this.peers].sort((a, b) => Number(b.remembers(infohash)) - Number(a.remembers(infohash)))
    for (const peer of peers) {
      if (signal.aborted) break
      const file = await this.#askFile(peer, infohash)
      if (file !== undefined) return file
    }
    return undefined
  }

  async #askFile(peer: RemotePeer, infohash: Infohash): Promise<Uint8Array | undefined> {
    try {
      const [file] = (await peer.ask({ type: 'get', infohashes: [infohash] })).files
      return file !== undefined && this.#isFileOf(peer, infohash, file) ? file : undefined
    } catch (error) {
      if (error instanceof OperationError) return undefined
      throw error
    }
  }

  async #onMessage(peer: RemotePeer, message: Notice | Question): Promise<void> {
    switch (message.type) {
      case 'summary':
        peer.summary = message.summary
        return this.#reconcileIfDue(peer)
      case 'have':
        for (const infohash of message.infohashes) peer.remember(infohash)
        this.#want(peer, message.infohashes)
        return
      case 'blocks':
        return await this.#deps.onBlocks(peer, message.headers)
      case 'seed':
        return await this.#deps.onSeed(peer, message.infohash)
      default:
        peer.send(await answer(this.#deps.store, this.#deps.buckets, peer, message))
    }
  }

  /** Wants what is not here. Returns how many were not wanted before. */
  #want(peer: RemotePeer, infohashes: readonly Infohash[]): number {
    let fresh = 0
    for (const infohash of infohashes) {
      if (this.#deps.store.has(infohash)) continue
      if (!this.#wants.has(infohash)) fresh += 1
      this.#wants.add(infohash, peer.key)
    }
    this.#pump(peer)
    return fresh
  }

  /** Asks `peer` for the most announced of what it has, as far as questions are left. */
  #pump(peer: RemotePeer): void {
    const session = this.#sessionOf(peer)
    while (session.gets < MAX_GETS && !peer.closed.aborted) {
      const infohashes = this.#wants.take(peer.key, limits.MAX_FILES)
      if (infohashes.length === 0) return
      session.gets += 1
      const got = this.#get(peer, infohashes).finally(() => {
        session.gets -= 1
        this.#pump(peer)
      })
      void this.#track(got)
    }
  }

  async #get(peer: RemotePeer, infohashes: readonly Infohash[]): Promise<void> {
    let files: readonly Uint8Array[] = []
    try {
      files = (await peer.ask({ type: 'get', infohashes })).files
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
    }
    const taken = infohashes.map(async (infohash, i) => {
      const file = files[i]
      if (file !== undefined && this.#isFileOf(peer, infohash, file)) return await this.#take(peer, infohash, file)
      if (file?.length === 0) peer.fault(0.5, 'it announced what it does not have')
      this.#wants.release(infohash, peer.key)
    })
    await Promise.all(taken)
    // What this peer did not deliver may now be asked of others.
    for (const other of this.#peers.values()) if (other !== peer) this.#pump(other)
  }

  #isFileOf(peer: RemotePeer, infohash: Infohash, file: Uint8Array): boolean {
    if (file.length === 0) return false
    if (file.length <= MAX_FILE_BYTES && infohashOf(file) === infohash) return true
    peer.fault(limits.BAN_FAULTS, 'it sent a file of another infohash')
    return false
  }

  async #take(peer: RemotePeer, infohash: Infohash, file: Uint8Array): Promise<void> {
    peer.remember(infohash)
    try {
      const outcome = await this.#deps.store.onTransaction(infohash, file, peer.hello)
      this.#wants.settle(infohash)
      if (outcome.missing.length > 0) this.#want(peer, outcome.missing)
    } catch (error) {
      this.#wants.settle(infohash)
      if (error instanceof RuleError) peer.fault(50, error.message)
      else if (error instanceof OperationError)
        this.#deps.log.warn({ infohash, code: error.code }, 'cannot take a file')
      else throw error
    }
  }

  #reconcileIfDue(peer: RemotePeer): void {
    const session = this.#sessionOf(peer)
    const now = this.#deps.now()
    if (session.reconciling || now < session.nextReconcileAt || peer.summary === undefined) return
    if (peer.summary.fingerprint === this.#deps.store.summary().fingerprint) return
    session.reconciling = true
    const onListed = async (infohashes: readonly Infohash[]) => {
      const fresh = this.#want(peer, infohashes)
      while (this.#wants.sizeOf(peer.key) > ENOUGH_WANTED && !peer.closed.aborted) await pause(50)
      return fresh
    }
    const reconciled = reconcile(peer, { buckets: this.#deps.buckets, onListed })
      .catch((error: unknown) => {
        if (error instanceof OperationError) return 0
        throw error
      })
      .then((found) => {
        session.reconciling = false
        session.reconcileMs = found > 0 ? RECONCILE_MIN_MS : Math.min(2 * session.reconcileMs, RECONCILE_MAX_MS)
        session.nextReconcileAt = this.#deps.now() + session.reconcileMs
        this.#deps.log.debug({ peer: peer.key, found }, 'reconciled')
      })
    void this.#track(reconciled)
  }

  #announce(): void {
    this.#announceTimer = undefined
    for (const peer of this.#peers.values()) {
      const { pending } = this.#sessionOf(peer)
      const infohashes = pending.splice(0, limits.MAX_INFOHASHES).filter((infohash) => !peer.remembers(infohash))
      if (infohashes.length > 0) peer.send({ type: 'have', infohashes })
      for (const infohash of infohashes) peer.remember(infohash)
      if (pending.length > 0) this.#announceTimer ??= setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS)
    }
  }

  #sendSummary(): void {
    clearTimeout(this.#summaryTimer)
    this.#summaryTimer = undefined
    this.#lastSummaryAt = this.#deps.now()
    const summary = this.#deps.store.summary()
    for (const peer of this.#peers.values()) peer.send({ type: 'summary', summary })
  }

  #onTick(): void {
    const now = this.#deps.now()
    if (now - this.#lastSummaryAt >= HEARTBEAT_MS) this.#sendSummary()
    for (const peer of this.#peers.values()) {
      if (now - peer.lastHeardAt > SILENT_MS) peer.close()
      else this.#reconcileIfDue(peer)
    }
  }

  #onClosed(peer: RemotePeer): void {
    if (this.#peers.get(peer.key) !== peer) return
    this.#peers.delete(peer.key)
    this.#wants.removePeer(peer.key)
    this.#deps.log.debug({ peer: peer.key }, 'node disconnected')
    for (const other of this.#peers.values()) this.#pump(other)
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    this.#running.add(promise)
    const remove = () => this.#running.delete(promise)
    promise.then(remove, remove)
    return promise
  }

  #sessionOf(peer: RemotePeer): Session {
    const session = this.#sessions.get(peer) ?? newSession(this.#deps.now())
    this.#sessions.set(peer, session)
    return session
  }
}

function newSession(now: number): Session {
  return { pending: [], gets: 0, reconciling: false, nextReconcileAt: now, reconcileMs: RECONCILE_MIN_MS }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
