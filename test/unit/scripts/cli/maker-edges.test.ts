// ttx maker where its wallets have other offers, and where it ends while somebody has a rung.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeOffer, offerId } from '../../../../node/protocol/offer-file.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { STOCK } from '../../node/client/maker/street.ts'
import { openMarket, PASSPHRASE, until } from './market.ts'

test('wallets with open offers of another market make no market, and do once these are withdrawn', async (t) => {
  const { street, json, index, out, market } = await openMarket(t)
  const { infohash: silver } = await street.issueMore()
  const start = (assets: readonly string[], to: string) => {
    const shell = fakeShell({ folder: street.folder, env: { TTX_PASSPHRASE: PASSPHRASE } })
    const others = market.filter((arg) => arg !== '--base' && arg !== street.gold)
    return { shell, running: runCli([...others, ...assets, '--unfinal', '--out', to, '--json'], shell) }
  }
  const stands = async (assets: readonly string[], to: string) => {
    const { shell, running } = start(assets, to)
    await until('the first round', async () => shell.out() !== '')
    shell.controller.abort()
    assert.equal(await running, 0)
  }
  const first = start(['--base', street.gold], out)
  await until('rungs', async () => (await index()).sell.length === 3)
  first.shell.controller.abort()
  await first.running
  for (const assets of [
    ['--base', silver],
    ['--quote', silver],
    ['--base', street.gold, '--quote', silver],
    ['--base', silver, '--quote', street.gold],
  ]) {
    const { shell, running } = start(assets, `${out}-other`)
    assert.notEqual(await running, 0)
    assert.equal(JSON.parse(shell.out()).error.code, 'bad-arguments', assets.join(' '))
  }
  // From the other side it is the same market.
  await stands(['--quote', street.gold], out)
  await street.mine()
  await json('--withdraw', '--out', out)
  await street.mine()
  await json('--withdraw', '--out', out)
  await stands(['--base', silver], `${out}-other`)
})

test('what a take has when all is withdrawn is told of, since it stands again if that take loses', async (t) => {
  const { street, run, json, index, out, market } = await openMarket(t)
  const shell = fakeShell({ folder: street.folder, env: { TTX_PASSPHRASE: PASSPHRASE } })
  const running = runCli([...market, '--out', out], shell)
  await until('the ladder', async () => (await index()).sell.length === 3 && (await index()).buy.length === 3)
  shell.controller.abort()
  await running
  await street.mine()
  const [nearest] = (await index()).sell
  const [liar] = street.takers
  assert(liar && nearest)
  const offer = decodeOffer(await readFile(join(out, nearest.file), 'utf8'))
  await street.lie(liar, { id: offerId(offer), side: 'sell', offer }, 1)
  const first = await json('--withdraw', '--out', out)
  assert.deepEqual([first.withdrawn, first.left, first.open], [5, 1, { sell: 2, buy: 3 }])
  assert.match((await run(['--withdraw', '--out', out])).out, /^careful +1 cannot be withdrawn now: /m)
  // The money of the take goes elsewhere.
  await street.mine()
  const then = await json('--withdraw', '--out', out)
  assert.deepEqual([then.withdrawn, then.left], [1, 0])
  await street.mine()
  assert.deepEqual(await street.spendable(STOCK.address), street.settled())
})
