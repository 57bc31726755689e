// The book of offers where it cannot be read, or is long: no payment is made that could spend what an offer gives.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { accountOf, signOffer } from '../../../../scripts/assure/models/world.ts'
import { keepInBook } from '../../../../scripts/cli/offers/book.ts'
import { openOffers } from '../../../support/offers.ts'

test('a book that cannot be read is not an empty one', async (t) => {
  const { book, gold, json, sell } = await openOffers(t)
  const pay = (amount: string) => json('send', amount, 'carol', '--asset', gold, '--unfinal', '--wallet', 'bob')
  await rename(await mkdtemp(join(tmpdir(), 'ttx-empty-')), book)
  assert.equal((await pay('1')).exitCode, 0, 'an empty one binds nothing')
  assert.equal((await sell('40', '1')).exitCode, 0)
  const away = `${book}-away`
  await rename(book, away)
  for (const replace of [() => writeFile(book, ''), () => symlink(book, book)]) {
    await replace()
    for (const done of [await pay('1'), await sell('1', '1'), await json('offer', 'list')])
      assert.equal(done.error.code, 'file-unreadable', JSON.stringify(done))
    await rm(book)
  }
  await rename(away, book)
  assert.equal((await json('offer', 'list')).offers.length, 1)
})

test('a book of more offers than a process may have files open is read', {
  skip: process.platform === 'win32',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-book-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'offers'))
  const maker = accountOf('maker')
  const count = 300
  for (let i = 0; i < count; i++) {
    const prev = [i.toString(16).padStart(40, '0') as Infohash]
    const terms = { give: { tokens: 1n }, want: { tokens: 1n, asset: accountOf('contract').address } }
    const offer = signOffer(maker, { ...terms, time: i, prev })
    await keepInBook(join(folder, 'offers'), { offer, role: 'made', isSaid: true })
  }
  const module = new URL('../../../../scripts/cli/offers/book.ts', import.meta.url).href
  const code = `const { boundOutputs } = await import(${JSON.stringify(module)}); console.log((await boundOutputs(process.argv[1])).length)`
  const command = 'ulimit -n 200 && exec "$0" --input-type=module -e "$1" "$2"'
  const args = ['-c', command, process.execPath, code, join(folder, 'offers')]
  const { stdout } = await promisify(execFile)('/bin/sh', args)
  assert.equal(stdout.trim(), `${count}`)
})
