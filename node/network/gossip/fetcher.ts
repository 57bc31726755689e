// Gets the files of announced infohashes from the peers that announced them, and hands them to the store.

import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../protocol/rules.ts'
import type { FairWork } from '../fair-work.ts'
import { ASK_MORE_MS, BAN_FAULTS, MAX_FILES, PATIENCE_MS, PATIENCE_PER_FILE_MS } from '../limits.ts'
import type { Running } from '../running.ts'
import type { NetworkStore } from '../store.ts'
import { Announcements, byMerit } from './announcements.ts'
import type { RemotePeer } from './peer.ts'
import { Wants } from './wants.ts'

/** Questions for announced files that one peer has open: enough to keep it busy. */
const MAX_GETS = 3
/** Reconciliation waits while this many wants of the peer are open. */
const ENOUGH_WANTED = 5_000
/** Infohashes of files that could not be kept when they came, at most twice as many; the oldest are forgotten. */
const MOST_REFUSED = 10_000
/** Price of an announced infohash in files read, and of a file that came; and how many are looked at in one turn. */
const ANNOUNCED_COST = 0.25
const FILE_COST = 4
const ANNOUNCED_AT_ONCE = 200
const FILES_AT_ONCE = 12
/** Faults for each file that was announced and is not there, and at most for those of one answer: what a peer holds may change. */
const EMPTY_FAULTS = 0.5
const MAX_EMPTY_FAULTS = 10

export type FetcherDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly running: Running
  readonly peers: () => Iterable<RemotePeer>
  /** Ancestors that a file waits for: whether, and how, they are fetched. */
  readonly onMissing: (peer: RemotePeer, missing: readonly Infohash[]) => void
  /** Where announcements, and the files that came, wait for their turn. */
  readonly announced: FairWork
  readonly files: FairWork
}

export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #wants = new Wants()
  readonly #announcements: Announcements
  /** Questions for files that are open, by peer, and the files asked for. */
  readonly #gets = new WeakMap<RemotePeer, { questions: number; files: number }>()
  /** They came and could not be kept: that peers still have them is not news, or each comparison would ask for all of them again at once. */
  #refused = new Set<Infohash>()
  #refusedBefore = new Set<Infohash>()

  constructor(deps: FetcherDeps) {
    this.#deps = deps
    this.#announcements = new Announcements(deps.peers, (peer, infohashes) => void this.want(peer, infohashes))
  }

  /** Infohashes that are wanted and not here yet. */
  get wanted(): number {
    return this.#wants.size
  }

  /** `peer` says that it has them. What is known here costs it; the rest is wanted, of better peers first. Resolves when all were looked at. */
  async announced(peer: RemotePeer, infohashes: readonly Infohash[]): Promise<void> {
    for (let at = 0; at < infohashes.length && !peer.closed.aborted; at += ANNOUNCED_AT_ONCE) {
      const some = infohashes.slice(at, at + ANNOUNCED_AT_ONCE)
      const fresh = await this.#deps.announced.run(peer, some.length * ANNOUNCED_COST, () => {
        const unknown = some.filter((infohash) => !this.#deps.store.has(infohash))
        for (const infohash of unknown) peer.remember(infohash)
        // What is known here was announced to the peer when it was new, so that remembering it would only cost.
        if (unknown.length < some.length) for (const infohash of some) peer.confirm(infohash)
        return unknown
      })
      if (fresh.length > 0) this.#announcements.add(peer, fresh)
      if (fresh.length < some.length) await peer.chargeForKnown(some.length - fresh.length)
    }
  }

  /** Wants what is not here of what `peer` has. Returns how many were not wanted before. */
  want(peer: RemotePeer, infohashes: readonly Infohash[]): number {
    let fresh = 0
    // What it has told goes with it.
    if (peer.closed.aborted) return fresh
    for (const infohash of infohashes) {
      if (this.#deps.store.has(infohash)) continue
      if (!this.#wants.has(infohash) && !this.#wasRefused(infohash)) fresh += 1
      this.#wants.add(infohash, peer.key)
    }
    this.#pump(peer)
    return fresh
  }

  /** Wants the ancestors of what `peer` sent, before all else. */
  wantAncestors(peer: RemotePeer, infohashes: readonly Infohash[]): void {
    for (const infohash of infohashes) if (!this.#deps.store.has(infohash)) this.#wants.addAncestor(infohash, peer.key)
    this.#pump(peer)
  }

  /** Resolves when the peer owes few enough files to be asked for more. */
  async hasRoom(peer: RemotePeer): Promise<void> {
    while (this.#wants.sizeOf(peer.key) > ENOUGH_WANTED && !peer.closed.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** They are here, whatever their source. */
  settle(infohashes: readonly Infohash[]): void {
    for (const infohash of infohashes) {
      this.#wants.settle(infohash)
      this.#refused.delete(infohash)
      this.#refusedBefore.delete(infohash)
    }
  }

  removePeer(peer: RemotePeer): void {
    this.#wants.removePeer(peer.key)
    this.#pumpAll()
  }

  /** Asks one peer for one file, past the queue. Undefined if it does not deliver it. */
  async fetchOne(peer: RemotePeer, infohash: Infohash): Promise<Uint8Array | undefined> {
    const [file] = await this.#ask(peer, [infohash])
    return file !== undefined && isFileOf(peer, infohash, file) ? file : undefined
  }

  /** Asks `peer` for the most announced of what it has, as far as questions are left. */
  #pump(peer: RemotePeer): void {
    const open = this.#gets.get(peer) ?? { questions: 0, files: 0 }
    this.#gets.set(peer, open)
    while (open.questions < MAX_GETS && !peer.closed.aborted) {
      const infohashes = this.#wants.take(peer.key, MAX_FILES)
      if (infohashes.length === 0) return
      open.questions += 1
      open.files += infohashes.length
      const got = this.#get(peer, infohashes, PATIENCE_MS + open.files * PATIENCE_PER_FILE_MS).finally(() => {
        open.questions -= 1
        open.files -= infohashes.length
        // What this peer did not deliver may now be asked of others.
        this.#pumpAll()
      })
      void this.#deps.running.add(got)
    }
  }

  #pumpAll(): void {
    for (const peer of [...this.#deps.peers()].sort(byMerit)) this.#pump(peer)
  }

  async #get(peer: RemotePeer, infohashes: readonly Infohash[], patienceMs: number): Promise<void> {
    const patience = this.#beginPatience(peer, infohashes, patienceMs)
    const files = await this.#ask(peer, infohashes)
    const isLate = patience.end()
    const taken: Promise<void>[] = []
    for (let at = 0; at < infohashes.length; at += FILES_AT_ONCE) {
      const some = infohashes.slice(at, at + FILES_AT_ONCE)
      const take = () => {
        for (const [i, infohash] of some.entries()) taken.push(this.#onAnswer(peer, infohash, files[at + i]))
      }
      if (files.length === 0) take()
      else await this.#deps.files.run(peer, some.length * FILE_COST, take)
    }
    this.#judge(peer, files, isLate)
    await Promise.all(taken)
  }

  /** When it has lasted for too long, others are asked too, at first one, then each time twice as many. `end` returns whether it came to that. */
  #beginPatience(peer: RemotePeer, infohashes: readonly Infohash[], patienceMs: number): { end(): boolean } {
    let places = 1
    const ask = () => {
      if (places === 1) peer.standing.failed()
      const isOpen = infohashes.filter((infohash) => this.#wants.widen(infohash, places)).length > 0
      this.#pumpAll()
      places *= 2
      // An announcer that comes later is asked then.
      timer = isOpen || places < MAX_FILES ? setTimeout(ask, ASK_MORE_MS) : undefined
    }
    let timer: NodeJS.Timeout | undefined = setTimeout(ask, patienceMs)
    return {
      end: () => {
        clearTimeout(timer)
        return places > 1
      },
    }
  }

  /** In time and not empty is well. An empty one is worse the later it comes: meanwhile nobody else was asked. */
  #judge(peer: RemotePeer, files: readonly Uint8Array[], isLate: boolean): void {
    const empty = files.filter(({ length }) => length === 0).length
    if (files.length === 0) return // it is gone, or paid for its silence
    if (empty === files.length && !isLate) peer.standing.failed()
    else if (empty < files.length && !isLate) peer.standing.delivered()
    if (empty === 0) return
    const points =
      isLate && empty === files.length ? MAX_EMPTY_FAULTS : Math.min(empty * EMPTY_FAULTS, MAX_EMPTY_FAULTS)
    // Every infohash that is asked for was announced by the peer, or is an ancestor of what it announced.
    peer.fault(points, 'it announced what it does not have')
  }

  async #onAnswer(peer: RemotePeer, infohash: Infohash, file: Uint8Array | undefined): Promise<void> {
    // Another one was faster.
    if (file !== undefined && file.length > 0 && this.#deps.store.has(infohash)) this.#wants.settle(infohash)
    else if (file !== undefined && isFileOf(peer, infohash, file)) await this.#take(peer, infohash, file)
    else this.#wants.release(infohash, peer.key)
  }

  async #ask(peer: RemotePeer, infohashes: readonly Infohash[]): Promise<readonly Uint8Array[]> {
    try {
      return (await peer.ask({ type: 'get', infohashes })).files
    } catch (error) {
      if (error instanceof OperationError) return []
      throw error
    }
  }

  async #take(peer: RemotePeer, infohash: Infohash, file: Uint8Array): Promise<void> {
    peer.remember(infohash)
    try {
      const { missing, state } = await this.#deps.store.onTransaction(infohash, file, peer.hello)
      this.#wants.settle(infohash)
      if (state === 'accepted') peer.standing.useful(this.#deps.now())
      if (missing.length > 0) this.#deps.onMissing(peer, missing)
    } catch (error) {
      this.#wants.settle(infohash)
      if (error instanceof RuleError) peer.fault(50, error.message)
      else if (error instanceof OperationError) {
        this.#refuse(infohash)
        // Strangers can send as much as they like of what may stand tomorrow: no peer needs to hear of it.
        this.#deps.log[error.retry ? 'debug' : 'warn']({ infohash, code: error.code }, 'cannot take a file')
      } else throw error
    }
  }

  #wasRefused(infohash: Infohash): boolean {
    return this.#refused.has(infohash) || this.#refusedBefore.has(infohash)
  }

  #refuse(infohash: Infohash): void {
    if (this.#refused.size >= MOST_REFUSED) {
      this.#refusedBefore = this.#refused
      this.#refused = new Set()
    }
    this.#refused.add(infohash)
  }
}

/** A file of another infohash is a lie: the peer is banned. No bytes mean that it does not have it. */
export function isFileOf(peer: RemotePeer, infohash: Infohash, file: Uint8Array): boolean {
  if (file.length === 0) return false
  if (file.length <= MAX_FILE_BYTES && infohashOf(file) === infohash) return true
  peer.fault(BAN_FAULTS, 'it sent a file of another infohash')
  return false
}
