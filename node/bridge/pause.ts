// A pause that ends early where everything ends.

import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after `ms`. Throws the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}
