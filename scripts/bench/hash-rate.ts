// Bench: how many nonces a second one thread tries with each kernel, beside noble and beside the same kernel in a bare C program; and what the whole pool does.

import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { measurePool } from '../../miner/work/benchmark.ts'
import { createKernel, kernelsHere } from '../../miner/work/kernels/kernels.ts'
import { type KernelName, NATIVE_NAMES } from '../../miner/work/kernels/names.ts'
import type { NonceSearch } from '../../miner/work/kernels/search.ts'
import { noncePrefix, type Work } from '../../miner/work/nonce.ts'
import { PowPool } from '../../miner/work/pow-pool.ts'
import { toAddress, toHash } from '../../node/protocol/ids.ts'
import type { Bench, Case } from './measure.ts'

const sampleMs = 300
const never = new AbortController().signal
// Nobody finds a digest of zero, so every call goes to its end.
const endless: Work = { challenge: toHash(randomBytes(32)), miner: toAddress(randomBytes(20)), target: 0n }
const BARE = fileURLToPath(new URL('./bare-kernel.c', import.meta.url))

export const bench: Bench = {
  name: 'hash-rate',
  title: 'Nonces tried per second',
  unit: 'MH/s',
  rounds: 9,
  limits: [{ case: 'wasm, 1 thread', of: 'ratio', atLeast: 20 }],
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-bench-hash-rate-'))
    const pools = [...new Set([1, availableParallelism()])].map((threads) => {
      const pool = new PowPool(
        { log: pino({ level: 'warn' }), random: randomBytes, now: () => performance.now() },
        { threads },
      )
      pool.start()
      return { pool, threads }
    })
    return {
      cases: [
        ...kernelsHere().map((kernel) => caseOf(`${kernel}, 1 thread`, createKernel(kernel))),
        ...bareCases(folder),
        ...pools.map(({ pool, threads }) => ({
          name: `pool, ${threads} of ${availableParallelism()} threads, kernel ${pool.hashRate().kernel}`,
          run: async () => (await measurePool(pool, sampleMs, never)) / 1e6,
        })),
      ],
      stop: async () => {
        await Promise.all(pools.map(({ pool }) => pool.stop()))
        await rm(folder, { recursive: true, force: true })
      },
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

/** None where there is no compiler. */
function bareCases(folder: string): Case[] {
  const program = join(folder, 'bare-kernel')
  if (spawnSync('cc', ['-std=gnu11', '-O3', '-o', program, BARE]).status !== 0) return []
  return NATIVE_NAMES.filter((name) => kernelsHere().includes(name satisfies KernelName)).map((name) => ({
    name: `${name}, a bare C program`,
    run: () => Number(execFileSync(program, [name, `${sampleMs}`], { encoding: 'utf8' })),
  }))
}
