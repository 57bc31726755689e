// kill -9 of a node, the miner, the relayer or the watcher at random moments of a demo: it completes, nothing is paid twice, nothing is lost.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isRunning, processesOf, type Running, startTtx, until } from '../support/processes/processes.ts'
import { checkEvidence } from './evidence.ts'

const KILLS = 10
const VICTIMS = ['node', 'peer', 'miner', 'relayer', 'watcher'] as const

const folder = await mkdtemp(join(tmpdir(), 'ttx-kill-'))
after(() => rm(folder, { recursive: true, force: true }))

test('ten kills, one in each step, at random moments: the demo completes, each request is paid once, and all money is there', async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  t.diagnostic(`SEED=${seed}`)
  const random = generator(seed)
  const data = join(folder, 'network')
  const out = join(folder, 'out')
  await using demo = startTtx(['demo', '--json', '--folder', data, '--out', out])
  const killed: string[] = []
  // The last moment leaves time for a block and a day: the demo cannot be over before it.
  for (let step = 0; step < KILLS; step++) {
    await demo.said(step === 0 ? /relayer +process/ : new RegExp(`^ *${step} +[0-9.]+ s`, 'm'))
    await delay(Math.floor(random() * 400))
    killed.push(`${await killOne(demo, data, random)} in step ${step + 1}`)
  }
  const { exitCode, out: printed, err } = await demo.finished
  t.diagnostic(killed.join(', '))
  assert.equal(exitCode, 0, `SEED=${seed}\n${err}`)
  assert.equal(killed.length, KILLS)
  assert.equal(JSON.parse(printed).ok, true)
  await checkEvidence(out)
})

/** Kills one of the processes that run, and says which; one that was killed before may be waiting for its next start. */
async function killOne(demo: Running, data: string, random: () => number): Promise<string> {
  const { name } = await until('a process to kill', async () => {
    assert.equal(demo.child.exitCode, null, `the demo is over already:\n${demo.err}`)
    const running = []
    for (const name of VICTIMS) {
      const pid = processesOf(data)[name]
      if (pid !== undefined && (await isRunning(pid))) running.push({ name, pid })
    }
    const victim = running[Math.floor(random() * running.length)]
    if (victim !== undefined) process.kill(victim.pid, 'SIGKILL')
    return victim
  })
  return name
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
