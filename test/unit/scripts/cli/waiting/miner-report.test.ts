// What a miner wrote about itself is believed only as long as it can be true.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMinerReport } from '../../../../../scripts/cli/waiting/miner-report.ts'

const NOW = 1_800_000_000_000
/** Above what Linux gives out. */
const NOBODY = 2 ** 30

test('a fresh report of a process that runs is read, whatever clock it counts with and whatever else is in it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-report-'))
  t.after(() => rm(folder, { recursive: true }))
  const read = async (said: unknown, nowMs = NOW) => {
    await writeFile(join(folder, 'miner-status.json'), typeof said === 'string' ? said : JSON.stringify(said))
    return await readMinerReport(folder, nowMs)
  }
  const said = { pid: process.pid, at: NOW, state: 'searching', height: '20', target: '5', hashesPerSecond: 940_000 }
  const full = await read({ ...said, expectedSeconds: 234, because: 'fees exceed the gas', rates: { minute: 5 } })
  assert.deepEqual(full, {
    ...{ pid: process.pid, state: 'searching', height: 20n, hashesPerSecond: 940_000 },
    ...{ expectedSeconds: 234, because: 'fees exceed the gas' },
  })
  for (const at of [NOW, NOW / 1_000, new Date(NOW).toISOString(), NOW - 59_000])
    assert.equal((await read({ ...said, at }))?.state, 'searching', `${at}`)
  assert.equal((await read({ ...said, height: 'no number', hashesPerSecond: -1 }))?.height, undefined)
})

test('nothing is believed of a report that is old, damaged, or of a process that is gone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-report-'))
  t.after(() => rm(folder, { recursive: true }))
  assert.equal(await readMinerReport(folder, NOW), undefined)
  const said = { pid: process.pid, at: NOW, state: 'searching' }
  const wrong = [
    { ...said, at: NOW - 61_000 },
    { ...said, at: NOW + 61_000 },
    { ...said, at: 'yesterday' },
    { ...said, pid: NOBODY },
    { ...said, pid: 0 },
    { ...said, state: undefined },
    '{',
    'null',
  ]
  for (const each of wrong) {
    const text = typeof each === 'string' ? each : JSON.stringify(each)
    await writeFile(join(folder, 'miner-status.json'), text)
    assert.equal(await readMinerReport(folder, NOW), undefined, text)
  }
})
