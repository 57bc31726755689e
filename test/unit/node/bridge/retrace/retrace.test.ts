// A node that began at a final block replays the past in the background: it says whether it was right, and nobody who lies, is silent or kills it changes that.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { encodePastBlock, type PastRows } from '../../../../../node/bridge/retrace/past-block.ts'
import {
  type PastSource,
  type PastStatus,
  Retrace,
  type RetraceDeps,
  type RetraceOptions,
} from '../../../../../node/bridge/retrace/retrace.ts'
import { Retracer } from '../../../../../node/bridge/retrace/retracer.ts'
import { concat } from '../../../../../node/protocol/bytes.ts'
import { type Hash, ZERO_ADDRESS } from '../../../../../node/protocol/ids.ts'
import { encodeStep } from '../../../../../node/protocol/step.ts'
import { toBaseUnits } from '../../../../../node/protocol/units.ts'
import type { MadeBlock } from '../../../../support/bridge/scenario.ts'
import { log } from '../../../../support/log.ts'
import { kzg, notHere, PastScene } from './past-scene.ts'

const honest = new PastScene(11, 9)
/** Where the rows begin in the bytes of a block. */
const ROWS = 417 + 5

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-past-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

type Run = {
  readonly retrace: Retrace
  readonly wrong: { readonly block: Hash; readonly problem: string }[]
  until(state: PastStatus['state']): Promise<PastStatus>
}

function run(
  t: TestContext,
  folder: string,
  scene = honest,
  source: PastSource = scene.source(),
  options: RetraceOptions = {},
  deps: Partial<RetraceDeps> = {},
): Run {
  const wrong: { block: Hash; problem: string }[] = []
  const { rules, genesisBlock: sealed, genesis: transaction } = scene.forge.network
  const all: RetraceDeps = {
    ...{ rules, genesis: { sealed, transaction }, source, kzg, log, folder, now: () => performance.now() },
    onWrong: (block, problem) => wrong.push({ block, problem }),
    ...deps,
  }
  const to = { id: scene.tip.id, height: scene.tip.sealed.header.height }
  const retrace = new Retrace(all, to, { waitMs: 0, retryMs: 2, ...options })
  t.after(() => retrace.stop())
  void retrace.start()
  const until = async (state: PastStatus['state']) => {
    while (retrace.status.state !== state) {
      const { status } = retrace
      assert.ok(!['right', 'wrong', 'failed'].includes(status.state), `${status.state}: ${status.problem}`)
      await delay(2)
    }
    return retrace.status
  }
  return { retrace, wrong, until }
}

test('a right past is found right, and not replayed again after a restart', async (t) => {
  const folder = await folderOf(t)
  const first = run(t, folder)
  assert.deepEqual(await first.until('right'), {
    ...{ state: 'right', block: honest.tip.id, height: 9n, replayed: 9n },
  })
  assert.deepEqual(first.wrong, [])
  const nobody: PastSource = { headers: () => Promise.reject(notHere()), block: () => Promise.reject(notHere()) }
  await run(t, folder, honest, nobody).until('right')
  // A verdict on another block counts for nothing.
  await writeFile(join(folder, 'past.json'), JSON.stringify({ block: honest.at(3).id, right: true }))
  const again = run(t, folder, honest, nobody)
  while (again.retrace.status.problem === undefined) await delay(2)
  assert.equal(again.retrace.status.state, 'reading')
})

test('what liars send costs them something, and everything is asked for again', async (t) => {
  const lies: Readonly<Record<number, (bytes: Uint8Array) => Uint8Array>> = {
    2: () => honest.bytes(honest.at(4)),
    3: () => new Uint8Array(),
    4: (bytes) => flipped(bytes, ROWS + 60),
    5: (bytes) => flipped(bytes, ROWS + 64 * honest.at(5).sealed.header.stepCount + 10),
    6: (bytes) => bytes.subarray(0, 417 + 5),
    // Cut in what it calls void, or in its rows.
    7: (bytes) => bytes.subarray(0, -1),
    // With more steps than any header has room for.
    8: () => encodePastBlock({ ...honest.past(honest.at(8)), rows: manySteps(honest.at(8)) }),
  }
  const source = honest.source()
  const blamed: bigint[] = []
  const told = new Set<Hash>()
  const { until, wrong } = run(t, await folderOf(t), honest, {
    headers: source.headers,
    block: async (id, signal) => {
      const { bytes } = await source.block(id, signal)
      const { height } = honest.forge.blocks.get(id)?.sealed.header ?? { height: 0n }
      const lie = told.has(id) ? undefined : lies[Number(height)]
      told.add(id)
      return { bytes: lie?.(bytes) ?? bytes, blame: () => blamed.push(height) }
    },
  })
  await until('right')
  assert.deepEqual(wrong, [])
  assert.deepEqual(blamed, [2n, 3n, 4n, 5n, 6n, 7n, 8n])
})

test('where nobody has a block it says so, and goes on when somebody does', async (t) => {
  const source = honest.source()
  let isThere = false
  const { retrace, until } = run(t, await folderOf(t), honest, {
    headers: source.headers,
    block: async (id, signal) => {
      if (id === honest.at(5).id && !isThere) throw notHere()
      return await source.block(id, signal)
    },
  })
  while (retrace.status.problem === undefined || retrace.status.replayed < 4n) await delay(2)
  assert.deepEqual(
    [retrace.status.state, retrace.status.replayed, retrace.status.problem],
    ['replaying', 4n, 'nobody has it'],
  )
  isThere = true
  assert.equal((await until('right')).problem, undefined)
})

for (const isInBlobs of [false, true]) {
  test(`a wrong block ${isInBlobs ? 'in blobs' : 'in calldata'} is named, now and after each restart`, async (t) => {
    const scene = new PastScene(13, 6, { isInBlobs, isWrong: true })
    const folder = await folderOf(t)
    const first = run(t, folder, scene)
    const { problem } = await first.until('wrong')
    assert.match(problem ?? '', new RegExp(scene.tip.id))
    assert.deepEqual(first.wrong, [{ block: scene.tip.id, problem }])
    const nobody: PastSource = { headers: () => Promise.reject(notHere()), block: () => Promise.reject(notHere()) }
    const second = run(t, folder, scene, nobody)
    await second.until('wrong')
    assert.deepEqual(second.wrong, first.wrong)
  })
}

test('a replay that was killed goes on after the block that was kept, and from genesis where that is damaged', async (t) => {
  const folder = await folderOf(t)
  const scene = new PastScene(17, 8)
  const source = scene.source()
  const upTo = (most: bigint): PastSource => ({
    headers: source.headers,
    block: async (id, signal) => {
      if ((scene.forge.blocks.get(id)?.sealed.header.height ?? 0n) > most) throw notHere()
      return await source.block(id, signal)
    },
  })
  const first = run(t, folder, scene, upTo(6n), { saveMs: 0 })
  while (first.retrace.status.replayed < 6n) await delay(2)
  await first.retrace.stop()
  scene.asked.clear()
  await run(t, folder, scene, upTo(8n)).until('right')
  const heights = [...scene.asked.keys()].map((id) => scene.forge.blocks.get(id)?.sealed.header.height)
  assert.ok(heights.length <= 3 && !heights.includes(1n), `asked for ${heights}`)

  const other = await folderOf(t)
  const killed = run(t, other, scene, upTo(6n), { saveMs: 0 })
  while (killed.retrace.status.replayed < 6n) await delay(2)
  await killed.retrace.stop()
  const file = join(other, 'past.bin')
  const saved = await readFile(file)
  await writeFile(file, flipped(saved, saved.length - 3))
  scene.asked.clear()
  await run(t, other, scene).until('right')
  assert.equal(scene.asked.size, 8)
})

const nobody: PastSource = { headers: () => Promise.reject(notHere()), block: () => Promise.reject(notHere()) }

test('a verdict that is damaged, or that is no file, counts for nothing', async (t) => {
  const { id } = honest.tip
  const texts = [
    '',
    '{',
    'null',
    '[]',
    JSON.stringify({ block: id }),
    JSON.stringify({ block: id, wrpng: { block: id, problem: 'it is wrong' } }),
    JSON.stringify({ block: id, wrong: { block: 'x', problem: 'it is wrong' } }),
    JSON.stringify({ block: id, wrong: { block: id } }),
    JSON.stringify({ block: id, right: 1 }),
    JSON.stringify({ block: id, right: true, more: 'x'.repeat(100_000) }),
  ]
  for (const text of texts) {
    const folder = await folderOf(t)
    await writeFile(join(folder, 'past.json'), text)
    const { retrace, wrong } = run(t, folder, honest, nobody)
    while (retrace.status.problem === undefined) await delay(2)
    assert.deepEqual([retrace.status.state, wrong], ['reading', []], text)
    await retrace.stop()
  }
})

test('whatever is in the place of its files, the past is found right, and a wrong block is named', async (t) => {
  const wrongScene = new PastScene(13, 4, { isWrong: true })
  const places: Readonly<Record<string, (file: string) => Promise<unknown> | unknown>> = {
    'a folder': async (file) => {
      await mkdir(file)
      await writeFile(join(file, 'something'), 'of somebody')
    },
    'a pipe that nobody writes to': (file) => execFileSync('bash', ['-c', 'mkfifo "$0"', file]),
    'a link to a device': (file) => symlink('/dev/zero', file),
    'a link to nowhere': (file) => symlink('nowhere', file),
  }
  for (const [name, put] of Object.entries(places)) {
    for (const scene of [honest, wrongScene]) {
      const folder = await folderOf(t)
      for (const file of ['past.json', 'past.bin']) await put(join(folder, file))
      const { until, wrong, retrace } = run(t, folder, scene, scene.source(), { saveMs: 0 })
      await until(scene === honest ? 'right' : 'wrong')
      await retrace.stop()
      assert.deepEqual(
        wrong.map(({ block }) => block),
        scene === honest ? [] : [scene.tip.id],
        name,
      )
    }
  }
})

test('a folder that is gone, as a disk that refuses every write, keeps no wrong block from being named', async (t) => {
  const scene = new PastScene(13, 4, { isWrong: true })
  const folder = join(await folderOf(t), 'gone')
  const { until, wrong } = run(t, folder, scene, scene.source(), { saveMs: 0 })
  await until('wrong')
  assert.deepEqual(
    wrong.map(({ block }) => block),
    [scene.tip.id],
  )
})

test('what a process left that was killed while it wrote is taken away', async (t) => {
  const folder = await folderOf(t)
  const draft = `past.bin.${randomUUID()}.tmp`
  for (const name of [draft, 'past.bin.mine']) await writeFile(join(folder, name), 'half of the balances')
  await run(t, folder).until('right')
  assert.deepEqual((await readdir(folder)).sort(), ['past.bin.mine', 'past.json'])
})

test('balances that were kept are not held by the thread that made them', async () => {
  const { rules, genesis: transaction, genesisBlock: sealed } = honest.forge.network
  await using retracer = new Retracer({ rules, from: { sealed, genesis: transaction } })
  const held = new WeakRef(await retracer.outputs())
  await retracer.take(honest.bytes(honest.at(1)))
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let i = 0; i < 10 && held.deref() !== undefined; i++) {
    await delay(1)
    collect()
  }
  assert.equal(held.deref(), undefined)
})

test('a thread that dies is said, and nothing else', async (t) => {
  const broken = { sealed: honest.forge.genesis.sealed, transaction: undefined as never }
  const { until, wrong } = run(t, await folderOf(t), honest, honest.source(), {}, { genesis: broken })
  await using retracer = new Retracer({
    rules: honest.forge.network.rules,
    from: { sealed: broken.sealed, genesis: broken.transaction },
  })
  await assert.rejects(retracer.take(honest.bytes(honest.at(1))), { code: 'retrace-failed' })
  // Also of one that is dead already.
  await assert.rejects(retracer.outputs(), { code: 'retrace-failed' })
  assert.match((await until('failed')).problem ?? '', /expected to replay the past in the background, but/)
  assert.deepEqual(wrong, [])
})

function manySteps({ sealed }: MadeBlock): PastRows {
  const deposit = encodeStep({ kind: 'deposit', entry: { kind: 'deposit', gross: toBaseUnits(1n), to: ZERO_ADDRESS } })
  const steps = concat(...Array.from({ length: 65_536 }, () => deposit))
  return { steps, states: new Uint8Array(32 * sealed.header.stepCount) }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1)
}
