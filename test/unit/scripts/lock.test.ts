// The lock of a data folder: one living process at a time, and one that died holds nothing.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OperationError } from '../../../node/errors.ts'
import { takeLock } from '../../../scripts/lock.ts'

const data = await mkdtemp(join(tmpdir(), 'ttx-lock-'))
after(() => rm(data, { recursive: true }))

test('a second taker is told who has it, until it is given back', async () => {
  const lock = await takeLock(data, 'devnet')
  await assert.rejects(takeLock(data, 'devnet'), (error) => {
    assert.ok(error instanceof OperationError)
    assert.deepEqual([error.code, error.facts['pid']], ['already-runs', `${process.pid}`])
    return true
  })
  await lock[Symbol.asyncDispose]()
  await assert.rejects(access(join(data, 'devnet.lock')))
  await (await takeLock(data, 'devnet'))[Symbol.asyncDispose]()
})

test('a lock of a process that is gone, or of another one with its number, is seen through', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'close')
  for (const content of [`${child.pid} 12345\n`, `${process.pid} 12345\n`, 'rubbish', '']) {
    await writeFile(join(data, 'devnet.lock'), content)
    await (await takeLock(data, 'devnet'))[Symbol.asyncDispose]()
  }
})

test('of several that come at once one has the lock, also where a crash left one', async () => {
  const [all, left] = [join(data, 'at-once'), '999999999 12345\n']
  for (let round = 0; round < 60; round++) {
    const folder = join(all, `${round}`)
    await mkdir(folder, { recursive: true })
    if (round % 3 > 0) await writeFile(join(folder, 'devnet.lock'), left)
    if (round % 3 > 1) await writeFile(join(folder, 'devnet.lock.lock'), left)
    const taken = await Promise.allSettled([1, 2, 3, 4].map(() => takeLock(folder, 'devnet')))
    const locks = taken.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    assert.equal(locks.length, 1, `round ${round}`)
    await locks[0]?.[Symbol.asyncDispose]()
    assert.deepEqual(await readdir(folder), [])
  }
})
