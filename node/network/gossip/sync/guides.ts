// Whose order is read: a claim to have more costs nothing, so a guide keeps its turn only as long as it brings something, and the best known one comes first.

import type { RemotePeer } from '../peer.ts'
import { GRADES } from '../standing.ts'

/** How long the order of a peer is not read again: of one that lied, and, doubled each time, of one that left, was slow or silent. */
const LIED_MS = 600_000
const SLOW_MS = 60_000
/** A guide that brings fewer payments a second is compared with others, after this time. */
const FAST = 200
const TRIAL_MS = 10_000
/** Who brings nothing gives way after this, or, as long as nobody else can be read, later. */
const PATIENCE_MS = 10_000
const ALONE_PATIENCE_MS = 30_000
/** A guide is left for another one that was this many times as fast. */
const FASTER = 2

type Past = { readonly until: number; readonly times: number }

/** One reading: when it began, what it has brought, and how much of that in the present trial. */
type Turn = {
  readonly peer: RemotePeer
  readonly beganAt: number
  trialAt: number
  trialHad: number
  had: number
  hadAt: number
}

export class Guides {
  readonly #now: () => number
  readonly #past = new WeakMap<RemotePeer, Past>()
  /** Payments a second that it brought in its last trial. */
  readonly #rates = new WeakMap<RemotePeer, number>()
  #turn: Turn | undefined

  /** `now` returns milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether its last turn is long enough ago, if it was of no use. */
  mayRead(peer: RemotePeer): boolean {
    return (this.#past.get(peer)?.until ?? 0) <= this.#now()
  }

  /** The one to read first: as fast as any before, if that is known, else as `byWorth` has it. */
  best(peers: readonly RemotePeer[]): RemotePeer | undefined {
    return peers.toSorted((a, b) => (this.#rates.get(b) ?? 0) - (this.#rates.get(a) ?? 0) || byWorth(a, b))[0]
  }

  begin(peer: RemotePeer): void {
    const at = this.#now()
    this.#turn = { peer, beganAt: at, trialAt: at, trialHad: 0, had: 0, hadAt: at }
  }

  /** It was of no use. */
  giveUp(peer: RemotePeer, why: 'lied' | 'slow'): void {
    const times = (this.#past.get(peer)?.times ?? 0) + 1
    const ms = why === 'lied' ? LIED_MS : Math.min(SLOW_MS * 2 ** (times - 1), LIED_MS)
    this.#past.set(peer, { until: this.#now() + ms, times })
  }

  /**
   * `had`: what the guide has brought in this turn. Why it should give way to one of `others`, who can be read too, if it should: `useless` where it brings
   * nothing, `slow` where another one was, or may be, faster.
   */
  judge(had: number, others: readonly RemotePeer[]): 'useless' | 'slow' | undefined {
    const turn = this.#turn
    if (turn === undefined) return undefined
    const now = this.#now()
    if (had > turn.had) turn.hadAt = now
    turn.had = had
    if (now - turn.hadAt > (others.length > 0 ? PATIENCE_MS : ALONE_PATIENCE_MS)) return 'useless'
    if (now - turn.trialAt < TRIAL_MS) return undefined
    const rate = (1_000 * (had - turn.trialHad)) / (now - turn.trialAt)
    this.#rates.set(turn.peer, rate)
    turn.trialAt = now
    turn.trialHad = had
    if (rate >= FAST) return undefined
    // Who came after it began is not tried: a liar could come again and again.
    const mayBeFaster = (peer: RemotePeer) => {
      const known = this.#rates.get(peer)
      return known === undefined ? peer.connectedAt <= turn.beganAt : known > FASTER * rate
    }
    return others.some(mayBeFaster) ? 'slow' : undefined
  }

  /** Of those that a slow guide gives way to, the one that was not tried, or was the fastest. */
  next(others: readonly RemotePeer[]): RemotePeer | undefined {
    const turn = this.#turn
    const untried = others.filter(
      (peer) => !this.#rates.has(peer) && (turn === undefined || peer.connectedAt <= turn.beganAt),
    )
    return untried.toSorted(byWorth)[0] ?? this.best(others)
  }
}

/** Those that delivered, then those that this node chose itself, then those that were connected the longest: whoever comes again and again is the last. */
export function byWorth(a: RemotePeer, b: RemotePeer): number {
  return (
    GRADES.indexOf(a.standing.grade) - GRADES.indexOf(b.standing.grade) ||
    Number(b.hello.outgoing) - Number(a.hello.outgoing) ||
    a.connectedAt - b.connectedAt
  )
}
