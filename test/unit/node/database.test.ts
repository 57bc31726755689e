// A database that does not open says what is wrong with it: another process has it, it is damaged, or the folder is out of reach.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Level } from 'level'
import { openDatabase } from '../../../node/database.ts'

async function filled(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'ttx-database-'))
  t.after(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, 'ledger')
  const level = new Level(folder)
  await openDatabase(level, { part: 'ledger', folder })
  for (let i = 0; i < 100; i++) await level.put(`key ${i}`, 'x'.repeat(1_000))
  await level.close()
  return folder
}

/** What begins with `name` in it. */
async function fileOf(folder: string, name: string): Promise<string> {
  const found = (await readdir(folder)).find((file) => file.startsWith(name))
  assert.ok(found)
  return join(folder, found)
}

const DAMAGES: readonly [string, (folder: string) => Promise<void>][] = [
  ['an empty CURRENT', async (folder) => truncate(join(folder, 'CURRENT'), 0)],
  ['zeros in CURRENT', async (folder) => writeFile(join(folder, 'CURRENT'), new Uint8Array(24))],
  ['half of a manifest', async (folder) => truncate(await fileOf(folder, 'MANIFEST-'), 17)],
  ['no manifest', async (folder) => rm(await fileOf(folder, 'MANIFEST-'))],
]

for (const part of ['ledger', 'bridge'] as const) {
  for (const [name, damage] of DAMAGES) {
    test(`${part}: ${name} is damage, told with the folder, the cause, the remedy and what is lost`, async (t) => {
      const folder = await filled(t)
      await damage(folder)
      await assert.rejects(openDatabase(new Level(folder), { part, folder }), (error: Error) => {
        assert.ok('code' in error && 'facts' in error)
        assert.equal(error.code, 'database-damaged')
        assert.match(
          error.message,
          new RegExp(`database of the ${part} in ${folder}, got a damaged one \\(.+\\); delete`),
        )
        assert.match(error.message, part === 'ledger' ? /come back .* lost/ : /nothing is lost/)
        assert.doesNotMatch(error.message, /another/)
        return true
      })
      await rm(folder, { recursive: true })
      await using level = new Level(folder)
      await openDatabase(level, { part, folder })
    })
  }
}

test('a database that is open already is in use, which passes, and nothing is to be deleted', async (t) => {
  const folder = await filled(t)
  await using first = new Level(folder)
  await openDatabase(first, { part: 'ledger', folder })
  await assert.rejects(openDatabase(new Level(folder), { part: 'ledger', folder }), (error: Error) => {
    assert.ok('code' in error && 'retry' in error)
    assert.deepEqual([error.code, error.retry], ['database-in-use', true])
    assert.doesNotMatch(error.message, /delete/)
    return true
  })
})

test('a folder that cannot be used is told as such, and nothing is to be deleted', async (t) => {
  const folder = await filled(t)
  await rm(join(folder, 'LOCK'))
  await mkdir(join(folder, 'LOCK'))
  await assert.rejects(openDatabase(new Level(folder), { part: 'bridge', folder }), (error: Error) => {
    assert.ok('code' in error)
    assert.equal(error.code, 'database-unavailable')
    assert.match(error.message, /check the disk/)
    assert.doesNotMatch(error.message, /delete/)
    return true
  })
})
