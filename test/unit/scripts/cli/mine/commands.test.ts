// `ttx miner status` and `ttx benchmark`, as a user types them.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { kernelsHere } from '../../../../../miner/work/kernels/kernels.ts'
import { threadsOf } from '../../../../../scripts/cli/commands/mine/miner.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { startOf } from '../../../../../scripts/lock.ts'
import { writeMinerReport } from '../../../../../scripts/miner-report.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'
import { exampleReport } from '../../../../support/miner/example-report.ts'

test('a miner that runs is told, as a table and as JSON', async (t) => {
  const folder = await folderOf(t)
  const report = exampleReport({ pid: process.pid, start: await startOf(process.pid), at: Date.now() })
  await writeMinerReport(folder, report)
  const { out } = await run(folder, 'miner', 'status')
  assert.match(out, new RegExp(`^miner +runs as process ${process.pid}, for 0x1{40}$`, 'm'))
  assert.match(out, /^state +searching, block 20$/m)
  const { out: json } = await run(folder, 'miner', 'status', '--json')
  assert.deepEqual(JSON.parse(json), { is: 'running', ...report })
})

test('one that was killed or says nothing is told as such', async (t) => {
  const folder = await folderOf(t)
  await writeMinerReport(folder, exampleReport({ pid: 2 ** 30, at: Date.now() }))
  assert.match(
    (await run(folder, 'miner', 'status')).out,
    /^miner +does NOT run: process 1073741824 is gone, and said this last /m,
  )
  const start = await startOf(process.pid)
  await writeMinerReport(folder, exampleReport({ pid: process.pid, start, at: Date.now() - 120_000 }))
  assert.match((await run(folder, 'miner', 'status')).out, /^miner +process \d+ has said nothing since .*ago/m)
})

test('where none has run the command fails, and says how to start one', async (t) => {
  const { exitCode, out } = await run(await folderOf(t), 'miner', 'status', '--json')
  assert.equal(exitCode, 1)
  assert.equal(JSON.parse(out).error.code, 'no-miner')
})

test('a benchmark has a row for each kernel on one thread and on all, and ends when it should', async (t) => {
  const { exitCode, out } = await run(await folderOf(t), 'benchmark', '--threads', '2', '--seconds', '0.2', '--json')
  assert.equal(exitCode, 0)
  const { rows, seconds, cores } = JSON.parse(out)
  assert.equal(seconds, 0.2)
  assert(cores >= 1)
  assert.deepEqual(
    rows.map(({ kernel, threads }: Row) => [kernel, threads]),
    kernelsHere().flatMap((kernel) => [
      [kernel, 1],
      [kernel, 2],
    ]),
  )
  assert(rows.every(({ hashesPerSecond }: Row) => hashesPerSecond > 0))
})

test('a benchmark on one thread is a table with a line for each kernel', async (t) => {
  const { out } = await run(await folderOf(t), 'benchmark', '--threads', '1', '--seconds', '0.1')
  for (const kernel of kernelsHere()) assert.match(out, new RegExp(`^${kernel} +1 of \\d+ +\\S+ [kMG]?H/s`, 'm'))
})

test('a benchmark refuses a time that is none, and stops at once on Ctrl-C', async (t) => {
  const folder = await folderOf(t)
  assert.equal((await run(folder, 'benchmark', '--seconds', '0')).exitCode, 2)
  const shell = fakeShell({ folder })
  const running = runCli(['benchmark', '--threads', '1', '--seconds', '600'], shell)
  shell.stdout.once('data', () => shell.controller.abort(new Error('Ctrl-C')))
  assert.notEqual(await running, 0)
})

test('left to itself a miner leaves one core to everything else', () => {
  assert.deepEqual(
    [1, 2, 3, 64].map((cores) => threadsOf('auto', cores)),
    [1, 1, 2, 63],
  )
  assert.equal(threadsOf(5, 2), 5)
})

type Row = { readonly kernel: string; readonly threads: number; readonly hashesPerSecond: number }

async function run(folder: string, ...argv: readonly string[]) {
  const shell = fakeShell({ folder })
  const exitCode = await runCli([...argv, '--data', folder], shell)
  return { exitCode, out: shell.out(), err: shell.err() }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-mine-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
