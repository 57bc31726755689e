// Bench: how many nonces a second one thread tries with noble and with WebAssembly, and what the whole pool does.

import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { pino } from 'pino'
import { measurePool } from '../../miner/work/benchmark.ts'
import { createNobleSearch } from '../../miner/work/noble-search.ts'
import { noncePrefix, type Work } from '../../miner/work/nonce.ts'
import type { NonceSearch } from '../../miner/work/nonce-search.ts'
import { PowPool } from '../../miner/work/pow-pool.ts'
import { createWasmSearch } from '../../miner/work/wasm-search.ts'
import { toAddress, toHash } from '../../node/protocol/ids.ts'
import type { Bench, Case } from './measure.ts'

const sampleMs = 300
const never = new AbortController().signal
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
        {
          name: `pool, ${availableParallelism()} threads`,
          run: async () => (await measurePool(pool, sampleMs, never)) / 1e6,
        },
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
