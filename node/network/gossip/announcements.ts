// Announcements of peers that failed or never delivered wait a moment, so that better peers, whose own come meanwhile, are asked first.

import type { Infohash } from '../../protocol/ids.ts'
import { FAILED_WAIT_MS, MAX_WANTED_PER_PEER, NEWCOMER_WAIT_MS } from '../limits.ts'
import type { RemotePeer } from './peer.ts'
import { GRADES, type Grade } from './standing.ts'

const WAIT_MS: { readonly [K in Grade]: number } = { proven: 0, new: NEWCOMER_WAIT_MS, failing: FAILED_WAIT_MS }

/** The best first: by how they delivered, then those that this node chose itself, then by their fastest answer. */
export function byMerit(a: RemotePeer, b: RemotePeer): number {
  return (
    GRADES.indexOf(a.standing.grade) - GRADES.indexOf(b.standing.grade) ||
    Number(b.hello.outgoing) - Number(a.hello.outgoing) ||
    Math.sign(a.standing.latencyMs - b.standing.latencyMs) ||
    0
  )
}

/** As Bitcoin Core's `TxRequestTracker` (txrequest.h, NONPREF_PEER_TX_DELAY), where what counts is who dialled; here it is how a peer delivered. */
export class Announcements {
  readonly #peers: () => Iterable<RemotePeer>
  readonly #onDue: (peer: RemotePeer, infohashes: readonly Infohash[]) => void
  /** Infohashes that wait, by peer. */
  readonly #waiting = new WeakMap<RemotePeer, number>()

  /** `onDue` is called at once, or after the wait. */
  constructor(peers: () => Iterable<RemotePeer>, onDue: (peer: RemotePeer, infohashes: readonly Infohash[]) => void) {
    this.#peers = peers
    this.#onDue = onDue
  }

  add(peer: RemotePeer, infohashes: readonly Infohash[]): void {
    const ms = this.#waitOf(peer)
    if (ms === 0) {
      this.#onDue(peer, infohashes)
      return
    }
    const waiting = (this.#waiting.get(peer) ?? 0) + infohashes.length
    // Reconciliation finds what is forgotten here.
    if (waiting > MAX_WANTED_PER_PEER) return
    this.#waiting.set(peer, waiting)
    const timer = setTimeout(() => {
      this.#waiting.set(peer, (this.#waiting.get(peer) ?? 0) - infohashes.length)
      peer.closed.removeEventListener('abort', forget)
      this.#onDue(peer, infohashes)
    }, ms)
    const forget = () => clearTimeout(timer)
    peer.closed.addEventListener('abort', forget, { once: true })
  }

  /** Nobody waits for a better one where there is none. */
  #waitOf(peer: RemotePeer): number {
    const { grade } = peer.standing
    const isBest = [...this.#peers()].every(({ standing }) => GRADES.indexOf(standing.grade) >= GRADES.indexOf(grade))
    return isBest ? 0 : WAIT_MS[grade]
  }
}
