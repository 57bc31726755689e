// ttx maker on the command line: a dry run, a ladder in a folder that takers read, processes that are killed, and the end of it.

import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Side } from '../../../../node/client/maker/ladder.ts'
import { decodeOffer, offerId } from '../../../../node/protocol/offer-file.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { SHOP, START, STOCK } from '../../node/client/maker/street.ts'
import { type Listed, openMarket, PASSPHRASE, until } from './market.ts'

const TTX = fileURLToPath(new URL('../../../../scripts/ttx.mjs', import.meta.url))
const SEED = 20_261_130

test('a dry run says the ladder, needs no passphrase, and does nothing', async (t) => {
  const { street, run, book } = await openMarket(t)
  const { exitCode, out } = await run(['--dry-run'], {})
  assert.equal(exitCode, 0)
  assert.match(
    out,
    /^sells +20000000 units of asset [0-9a-f]{40} for 0\.000000000041437895 TTX: .* each, would be made$/m,
  )
  assert.equal(out.match(/would be made/g)?.length, 6)
  const whole = JSON.parse((await run(['--dry-run', '--json'], {})).out)
  assert.deepEqual(
    whole.ladder.map(({ side, give }: { side: Side; give: string }) => [side, give]),
    [
      ['sell', '20000000'],
      ['sell', '19600000'],
      ['sell', '19208000'],
      ['buy', '40000000'],
      ['buy', '39200000'],
      ['buy', '38416000'],
    ],
  )
  assert.deepEqual(await street.spendable(STOCK.address), START)
  await assert.rejects(book(), { code: 'ENOENT' })
})

test('limits in flags are kept: rungs, size, fee, prices, and what is not given away', async (t) => {
  const { json } = await openMarket(t)
  const ladder = async (...flags: string[]) =>
    (await json('--dry-run', ...flags)).ladder.map((rung: Listed) => [rung.give, rung.want])
  assert.deepEqual(await ladder('--rungs', '1', '--size', '1', '--fee', '0.5'), [
    ['10000000', '20303538'],
    ['20000000', '10151769'],
  ])
  assert.equal((await ladder('--keep-base', '970000000', '--keep-quote', '0.000000001')).length, 4)
  // Two is the price in base units: a TTX has 10^18 of them.
  const price = (units: string) => `0.${units.padStart(18, '0')}`
  assert.equal((await ladder('--max-price', price('2'))).length, 3)
  assert.equal((await ladder('--min-price', price('2'))).length, 3)
  assert.equal((await ladder('--min-price', price('3'))).length, 0)
})

test('terms that make no market are refused', async (t) => {
  const { street, run, market, json, book } = await openMarket(t)
  const code = async (...args: string[]) => (await json(...args)).error.code
  assert.equal(await code(), 'bad-arguments')
  assert.equal(await code('--quote', street.gold, '--dry-run'), 'bad-arguments')
  assert.equal(await code('--shop', 'stock', '--dry-run'), 'bad-arguments')
  assert.equal(await code('--dry-run', '--withdraw'), 'bad-arguments')
  assert.equal(await code('--shop', 'nobody', '--dry-run'), 'bad-address')
  // Where the book is, a web server serves nothing, and no file is removed.
  for (const inside of ['.', 'offers', 'offers/sub', 'wallets', '..'])
    assert.equal(await code('--out', join(street.folder, 'data', inside)), 'bad-arguments')
  await assert.rejects(book(), { code: 'ENOENT' })
  for (const flags of [
    ['--fee', '0'],
    ['--fee', '51'],
    ['--size', '1.00001'],
    ['--rungs', '61'],
  ])
    assert.equal((await run([...flags, '--dry-run'])).exitCode, 2)
  const { infohash } = await street.issueMore()
  const shell = fakeShell({ folder: street.folder })
  await runCli([...market.map((arg) => (arg === street.gold ? infohash : arg)), '--dry-run', '--json'], shell)
  assert.equal(JSON.parse(shell.out()).error.code, 'asset-not-final')
})

test('the ladder is a folder of files: takers take, blocks order, rungs come and go, and all can be withdrawn', async (t) => {
  const { street, json, index, taken, out, market } = await openMarket(t)
  const shell = fakeShell({ folder: street.folder, env: { TTX_PASSPHRASE: PASSPHRASE } })
  const running = runCli([...market, '--out', out, '--json'], shell)
  const reports = () =>
    shell
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  await until('the ladder', async () => (await index()).sell.length === 3 && (await index()).buy.length === 3)
  const first = await index()
  assert.equal(first.maker, SHOP.address)
  for (const { offer, file, give } of [...first.sell, ...first.buy]) {
    const text = await readFile(join(out, file), 'utf8')
    assert.equal(offerId(decodeOffer(text)), offer)
    assert.equal(`${decodeOffer(text).give.tokens}`, give)
    assert.equal((await stat(join(out, file))).mode & 0o777, 0o644)
  }
  const strange = join(out, `${'a'.repeat(40)}.json`)
  await writeFile(strange, 'of somebody else')

  // While no block has ordered the take, nothing but that rung changes.
  const sold = await taken('sell', 1)
  await until('the rung to go', async () => (await index()).sell.length === 2)
  assert.deepEqual((await index()).sell, first.sell.slice(1))
  assert.deepEqual((await index()).buy, first.buy)
  // The list is written first: nobody finds a name in it whose file is gone.
  await until('its file to go', async () => !(await readdir(out)).includes(sold.file))
  assert.equal(reports().at(-1).waiting.sold.trades, 1)
  // Another maker of the shop is refused, and a node that is away is waited for.
  assert.equal((await json('--out', out)).error.code, 'account-in-use')
  // So is one of the stock: of another shop, and as the shop of another stock.
  for (const [stock, shop] of [
    ['stock', 'other'],
    ['other', 'stock'],
    ['shop', 'other'],
  ] as const)
    assert.equal((await json('--wallet', stock, '--shop', shop, '--withdraw')).error.code, 'account-in-use')
  street.state = 'syncing'
  await street.mine()
  const { asked } = street
  await until('the maker to ask again', async () => street.asked > asked + 1)
  street.state = 'live'
  await until('the other side to have one more', async () => (await index()).buy.length === 4)
  const then = await index()
  assert.deepEqual(then.sell.slice(0, 2), first.sell.slice(1))
  assert.equal(then.sell.length, 3)
  assert.equal(then.buy[0]?.give, sold.want)
  await until('the report', async () => reports().at(-1).sold.trades === 1)
  assert.deepEqual(reports().at(-1).sold, { trades: 1, base: sold.give, quote: sold.want })
  assert.deepEqual(reports().at(-1).earned, { base: '0', quote: `${(BigInt(sold.want) * 15n) / 1_000n}` })

  shell.controller.abort()
  assert.equal(await running, 0)
  assert.equal((await index()).buy.length, 4)
  const ended = await json('--withdraw', '--out', out)
  assert.deepEqual([ended.withdrawn, ended.problems], [7, []])
  await street.mine()
  assert.deepEqual([(await index()).sell, (await index()).buy], [[], []])
  assert.deepEqual((await readdir(out)).toSorted(), [`${'a'.repeat(40)}.json`, 'ladder.json'])
  assert.deepEqual(await street.spendable(STOCK.address), street.settled())
})

test('a process that is killed again and again goes on with the same book, and offers nothing twice', async (t) => {
  const { street, json, index, taken, out, market, book } = await openMarket(t)
  const random = randomOf(SEED)
  const args = [TTX, ...market, '--out', out, '--log-level', 'info']
  const start = () =>
    spawn(process.execPath, args, {
      cwd: street.folder,
      env: { PATH: process.env['PATH'] ?? '', TTX_PASSPHRASE: PASSPHRASE },
    })
  let takes = 0
  for (let kills = 0; kills < 3; kills++) {
    const child = start()
    // Its first words come after everything is opened; the ladder takes it some hundred milliseconds from then on.
    await said(child, 'market')
    await delay(400 * random())
    const side = random() < 0.5 ? 'sell' : 'buy'
    const shown = await index().catch(() => undefined)
    if (shown !== undefined && shown[side].length > 0 && kills > 0) {
      await taken(side, kills)
      takes += 1
    }
    child.kill('SIGKILL')
    await once(child, 'close')
    await street.mine()
  }
  const last = start()
  await said(last, 'market')
  await until(
    'the ladder to stand again',
    async () => (await index()).sell.length >= 3 && (await index()).buy.length >= 3,
  )
  last.kill('SIGINT')
  const [exitCode] = await once(last, 'close')
  assert.equal(exitCode, 0)
  const offers = await Promise.all(
    (await book()).map(async (name) =>
      decodeOffer(JSON.parse(await readFile(join(street.folder, 'data', 'offers', name), 'utf8')).offer),
    ),
  )
  const bound = offers.flatMap(({ give, prev }) => `${give.asset} ${prev}`)
  assert.equal(new Set(bound).size, bound.length)
  const report = await json('--withdraw', '--out', out)
  assert.equal(report.sold.trades + report.bought.trades, takes)
  await street.mine()
  const { sold, bought } = street.trades()
  assert.deepEqual(
    [report.sold, report.bought],
    [sold, bought].map(([trades, base, quote]) => ({ trades, base: `${base}`, quote: `${quote}` })),
  )
  await json('--withdraw', '--out', out)
  await street.mine()
  assert.deepEqual(await street.spendable(STOCK.address), street.settled())
})

async function said(child: ChildProcessWithoutNullStreams, words: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let text = ''
  const look = (chunk: Buffer) => {
    text += chunk
    if (text.includes(words)) resolve()
  }
  child.stdout.on('data', look)
  child.stderr.on('data', look)
  child.once('close', () => reject(new Error(`it ended without saying ${words}: ${text}`)))
  await promise
}
