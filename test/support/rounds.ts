// Rounds of the event loop, and a clock by which each part of long work is a turn of its own: what happens between two parts happens in a test.

import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'

/** Until the test ends, `performance.now()` has gone on by a tenth of a second whenever it is asked. */
export function hurryClock(t: TestContext): void {
  let nowMs = performance.now()
  t.mock.method(performance, 'now', () => {
    nowMs += 100
    return nowMs
  })
}

/** How many rounds passed before that was so, at most `most`. */
export async function roundsUntil(isSo: () => boolean, most = Number.POSITIVE_INFINITY): Promise<number> {
  let rounds = 0
  for (; rounds < most && !isSo(); rounds++) await setImmediate()
  return rounds
}
