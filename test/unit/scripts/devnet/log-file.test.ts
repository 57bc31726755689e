// Logs that are kept: no line is lost, not even by a kill, and they never take more than their bound.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { LogFile } from '../../../../scripts/devnet/log-file.ts'

const folder = await mkdtemp(join(tmpdir(), 'ttx-log-file-'))
after(() => rm(folder, { recursive: true }))

/** All lines of a file and its older ones, the oldest first. */
async function linesOf(name: string): Promise<readonly string[]> {
  const files = (await readdir(folder))
    .filter((file) => file.startsWith(name))
    .toSorted()
    .toReversed()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts.flatMap((text) => text.split('\n').slice(0, -1))
}

test('at its bound a file becomes an older one, and the oldest is dropped', async () => {
  const log = new LogFile(join(folder, 'bound.log'), { bytes: 40, older: 2 })
  for (let i = 0; i < 20; i++) log.write(`line ${i} of ten`)
  log.write('x'.repeat(100))
  log.close()
  log.close()
  log.write('too late')
  const files = (await readdir(folder)).filter((name) => name.startsWith('bound.log')).toSorted()
  assert.deepEqual(files, ['bound.log', 'bound.log.1', 'bound.log.2'])
  assert.equal(await readFile(join(folder, 'bound.log'), 'utf8'), `${'x'.repeat(100)}\n`)
  for (const file of files.slice(1)) assert.ok((await stat(join(folder, file))).size <= 40)
  assert.deepEqual(await linesOf('bound.log'), [16, 17, 18, 19].map((i) => `line ${i} of ten`).concat('x'.repeat(100)))
})

test('a file that is there is gone on with, and counts', async () => {
  const path = join(folder, 'again.log')
  for (const word of ['one', 'two', 'three']) {
    const log = new LogFile(path, { bytes: 9, older: 1 })
    log.write(word)
    log.close()
  }
  assert.deepEqual([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')], ['one\ntwo\n', 'three\n'])
})

test('each line that was written is there after a kill, in its order and once', async () => {
  const source = new URL('../../../../scripts/devnet/log-file.ts', import.meta.url)
  const code = `import { writeSync } from 'node:fs'
    import { LogFile } from ${JSON.stringify(source.href)}
    const log = new LogFile(${JSON.stringify(join(folder, 'killed.log'))}, { bytes: 2000, older: 1000 })
    for (let i = 0; ; i++) { log.write('line ' + i); writeSync(1, i + '\\n') }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  let last = -1
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (last === 3_000) child.kill('SIGKILL')
  }
  await ended
  const files = (await readdir(folder)).filter((name) => name.startsWith('killed.log'))
  assert.ok(files.length > 10)
  const all = await linesInOrder(files.length)
  assert.ok(last >= 3_000 && all.length > last, `${all.length} lines, ${last} were told`)
  assert.deepEqual(
    all,
    Array.from(all, (_, i) => `line ${i}`),
  )
})

async function linesInOrder(files: number): Promise<readonly string[]> {
  const names = Array.from({ length: files }, (_, i) =>
    i === files - 1 ? 'killed.log' : `killed.log.${files - 1 - i}`,
  )
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')))
  return texts.join('').split('\n').slice(0, -1)
}

test('where no new file can begin, no line drops an older one, and the log goes on once it can', async () => {
  const path = join(folder, 'blocked.log')
  const log = new LogFile(path, { bytes: 12, older: 3 })
  for (const word of ['first', 'second', 'third', 'fourth', 'fifth']) log.write(word.padEnd(10))
  const before = await linesOf('blocked.log')
  assert.equal(before.length, 4)
  // What no file can have the name of, for root neither.
  await mkdir(join(`${path}.new`, 'in the way'), { recursive: true })
  for (let i = 0; i < 7; i++) assert.throws(() => log.write(`line ${i}`.padEnd(10)), /blocked\.log\.new/)
  await rename(`${path}.new`, join(folder, 'aside'))
  assert.deepEqual(await linesOf('blocked.log'), before)
  log.write('sixth'.padEnd(10))
  log.close()
  assert.deepEqual(await linesOf('blocked.log'), [...before.slice(1), 'sixth'.padEnd(10)])
})

test('what a kill in the middle left is not followed and not kept', async () => {
  const path = join(folder, 'linked.log')
  await writeFile(join(folder, 'precious'), 'kept')
  await symlink(join(folder, 'precious'), `${path}.new`)
  const log = new LogFile(path, { bytes: 5, older: 2 })
  for (const word of ['one', 'two', 'three', 'four']) log.write(word)
  log.close()
  assert.equal(await readFile(join(folder, 'precious'), 'utf8'), 'kept')
  assert.deepEqual(await linesOf('linked.log'), ['two', 'three', 'four'])
})
