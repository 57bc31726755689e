// What this machine's threads do with each kernel, measured with the miner's own pool.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../node/log.ts'
import { toAddress, toHash } from '../../node/protocol/ids.ts'
import { kernelsHere } from './kernels/kernels.ts'
import type { KernelName } from './kernels/names.ts'
import type { Work } from './nonce.ts'
import { PowPool } from './pow-pool.ts'

/** One measurement: a kernel, on this number of threads at once. */
export type Trial = { readonly kernel: KernelName; readonly threads: number }
export type Measured = Trial & { readonly hashesPerSecond: number }

const LOOK_MS = 1
/** A thread that compiles its kernel while it runs is not at its speed from the first hash on. */
const WARM_MS = 100

/** Each kernel that runs here on one thread, and on all `threads` where these are more. */
export function trialsOf(threads: number): readonly Trial[] {
  const counts = threads > 1 ? [1, threads] : [1]
  return kernelsHere().flatMap((kernel) => counts.map((count) => ({ kernel, threads: count })))
}

/** Runs a trial for `ms` milliseconds after its threads have started. Throws the reason of `signal`, and `pow-pool-dead`. */
export async function measureTrial(trial: Trial, ms: number, log: Logger, signal: AbortSignal): Promise<Measured> {
  const { kernel, threads } = trial
  const deps = { log, random: randomBytes, now: () => performance.now() }
  await using pool = new PowPool(deps, { threads, kernel })
  pool.start()
  return { ...trial, hashesPerSecond: await measurePool(pool, ms, signal) }
}

/** Hashes per second of a pool that was started and does nothing, over `ms` milliseconds, or more where threads need more to report anything. Throws the reason of `signal`, and what the search throws. */
export async function measurePool(pool: PowPool, ms: number, signal: AbortSignal): Promise<number> {
  // Nobody finds a digest of zero, so the search never ends by itself.
  const endless: Work = { challenge: toHash(randomBytes(32)), miner: toAddress(randomBytes(20)), target: 0n }
  const end = new AbortController()
  const search = pool.search(endless, AbortSignal.any([signal, end.signal]))
  try {
    return await Promise.race([search.then(neverFound), rateOf(pool, ms, AbortSignal.any([signal, end.signal]))])
  } finally {
    end.abort()
    await search.catch(() => undefined)
  }
}

async function rateOf(pool: PowPool, ms: number, signal: AbortSignal): Promise<number> {
  const options = { signal }
  const idle = pool.hashRate().total
  while (pool.hashRate().total === idle) await delay(LOOK_MS, undefined, options)
  await delay(WARM_MS, undefined, options)
  const before = pool.hashRate().total
  const startedMs = performance.now()
  await delay(ms, undefined, options)
  // Threads report whole batches, and on a busy machine none may have had its turn.
  while (pool.hashRate().total === before) await delay(LOOK_MS, undefined, options)
  return Number(pool.hashRate().total - before) / ((performance.now() - startedMs) / 1_000)
}

function neverFound(): never {
  throw new RangeError('a digest of zero was found')
}
