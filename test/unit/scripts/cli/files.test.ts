// Files that a command writes for its user, whole or not at all, and those that it is given.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAtMost } from '../../../../node/disk.ts'
import { readLimited, writeNew } from '../../../../scripts/cli/files.ts'

test('a file for which there is no room is not there afterwards, and one that is there is left alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'payment.torrent')
  const source = `import { readLimited, writeNew } from ${JSON.stringify(import.meta.resolve('../../../../scripts/cli/files.ts'))}
await writeNew(${JSON.stringify(file)}, new Uint8Array(5_000)).catch(({ code }) => console.log(code))`
  // No file of this process may have more than 1,024 bytes.
  const args = ['-c', 'ulimit -f 1 && exec "$0" --input-type=module --eval "$1"', process.execPath, source]
  const child = spawn('bash', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = child.stdout.toArray()
  await once(child, 'close')
  assert.equal(`${Buffer.concat(await said)}`, 'file-not-written\n')
  assert.deepEqual(await readdir(folder), [])

  await writeNew(file, Uint8Array.of(1))
  await assert.rejects(writeNew(file, Uint8Array.of(2)), { code: 'file-not-written' })
  assert.deepEqual([...(await readFile(file))], [1])
})

test('of what has no end as much is read as may be there', async () => {
  await assert.rejects(readLimited('/dev/zero', 1_000, 'a transaction'), { code: 'file-too-long' })
  assert.equal((await readLimited('/dev/null', 1_000, 'a transaction')).length, 0)
})

test('a named pipe that nobody writes to is empty, and one that is written to slowly is read until the signal', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const pipe = join(folder, 'pipe')
  execFileSync('bash', ['-c', 'mkfifo "$0"', pipe])
  assert.equal((await readLimited(pipe, 10, 'a transaction')).length, 0)
  // Both ends, so that there is somebody who could write.
  await using writer = await open(pipe, 'r+')
  const silent = new AbortController()
  const waiting = readAtMost(pipe, 5, silent.signal)
  silent.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  const reading = readAtMost(pipe, 5)
  await writer.write('one')
  await writer.write('two')
  assert.equal(`${Buffer.from(await reading)}`, 'onetw')
})
