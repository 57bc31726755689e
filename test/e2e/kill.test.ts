// kill -9 of a node, the miner, the relayer or the watcher at random moments of a demo: it completes, nothing is paid twice, nothing is lost.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { checkEvidence } from './evidence.ts'
import { isRunning, processesOf, type Running, startTtx, until } from './processes.ts'

const KILLS = 10
const VICTIMS = ['node', 'peer', 'miner', 'relayer', 'watcher'] as const
const LAST_STEP = 11

const folder = await mkdtemp(join(tmpdir(), 'ttx-kill-'))
after(() => rm(folder, { recursive: true, force: true }))

test('up to ten kills at random moments: the demo completes, each request is paid once, and all money is there', async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  t.diagnostic(`SEED=${seed}`)
  const random = generator(seed)
  const data = join(folder, 'network')
  const out = join(folder, 'out')
  await using demo = startTtx(['demo', '--json', '--folder', data, '--out', out])
  // The moments: so many milliseconds into ten steps, of which several may be the same. The last steps are short: some kills may come too late.
  const steps = Array.from({ length: KILLS }, () => Math.floor(random() * LAST_STEP)).toSorted((a, b) => a - b)
  const killed: string[] = []
  for (const step of steps) {
    await demo.said(step === 0 ? /relayer +process/ : new RegExp(`^ *${step} +[0-9.]+ s`, 'm'))
    await delay(Math.floor(random() * 400))
    const victim = await killOne(demo, data, random)
    if (victim === undefined) break // the demo was faster
    killed.push(`${victim} in step ${step + 1}`)
  }
  const { exitCode, out: printed, err } = await demo.finished
  t.diagnostic(killed.join(', '))
  assert.equal(exitCode, 0, `SEED=${seed}\n${err}`)
  assert(killed.length > 0)
  assert.equal(JSON.parse(printed).ok, true)
  await checkEvidence(out)
})

/**
 * Kills one of the processes that run and says which; nothing once the demo is over. One that was killed before may be waiting for its
 * next start.
 */
async function killOne(demo: Running, data: string, random: () => number): Promise<string | undefined> {
  const { name } = await until('a process to kill', async () => {
    if (demo.child.exitCode !== null) return { name: undefined }
    const running = []
    for (const name of VICTIMS) {
      const pid = processesOf(data)[name]
      if (pid !== undefined && (await isRunning(pid))) running.push({ name, pid })
    }
    const victim = running[Math.floor(random() * running.length)]
    return victim !== undefined && kill(victim.pid) ? victim : undefined
  })
  return name
}

/** Whether it was there to be killed. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Mulberry32: from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
