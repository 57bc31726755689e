// The folder of a maker: what it may be, and what is done in it.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readInfohash } from '../../../../node/protocol/ids.ts'
import { checkShowcase, showOffers } from '../../../../scripts/cli/offers/showcase.ts'
import { person } from '../../node/ledger/world.ts'

const [shop, stock, other] = [person('shop').address, person('stock').address, person('other').address]
const [gold, silver] = [readInfohash('a'.repeat(40)), readInfohash('b'.repeat(40))]

async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-showcase-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  await mkdir(join(data, 'offers'), { recursive: true })
  return { folder, data, out: join(folder, 'out') }
}

test('the data folder is not served, nor anything in it or around it, whatever link leads there', async (t) => {
  const { folder, data, out } = await open(t)
  await symlink(data, join(folder, 'link'))
  await symlink(join(data, 'offers'), join(folder, 'book'))
  const check = (path: string) => checkShowcase(path, data, { shop, stock, base: gold })
  const inside = [data, folder, '/', join(data, 'offers'), join(data, 'offers', 'new', 'one'), join(out, '..', 'data')]
  const linked = [join(folder, 'link'), join(folder, 'link', 'wallets'), join(folder, 'book')]
  for (const path of [...inside, ...linked]) await assert.rejects(check(path), { code: 'bad-arguments' }, path)
  for (const path of [out, `${data}-offers`, join(folder, 'new', 'one')]) await check(path)
})

test('two markets do not share a folder as long as one of them shows offers there', async (t) => {
  const { data, out } = await open(t)
  await mkdir(out)
  const index = async (maker: string, [base, quote]: readonly (string | undefined)[], sell: readonly object[]) => {
    const text = JSON.stringify({ maker, base: { asset: base }, quote: { asset: quote }, sell, buy: [] })
    await writeFile(join(out, 'ladder.json'), text)
  }
  const isFree = async () =>
    await checkShowcase(out, data, { shop, stock, base: gold }).then(
      () => true,
      (error) => error.code !== 'bad-arguments',
    )
  for (const [maker, assets, isOurs] of [
    [shop, [gold, undefined], true],
    [shop, [undefined, gold], true],
    [other, [gold, undefined], false],
    [shop, [silver, undefined], false],
    [shop, [gold, silver], false],
  ] as const) {
    await index(maker, assets, [{}])
    assert.equal(await isFree(), isOurs)
    await index(maker, assets, [])
    assert.equal(await isFree(), true)
  }
  for (const text of ['', '{', '[]', '{"maker":1}', 'null']) {
    await writeFile(join(out, 'ladder.json'), text)
    assert.equal(await isFree(), true)
  }
})

test('what somebody has linked where a draft is written is left as it is', async (t) => {
  const { folder, data, out } = await open(t)
  await mkdir(out)
  const victim = join(folder, 'victim')
  await writeFile(victim, 'of the operator')
  await symlink(victim, join(out, 'ladder.json.tmp'))
  await showOffers(out, join(data, 'offers'), [], 'index')
  assert.equal(await readFile(victim, 'utf8'), 'of the operator')
  assert.deepEqual(await readdir(out), ['ladder.json'])
  assert.equal(await readFile(join(out, 'ladder.json'), 'utf8'), 'index')
})
