// Work of seconds in many parts, between which everything else has its turn.

import { setImmediate } from 'node:timers/promises'

/** Nothing waits longer than this, and one part. */
const MOST_MS = 50

/** Of all such work in the process, which has one event loop: two turns in one round of it would be a wait of twice as long. */
let lastTurn: Promise<void> = Promise.resolve()

/** What the work comes to. Throws the signal's reason, between two parts. */
export async function inTurns<T>(work: Iterator<undefined, T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    await turn()
    signal?.throwIfAborted()
    const began = performance.now()
    do {
      const { done, value } = work.next()
      if (done) return value
    } while (performance.now() - began < MOST_MS)
  }
}

/** Whoever has waited longest is next. */
function turn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate())
  return lastTurn
}
