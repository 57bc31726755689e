// What a miner leaves for others to read: whole, its owner's, and not believed once its process is gone.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startOf } from '../../../scripts/lock.ts'
import {
  type MinerReport,
  minerReportFile,
  readMinerReport,
  removeMinerReport,
  writeMinerReport,
} from '../../../scripts/miner-report.ts'
import { exampleReport } from '../../support/miner/example-report.ts'

const own = async (): Promise<MinerReport> => exampleReport({ pid: process.pid, start: await startOf(process.pid) })

test('what is written is read again, is of its owner only, and leaves nothing else behind', async (t) => {
  const folder = await folderOf(t)
  const report = await own()
  await writeMinerReport(folder, report)
  assert.deepEqual(await readMinerReport(folder, report.at + 59_000), { report, is: 'running' })
  assert.equal((await stat(minerReportFile(folder))).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder), ['miner-status.json'])
})

test('one that is a minute old is stale, and one whose process is gone is gone, also where another has its number', async (t) => {
  const folder = await folderOf(t)
  const report = await own()
  await writeMinerReport(folder, report)
  assert.equal((await readMinerReport(folder, report.at + 61_000))?.is, 'stale')
  await writeMinerReport(folder, { ...report, start: `${report.start}1` })
  assert.equal((await readMinerReport(folder, report.at))?.is, 'gone')
  await writeMinerReport(folder, { ...report, pid: 2 ** 30, start: '' })
  assert.equal((await readMinerReport(folder, report.at))?.is, 'gone')
})

test('there is none where nobody wrote one, or where something else is in its place', async (t) => {
  const folder = await folderOf(t)
  assert.equal(await readMinerReport(folder, 0), undefined)
  for (const text of ['', '{', '{"pid":1}']) {
    await writeFile(minerReportFile(folder), text)
    assert.equal(await readMinerReport(folder, 0), undefined)
  }
})

test('a miner takes away its own, and not that of another one', async (t) => {
  const folder = await folderOf(t)
  await writeMinerReport(folder, exampleReport({ pid: process.ppid }))
  await removeMinerReport(folder)
  assert.deepEqual(await readdir(folder), ['miner-status.json'])
  await writeMinerReport(folder, await own())
  await removeMinerReport(folder)
  await removeMinerReport(folder)
  assert.deepEqual(await readdir(folder), [])
})

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
