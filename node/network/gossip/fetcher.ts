// Gets the files of announced infohashes from the peers that announced them, and hands them to the store.

import type { Logger } from 'pino'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_FILE_BYTES } from '../../protocol/rules.ts'
import { BAN_FAULTS, MAX_FILES } from '../limits.ts'
import type { Running } from '../running.ts'
import type { NetworkStore } from '../store.ts'
import type { RemotePeer } from './peer.ts'
import { Wants } from './wants.ts'

/** Questions for announced files that one peer has open: enough to keep it busy. */
const MAX_GETS = 3
/** Reconciliation waits while this many wants of the peer are open. */
const ENOUGH_WANTED = 5_000
/** Infohashes of files that could not be kept when they came, at most; the oldest are forgotten. */
const MOST_REFUSED = 20_000

export type FetcherDeps = {
  readonly store: NetworkStore
  readonly log: Logger
  readonly running: Running
  readonly peers: () => Iterable<RemotePeer>
  /** Ancestors that a file waits for: whether, and how, they are fetched. */
  readonly onMissing: (peer: RemotePeer, missing: readonly Infohash[]) => void
}

export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #wants = new Wants()
  /** Questions for files that are open, by peer. */
  readonly #gets = new WeakMap<RemotePeer, number>()
  /** They came and could not be kept: that peers still have them is not news, or each comparison would ask for all of them again at once. */
  readonly #refused = new Set<Infohash>()

  constructor(deps: FetcherDeps) {
    this.#deps = deps
  }

  /** Infohashes that are wanted and not here yet. */
  get wanted(): number {
    return this.#wants.size
  }

  /** Wants what is not here of what `peer` has. Returns how many were not wanted before. */
  want(peer: RemotePeer, infohashes: readonly Infohash[]): number {
    let fresh = 0
    for (const infohash of infohashes) {
      if (this.#deps.store.has(infohash)) continue
      if (!this.#wants.has(infohash) && !this.#refused.has(infohash)) fresh += 1
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
    while (this.#getsOf(peer) < MAX_GETS && !peer.closed.aborted) {
      const infohashes = this.#wants.take(peer.key, MAX_FILES)
      if (infohashes.length === 0) return
      this.#gets.set(peer, this.#getsOf(peer) + 1)
      const got = this.#get(peer, infohashes).finally(() => {
        this.#gets.set(peer, this.#getsOf(peer) - 1)
        // What this peer did not deliver may now be asked of others.
        this.#pumpAll()
      })
      void this.#deps.running.add(got)
    }
  }

  #pumpAll(): void {
    for (const peer of this.#deps.peers()) this.#pump(peer)
  }

  async #get(peer: RemotePeer, infohashes: readonly Infohash[]): Promise<void> {
    const files = await this.#ask(peer, infohashes)
    const taken = infohashes.map(async (infohash, i) => {
      const file = files[i]
      if (file !== undefined && isFileOf(peer, infohash, file)) return await this.#take(peer, infohash, file)
      // Every infohash that is asked for was announced by the peer, or is an ancestor of what it announced.
      if (file?.length === 0) peer.fault(0.5, 'it announced what it does not have')
      this.#wants.release(infohash, peer.key)
    })
    await Promise.all(taken)
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
      const { missing } = await this.#deps.store.onTransaction(infohash, file, peer.hello)
      this.#wants.settle(infohash)
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

  #refuse(infohash: Infohash): void {
    this.#refused.add(infohash)
    if (this.#refused.size <= MOST_REFUSED) return
    const [oldest] = this.#refused
    if (oldest !== undefined) this.#refused.delete(oldest)
  }

  #getsOf(peer: RemotePeer): number {
    return this.#gets.get(peer) ?? 0
  }
}

/** A file of another infohash is a lie: the peer is banned. No bytes mean that it does not have it. */
export function isFileOf(peer: RemotePeer, infohash: Infohash, file: Uint8Array): boolean {
  if (file.length === 0) return false
  if (file.length <= MAX_FILE_BYTES && infohashOf(file) === infohash) return true
  peer.fault(BAN_FAULTS, 'it sent a file of another infohash')
  return false
}
