// Bench: how many nonces a second one thread tries with noble and with WebAssembly, and what the whole pool does.

import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { createNobleSearch } from '../../miner/work/noble-search.ts'
import { noncePrefix, type Work } from '../../miner/work/nonce.ts'
import type { NonceSearch } from '../../miner/work/nonce-search.ts'
import { PowPool } from '../../miner/work/pow-pool.ts'
import { createWasmSearch } from '../../miner/work/wasm-search.ts'
import { toAddress, toHash } from '../../node/protocol/ids.ts'
import type { Bench, Case } from './measure.ts'

const sampleMs = 300
// Nobody finds a digest of zero, so every call goes to its end.
const endless: Work = { challenge: toHash(randomBytes(32)), miner: toAddress(randomBytes(20)), target: 0n }

export const bench: Bench = {
  name: 'hash-rate',
  title: 'Nonces tried per second',
  unit: 'MH/s',
  rounds: 9,
  limits: [{ case: 'wasm, 1 thread', of: 'ratio', atLeast: 20 }],
  prepare() {
    const pool = new PowPool({ log: pino({ level: 'warn' }), random: randomBytes, now: () => performance.now() })
    pool.start()
    return {
      cases: [
        caseOf('noble, 1 thread', createNobleSearch()),
        caseOf('wasm, 1 thread', createWasmSearch()),
        { name: `pool, ${availableParallelism()} threads`, run: () => measurePool(pool) },
      ],
      stop: () => pool.stop(),
    }
  },
}

function caseOf(name: string, search: NonceSearch): Case {
  search.load(endless, noncePrefix(randomBytes(16), 0))
  let counter = 0n
  const run = () => {
    const before = counter
    const startedMs = performance.now()
    let elapsedMs = 0
    while (elapsedMs < sampleMs) {
      search.search(counter, search.batch)
      counter += BigInt(search.batch)
      elapsedMs = performance.now() - startedMs
    }
    return Number(counter - before) / elapsedMs / 1_000
  }
  return { name, run }
}

async function measurePool(pool: PowPool): Promise<number> {
  const controller = new AbortController()
  const ended = pool.search(endless, controller.signal).catch((error: unknown) => {
    if (!controller.signal.aborted) throw error
  })
  // Threads take up the work, and the first time load, before the clock runs.
  const idleTotal = pool.hashRate().total
  while (pool.hashRate().total === idleTotal) await delay(1)
  const before = pool.hashRate().total
  const startedMs = performance.now()
  await delay(sampleMs)
  const done = pool.hashRate().total - before
  const elapsedMs = performance.now() - startedMs
  controller.abort()
  await ended
  return Number(done) / elapsedMs / 1_000
}
