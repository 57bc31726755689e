// SIGKILL at random moments: the ledger restarts, agrees with what it has, and in the end with one that nobody killed.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { compare, modelOf } from './comparison.ts'
import { doStage, makeScript, type Stage } from './kill-script.ts'
import { GENESIS_TX, worldlyOf } from './random-world.ts'
import { GENESIS, GENESIS_INFOHASH, NOW_MS, openLedger, RULES, SILENT } from './world.ts'

const SEED = 20_260_729
const CHILD = join(import.meta.dirname, 'kill-child.ts')

test('a ledger that is killed again and again loses nothing that it said is on disk', async (context) => {
  context.diagnostic(`seed ${SEED}`)
  const random = generator(SEED)
  const stages = makeScript()
  const world = worldOf(stages)
  const contents = contentsOf(stages)
  const folder = await mkdtemp(join(tmpdir(), 'ttx-kill-'))
  try {
    let next = 0
    let kills = 0
    while (next < stages.length) {
      // Stages take a few milliseconds: spinning for up to ten puts the kill anywhere in one.
      const ran = await runAndKill(folder, next, { stages: 1 + (random() % 20), spins: random() % 10 })
      if (ran.wasKilled) kills++
      next = ran.done + 1
      await using ledger = new Ledger({
        database: folder,
        rules: RULES,
        genesis: GENESIS,
        log: SILENT,
        clock: () => NOW_MS,
      })
      await ledger.start()
      await ledger.idle()
      const { final, blocks } = ledger.branch()
      const path = [...contents.finalPath(final.id), ...blocks.map(({ id }) => id)]
      const branch = path.flatMap((id) => {
        const { height, infohashes } = contents.block(id)
        return infohashes.map((infohash) => ({ infohash, place: { height, isFinal: BigInt(height) <= final.height } }))
      })
      const model = await modelOf(ledger, new Map([...world].map(([infohash, { tx }]) => [infohash, tx])), branch)
      await compare(ledger, model, world)
      for (const stage of stages.slice(0, next)) {
        for (const { infohash } of 'files' in stage ? stage.files : [])
          assert.notEqual(ledger.status(infohash), 'unknown')
      }
    }
    context.diagnostic(`${kills} kills`)
    assert(kills >= 1)
    await using plain = await openLedger()
    for (const stage of stages) await doStage(plain.ledger, stage)
    await using ledger = new Ledger({
      database: folder,
      rules: RULES,
      genesis: GENESIS,
      log: SILENT,
      clock: () => NOW_MS,
    })
    await ledger.start()
    await ledger.idle()
    assert.deepEqual(ledger.summary(), plain.ledger.summary())
    assert.deepEqual(ledger.branch(), plain.ledger.branch())
    for (const infohash of world.keys()) assert.equal(ledger.status(infohash), plain.ledger.status(infohash))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Runs the child from a stage, and kills it a moment after it has completed so many more. Resolves with the last completed one. */
async function runAndKill(folder: string, first: number, fate: { readonly stages: number; readonly spins: number }) {
  const child = spawn(process.execPath, [CHILD, folder, `${first}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += `${chunk}`
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0 || signal === 'SIGKILL'
        ? resolve(signal)
        : reject(new Error(`the child ended with ${code}: ${complaints}`)),
    )
  })
  let done = first - 1
  for await (const line of createInterface({ input: child.stdout })) {
    done = Number(line)
    if (done - first + 1 < fate.stages || child.killed) continue
    const until = performance.now() + fate.spins
    while (performance.now() < until);
    child.kill('SIGKILL')
  }
  return { done, wasKilled: (await ended) === 'SIGKILL' }
}

function worldOf(stages: readonly Stage[]) {
  const signed = stages.flatMap((stage) => ('files' in stage ? stage.files : []))
  const genesis = [GENESIS_INFOHASH, { tx: GENESIS_TX, content: { infohash: GENESIS_INFOHASH } }] as const
  return new Map([genesis, ...signed.map((verified) => [verified.infohash, worldlyOf(verified)] as const)])
}

/** What each block of the script orders, and which blocks lie below one that is final. */
function contentsOf(stages: readonly Stage[]) {
  const branches = stages.flatMap((stage) => ('branch' in stage ? [stage.branch] : []))
  const blocks = new Map(branches.flatMap((branch) => branch.blocks.map((one) => [one.id, one] as const)))
  return {
    block(id: string) {
      const found = [...blocks.values()].find((one) => one.id === id)
      assert(found, `no block ${id} in the script`)
      const infohashes = found.steps.flatMap((step) => (step.kind === 'deposit' ? [] : step.transaction.infohash))
      return { height: Number(found.height), infohashes }
    },
    finalPath(id: string): string[] {
      const branch = branches.find((one) => one.blocks.some((block) => block.id === id))
      const end = branch?.blocks.findIndex((block) => block.id === id) ?? -1
      return branch?.blocks.slice(0, end + 1).map((block) => block.id) ?? []
    },
  }
}

/** Pseudo-random 31-bit numbers (a linear congruential generator). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state >> 8
  }
}
