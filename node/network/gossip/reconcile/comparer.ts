// When a peer is compared with this node, by whom of the two, and how: by symbols, by prefixes, or by reading its order where it has many more.

import type { Logger } from 'pino'
import { OperationError } from '../../../errors.ts'
import type { Infohash } from '../../../protocol/ids.ts'
import type { Running } from '../../running.ts'
import type { NetworkStore, Summary } from '../../store.ts'
import type { Fetcher } from '../fetcher.ts'
import { Pause } from '../pause.ts'
import type { RemotePeer } from '../peer.ts'
import { isAhead, isBehind } from '../sync/distance.ts'
import type { Sync } from '../sync/sync.ts'
import { compareByPrefixes } from './prefixes.ts'
import type { SetIndex } from './set-index.ts'
import { compareBySymbols } from './symbols.ts'

/** How long a peer's asking does for both: at first, and at most, doubling as its own pauses may. */
const AGAIN_MIN_MS = 2_000
const AGAIN_MAX_MS = 600_000
/** How long the other one, whose turn it is, may take to ask. */
const THEIR_TURN_MS = 15_000
/** Whoever goes on to differ wants to know in what, whoever asks: first after this, then each time after that. */
const LOOK_MS = 60_000
const LOOK_AGAIN_MS = 600_000
/** How long a peer is compared with by prefixes after symbols did not do. */
const WITHOUT_SYMBOLS_MS = 600_000
/** Of each side, infohashes of the last comparison that are kept, for those who ask in what two nodes differ. */
const KEPT = 32

export type ComparerDeps = {
  readonly store: NetworkStore
  readonly index: SetIndex
  readonly log: Logger
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly running: Running
  readonly fetcher: Pick<Fetcher, 'want' | 'hasRoom'>
  readonly sync: Pick<Sync, 'isRunning' | 'isBringing' | 'canRead' | 'best' | 'start'>
  readonly peers: () => readonly RemotePeer[]
}

/** In what a peer was found to differ: infohashes that only this node counts, and only the peer, at most 32 of each; and how many there were. */
export type Difference = {
  readonly here: readonly Infohash[]
  readonly there: readonly Infohash[]
  readonly hereCount: number
  readonly thereCount: number
  /** On the clock of `now`. */
  readonly at: number
}

type State = {
  isComparing: boolean
  nextAt: number
  pause: Pause
  /** Since when both differ; undefined while they agree. */
  differsSince: number | undefined
  /** Since when the other one may be expected to ask, if it is its turn. */
  theirTurnSince: number
  /** How long its asking does for both, doubling as long as both differ. */
  theirAgainMs: number
  symbolsFrom: number
  /** Its order is worth reading; once it was read, what is left is found by comparison. */
  order: 'newest' | 'whole' | 'read'
  difference: Difference | undefined
}

export class Comparer {
  readonly #deps: ComparerDeps
  readonly #states = new WeakMap<RemotePeer, State>()

  constructor(deps: ComparerDeps) {
    this.#deps = deps
  }

  /** Of the last comparison by symbols; undefined if there was none since both agreed. */
  differenceOf(peer: RemotePeer): Difference | undefined {
    return this.#states.get(peer)?.difference
  }

  /** One that has many more is read in order, all others are compared with; one at a time is read, and the others help. */
  compareIfDue(peer: RemotePeer): void {
    const { store, sync, now } = this.#deps
    const theirs = peer.summary
    if (store.isHeld === true || theirs === undefined || peer.closed.aborted) return
    const state = this.#stateOf(peer)
    const ours = store.summary()
    if (theirs.fingerprint === ours.fingerprint) {
      state.differsSince = undefined
      state.difference = undefined
      state.pause = new Pause()
      state.theirAgainMs = AGAIN_MIN_MS
      return
    }
    if (state.differsSince === undefined) {
      state.differsSince = now()
      state.theirTurnSince = now()
    }
    if (state.isComparing || now() < state.nextAt || sync.isBringing || isBehind(peer, store)) return
    // Others are compared with although an order is read, as long as that brings little: a liar must not keep this node from them.
    if (sync.isRunning && isAhead(peer, store)) return
    if (isAhead(peer, store) && store.syncs() === 'later') return
    if (this.#mayBeRead(peer)) {
      this.#readBest()
      return
    }
    // Whoever is to ask tells the other; a mere look does not, or what the other cannot keep would be told again and again.
    const tells = isOurTurn(ours, theirs) || now() - state.theirTurnSince >= THEIR_TURN_MS
    if ((!tells && !this.#isLookDue(state)) || !this.#deps.index.isWhole) return
    state.isComparing = true
    void this.#deps.running.add(this.#compare(peer, state, tells))
  }

  /** The peer reads this node's symbols, and will tell what is only there: that does for both, as long as it does it again and again. */
  onAsked(peer: RemotePeer): void {
    const state = this.#stateOf(peer)
    state.theirTurnSince = this.#deps.now() + state.theirAgainMs
    state.theirAgainMs = Math.min(2 * state.theirAgainMs, AGAIN_MAX_MS)
  }

  /** The order of a peer was read. Where little is left, comparison finds it; where much is, the rest of the order is read, once. */
  onRead(peer: RemotePeer): void {
    if (peer.closed.aborted) return
    if (!isAhead(peer, this.#deps.store)) this.#stateOf(peer).order = 'newest'
    this.compareIfDue(peer)
  }

  #isLookDue({ differsSince, difference }: State): boolean {
    const now = this.#deps.now()
    const lookAt = difference === undefined ? (differsSince ?? now) + LOOK_MS : difference.at + LOOK_AGAIN_MS
    return now >= lookAt
  }

  #stateOf(peer: RemotePeer): State {
    let state = this.#states.get(peer)
    if (state === undefined) {
      state = {
        ...{ isComparing: false, nextAt: 0, pause: new Pause(), theirAgainMs: AGAIN_MIN_MS },
        ...{ differsSince: undefined, theirTurnSince: 0, symbolsFrom: 0, order: 'newest', difference: undefined },
      }
      this.#states.set(peer, state)
    }
    return state
  }

  #mayBeRead(peer: RemotePeer): boolean {
    const { order, isComparing, nextAt } = this.#stateOf(peer)
    return this.#deps.sync.canRead(peer) && order !== 'read' && !isComparing && this.#deps.now() >= nextAt
  }

  #readBest(): void {
    const best = this.#deps.sync.best(this.#deps.peers().filter((peer) => this.#mayBeRead(peer)))
    if (best !== undefined) this.#readOrder(best, this.#stateOf(best))
  }

  #readOrder(peer: RemotePeer, state: State): void {
    const isWhole = state.order === 'whole'
    state.order = isWhole ? 'read' : 'whole'
    this.#deps.sync.start(peer, isWhole)
  }

  async #compare(peer: RemotePeer, state: State, tells: boolean): Promise<void> {
    const { log, now, sync } = this.#deps
    try {
      const found = (await this.#bySymbols(peer, state, tells)) ?? (await this.#byPrefixes(peer, state))
      if (found === 'much') {
        state.isComparing = false
        if (!sync.isRunning) this.#readOrder(peer, state)
        return
      }
      if (found === 0) state.order = 'newest'
      state.pause.after(found, this.#deps.store.summary().count)
      log.debug({ peer: peer.key, found }, 'reconciled')
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
    }
    state.isComparing = false
    state.nextAt = now() + state.pause.ms
  }

  /** How many that differ were not known to; undefined if symbols do not do with this peer. Rejects as `RemotePeer.ask` does. */
  async #bySymbols(peer: RemotePeer, state: State, tells: boolean): Promise<number | undefined> {
    const { store, index, fetcher, now } = this.#deps
    if (now() < state.symbolsFrom) return undefined
    // Until it is known that they do.
    state.symbolsFrom = now() + WITHOUT_SYMBOLS_MS
    const countsDiffer = Math.abs((peer.summary?.count ?? 0) - store.summary().count)
    const found = await compareBySymbols(peer, index.sketch, countsDiffer)
    if (found === undefined) return undefined
    state.symbolsFrom = 0
    const here = found.filter((infohash) => store.isCounted(infohash))
    const ours = new Set(here)
    const there = found.filter((infohash) => !ours.has(infohash))
    state.difference = {
      ...{ here: here.slice(0, KEPT), there: there.slice(0, KEPT), hereCount: here.length, thereCount: there.length },
      at: now(),
    }
    const told = tells ? this.#tell(peer, here) : 0
    const fresh = fetcher.want(peer, there)
    await fetcher.hasRoom(peer)
    return fresh + told
  }

  /** It lacks these, and need not ask: they are announced to it. Returns of how many it had not been told. */
  #tell(peer: RemotePeer, infohashes: readonly Infohash[]): number {
    const untold = infohashes.filter((infohash) => !peer.remembers(infohash))
    if (infohashes.length > 0) peer.send({ type: 'have', infohashes })
    for (const infohash of untold) peer.remember(infohash, false)
    return untold.length
  }

  async #byPrefixes(peer: RemotePeer, { order }: State): Promise<number | 'much'> {
    const { index, fetcher } = this.#deps
    const onListed = async (infohashes: readonly Infohash[]) => {
      const fresh = fetcher.want(peer, infohashes)
      await fetcher.hasRoom(peer)
      return fresh
    }
    return await compareByPrefixes(peer, { buckets: index.buckets, onListed, mayBeMuch: order === 'newest' })
  }
}

/** One side asks, and tells the other: that with fewer, of as many that with the lower fingerprint. */
function isOurTurn(ours: Summary, theirs: Summary): boolean {
  return ours.count === theirs.count ? ours.fingerprint < theirs.fingerprint : ours.count < theirs.count
}
