// Work of seconds in many parts, between which everything else has its turn.

import { setImmediate } from 'node:timers/promises'

/** Nothing waits longer than this, and one part. */
const MOST_MS = 50

/** What the work comes to. Throws the signal's reason, between two parts. */
export async function inTurns<T>(work: Iterator<undefined, T>, signal?: AbortSignal): Promise<T> {
  await setImmediate()
  signal?.throwIfAborted()
  for (let began = performance.now(); ; ) {
    const { done, value } = work.next()
    if (done) return value
    if (performance.now() - began < MOST_MS) continue
    await setImmediate()
    signal?.throwIfAborted()
    began = performance.now()
  }
}
