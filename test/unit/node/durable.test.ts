// Files that are written by several at once: whole at every moment, and in the end what the last one wrote.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createDurably, writeDurably } from '../../../node/durable.ts'
import { withdrawBondCall } from '../../../node/ethereum/calls.ts'
import { Outbox } from '../../../node/ethereum/sending/outbox.ts'

test('of many writes of one file at once none fails, every reader sees a whole one, and the last one stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-durable-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'file.json')
  await writeDurably(file, JSON.stringify([0]))
  const writes = Array.from({ length: 60 }, (_, i) =>
    writeDurably(file, JSON.stringify(Array(1 + 997 * (i % 7)).fill(i))),
  )
  let reads = 0
  const all = Promise.all(writes).then(() => 'written' as const)
  while ((await Promise.race([all, readFile(file, 'utf8')])) !== 'written') {
    const seen: unknown[] = JSON.parse(await readFile(file, 'utf8'))
    assert.equal(new Set(seen).size, 1)
    reads++
  }
  assert.ok(reads > 0)
  assert.deepEqual(new Set(JSON.parse(await readFile(file, 'utf8'))), new Set([59]))
  assert.deepEqual(await readdir(folder), ['file.json'])
})

test('a write that fails keeps none of those behind it from the disk', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-durable-'))
  t.after(() => rm(folder, { recursive: true }))
  const nowhere = join(folder, 'not there', 'file')
  const [one, two] = await Promise.allSettled([writeDurably(nowhere, 'one'), writeDurably(nowhere, 'two')])
  assert.deepEqual([one.status, two.status], ['rejected', 'rejected'])
  const file = join(folder, 'file')
  await writeDurably(file, 'three')
  assert.equal(await readFile(file, 'utf8'), 'three')
})

test('an outbox to which several calls are added at once has all of them on disk', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-outbox-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'outbox.json')
  const outbox = new Outbox(file)
  await outbox.load()
  const calls = Array.from({ length: 16 }, (_, i) => withdrawBondCall(new Uint8Array(337).fill(i)))
  const fees = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n }
  const attemptAt = (nonce: number) => {
    return { hash: `0x${'ab'.repeat(32)}`, raw: '0x02', nonce, fees, isCancel: false, sentMs: 1 } as never // as a signer makes it
  }
  await Promise.all(calls.map((call, nonce) => outbox.add(call, attemptAt(nonce))))
  const again = new Outbox(file)
  await again.load()
  for (const [nonce, call] of calls.entries()) assert.equal(again.find(call)?.attempts[0]?.nonce, nonce)
})

test('of many that make one file one does, whole, and a file that is there stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-durable-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'made.json')
  const made = await Promise.all(Array.from({ length: 40 }, (_, i) => createDurably(file, `${i}`.repeat(5_000))))
  assert.deepEqual([made.filter(Boolean).length, (await stat(file)).mode & 0o777], [1, 0o600])
  assert.equal(await readFile(file, 'utf8'), `${made.indexOf(true)}`.repeat(5_000))
  assert.equal(await createDurably(file, 'later'), false)
  assert.deepEqual(await readdir(folder), ['made.json'])
  await assert.rejects(createDurably(join(folder, 'none', 'made.json'), 'x'), { code: 'write-failed' })
})

test('of several processes that write one file none fails, and every reader sees a whole one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-durable-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'shared.json')
  const source = new URL('../../../node/durable.ts', import.meta.url).href
  const code = (seed: number) => `import { readFile } from 'node:fs/promises'
    import { writeDurably } from ${JSON.stringify(source)}
    for (let i = 0; i < 120; i++) {
      await writeDurably(${JSON.stringify(file)}, JSON.stringify(Array(1 + (i * 71 + ${seed}) % 4000).fill(${seed})))
      JSON.parse(await readFile(${JSON.stringify(file)}, 'utf8'))
    }`
  const run = promisify(execFile)
  await Promise.all([11, 222, 3333].map((seed) => run(process.execPath, ['--input-type=module', '--eval', code(seed)])))
  assert.deepEqual(await readdir(folder), ['shared.json'])
})

test('a write that fails leaves nothing beside the file, and follows no link that lies in its way', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-durable-'))
  t.after(() => rm(folder, { recursive: true }))
  const [file, precious] = [join(folder, 'place'), join(folder, 'precious')]
  await mkdir(file)
  await writeFile(precious, 'kept')
  await symlink(precious, `${file}.tmp`)
  await assert.rejects(writeDurably(file, 'x'), { code: 'write-failed' })
  assert.equal(await readFile(precious, 'utf8'), 'kept')
  assert.deepEqual((await readdir(folder)).toSorted(), ['place', 'place.tmp', 'precious'])
})
