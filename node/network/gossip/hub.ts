// All remote nodes of this network: who is connected, what they are told, and when they are compared with this one.

import type Wire from 'bittorrent-protocol'
import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { FairWork } from '../fair-work.ts'
import { FILES_SHARE, MAX_HEADERS, MAX_INFOHASHES, MAX_WANTED_PER_PEER, UNASKED_SHARE } from '../limits.ts'
import { Running } from '../running.ts'
import type { NetworkStore, StoreChange, ToldBlock } from '../store.ts'
import { Fetcher } from './fetcher.ts'
import type { Notice, Question } from './messages.ts'
import { type Hello, RemotePeer } from './peer.ts'
import { Comparer } from './reconcile/comparer.ts'
import type { SetIndex } from './reconcile/set-index.ts'
import { answer } from './serve.ts'
import { Sync } from './sync/sync.ts'

/** New infohashes are gathered for this long before they are announced. */
const ANNOUNCE_AFTER_MS = 5
const SUMMARY_AFTER_MS = 250
const HEARTBEAT_MS = 30_000
const SILENT_MS = 100_000
const TICK_MS = 500
/** Places for waiting files of a peer that are left for what it announces: the ancestors of one file do not take them. */
const ROOM_FOR_OTHERS = 1_000

export type HubDeps = {
  readonly store: NetworkStore
  /** Of what the store shares. */
  readonly index: SetIndex
  readonly log: Logger
  /** This node's own id. */
  readonly nodeId: Infohash
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly onBlocks: (peer: RemotePeer, blocks: readonly ToldBlock[]) => Promise<void>
  readonly onSeed: (peer: RemotePeer, infohash: Infohash) => Promise<void>
  readonly onBan: (peer: RemotePeer) => void
}

type Session = {
  readonly peer: RemotePeer
  /** Infohashes to announce. */
  pending: Infohash[]
}

export class Hub {
  readonly fetcher: Fetcher
  readonly sync: Sync
  readonly comparer: Comparer
  readonly #deps: HubDeps
  readonly #sessions = new Map<string, Session>()
  readonly #running = new Running()
  /** What peers send unasked, and what they ask. */
  readonly #unasked: FairWork
  #announceTimer: NodeJS.Timeout | undefined
  #summaryTimer: NodeJS.Timeout | undefined
  #tick: NodeJS.Timeout | undefined
  #lastSummaryAt = 0

  constructor(deps: HubDeps) {
    this.#deps = deps
    const { store, log, now } = deps
    this.#unasked = new FairWork({ share: UNASKED_SHARE, now: () => performance.now() })
    const files = new FairWork({ share: FILES_SHARE, now: () => performance.now() })
    const common = { store, log, now, running: this.#running, peers: () => this.peers }
    this.fetcher = new Fetcher({
      ...{ ...common, announced: this.#unasked, files },
      onMissing: (peer, missing) => this.#onMissing(peer, missing, 'announced'),
    })
    this.sync = new Sync({
      ...common,
      onMissing: (peer, missing) => this.#onMissing(peer, missing, 'listed'),
      onRead: (peer) => this.comparer.onRead(peer),
    })
    this.comparer = new Comparer({ ...common, index: deps.index, fetcher: this.fetcher, sync: this.sync })
  }

  get peers(): readonly RemotePeer[] {
    return [...this.#sessions.values()].map(({ peer }) => peer)
  }

  start(): void {
    this.#tick = setInterval(() => this.#onTick(), TICK_MS)
  }

  /** Resolves when nothing that a peer sent is being handled any more. */
  async stop(): Promise<void> {
    clearInterval(this.#tick)
    this.sync.stop()
    for (const peer of this.peers) peer.close()
    await this.#running.settled()
    clearTimeout(this.#announceTimer)
    clearTimeout(this.#summaryTimer)
  }

  /** A node of this network on `wire`; undefined if another wire to it stays. */
  connect(wire: Wire, hello: Hello): RemotePeer | undefined {
    const peer = new RemotePeer(wire, hello, this.#handlers(), this.#deps.now, this.#unasked)
    const other = this.#sessions.get(peer.key)?.peer
    // Where both dialled at the same time, both keep the wire of the one with the lower id.
    const isPreferred = hello.outgoing === this.#deps.nodeId < hello.id
    if (other && (other.hello.outgoing === hello.outgoing || !isPreferred)) return undefined
    other?.close()
    this.#sessions.set(peer.key, { peer, pending: [] })
    this.#deps.log.debug({ peer: peer.key, outgoing: hello.outgoing }, 'node connected')
    peer.send({ type: 'summary', summary: this.#deps.store.summary() })
    const blocks = this.#deps.store.headers().slice(-MAX_HEADERS)
    if (blocks.length > 0) peer.send({ type: 'blocks', blocks })
    return peer
  }

  /** Announces what is new in the shared set. */
  onChange({ transactions, blocks }: StoreChange): void {
    this.fetcher.settle(transactions)
    // Those who are in step have what a sync brings, and whoever else lacks it will ask.
    const news = transactions.filter((infohash) => !this.sync.brings(infohash))
    for (const { peer, pending } of this.#sessions.values()) {
      for (const infohash of news) if (!peer.remembers(infohash)) pending.push(infohash)
      // A peer that falls this far behind finds the rest by reconciliation.
      if (pending.length > MAX_WANTED_PER_PEER) pending.splice(0, pending.length - MAX_WANTED_PER_PEER)
      if (blocks.length > 0) peer.send({ type: 'blocks', blocks: blocks.slice(-MAX_HEADERS) })
    }
    this.#announceTimer ??= setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS)
    this.#summaryTimer ??= setTimeout(() => this.#sendSummary(), SUMMARY_AFTER_MS)
  }

  #handlers() {
    return {
      onMessage: (peer: RemotePeer, message: Notice | Question) => this.#running.add(this.#handle(peer, message)),
      onClosed: (peer: RemotePeer) => this.#onClosed(peer),
      onBan: (peer: RemotePeer, reason: string) => {
        this.#deps.log.warn({ peer: peer.key, reason }, 'peer banned')
        this.#deps.onBan(peer)
      },
    }
  }

  /** What is neither the peer's fault nor the disk's is a bug of ours: it is reported, and must not end the node. */
  async #handle(peer: RemotePeer, message: Notice | Question): Promise<void> {
    try {
      await this.#onMessage(peer, message)
    } catch (error) {
      if (error instanceof RuleError || error instanceof OperationError) throw error
      this.#deps.log.error({ error, type: message.type }, 'a message could not be handled; please report it')
      peer.close()
    }
  }

  async #onMessage(peer: RemotePeer, message: Notice | Question): Promise<void> {
    switch (message.type) {
      case 'summary': {
        peer.summary = message.summary
        this.comparer.compareIfDue(peer)
        return
      }
      case 'have':
        return await this.fetcher.announced(peer, message.infohashes)
      case 'blocks':
        return await this.#deps.onBlocks(peer, message.blocks)
      case 'seed':
        return await this.#deps.onSeed(peer, message.infohash)
      default:
        if (message.type === 'sketch' && message.from === 0) this.comparer.onAsked(peer)
        peer.send(await answer(this.#deps.store, this.#deps.index, peer, message))
    }
  }

  /** Ancestors of what is read in order come in order. Those of other files are fetched, as long as that leaves room for what else the peer announces. */
  #onMissing(peer: RemotePeer, missing: readonly Infohash[], how: 'announced' | 'listed'): void {
    if (how === 'announced' && this.sync.isBringing) return
    if (this.#deps.store.room(peer.hello) > ROOM_FOR_OTHERS) this.fetcher.wantAncestors(peer, missing)
  }

  #announce(): void {
    this.#announceTimer = undefined
    for (const { peer, pending } of this.#sessions.values()) {
      const infohashes = pending.splice(0, MAX_INFOHASHES).filter((infohash) => !peer.remembers(infohash))
      if (infohashes.length > 0) peer.send({ type: 'have', infohashes })
      for (const infohash of infohashes) peer.remember(infohash, false)
      if (pending.length > 0) this.#announceTimer ??= setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS)
    }
  }

  #sendSummary(): void {
    clearTimeout(this.#summaryTimer)
    this.#summaryTimer = undefined
    this.#lastSummaryAt = this.#deps.now()
    const summary = this.#deps.store.summary()
    for (const peer of this.peers) peer.send({ type: 'summary', summary })
  }

  #onTick(): void {
    const now = this.#deps.now()
    if (now - this.#lastSummaryAt >= HEARTBEAT_MS) this.#sendSummary()
    for (const { peer } of this.#sessions.values()) {
      if (now - peer.lastHeardAt > SILENT_MS) peer.close()
      else this.comparer.compareIfDue(peer)
    }
  }

  #onClosed(peer: RemotePeer): void {
    if (this.#sessions.get(peer.key)?.peer !== peer) return
    this.#sessions.delete(peer.key)
    this.fetcher.removePeer(peer)
    this.sync.removePeer(peer)
    this.#deps.log.debug({ peer: peer.key }, 'node disconnected')
  }
}
