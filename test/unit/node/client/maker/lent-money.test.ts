// Attacked: a maker's rungs, by payments to its stock that never count. What is cut out of them vanishes with them, so whoever can pay the same money
// elsewhere would clear the ladder for nothing: rungs are cut out of money that the maker made or a block has ordered.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Maker, type MakerDeps } from '../../../../../node/client/maker/maker.ts'
import type { KeySigner } from '../../../../../node/client/pay.ts'
import { person } from '../../ledger/world.ts'
import { now, SHOP, START, STOCK, Street, signerOf } from './street.ts'

const MOST_ROUNDS = 20

async function open(t: TestContext, stock: KeySigner, size: bigint) {
  const street = await Street.open(t, 8)
  const deps: MakerDeps = {
    ...{ node: street.client, book: street.book(), now, stock, shop: signerOf(SHOP) },
    ...{ show: async () => undefined, alone: (act) => act() },
  }
  const makerOf = (rungs: number) => {
    const options = { rungs, size, fee: 15_000n, keep: { base: 0n, quote: 0n } }
    return new Maker(deps, { ...street.market, stock: stock.address }, options)
  }
  /** A ladder that stands, to which more is added. */
  const [first, maker] = [makerOf(1), makerOf(4)]
  const settle = async (maker: Maker) => {
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) if ((await maker.round()) === undefined) return
  }
  const [liar, operator] = street.takers as [KeySigner, KeySigner]
  return { street, first, maker, settle, liar, operator }
}

/** Of what a rung gives: just enough for one, as much as several, more than there is otherwise. */
for (const percent of [2n, 3n, 30n, 200n]) {
  test(`${percent}% of the stock that never count take no rung along`, async (t) => {
    const { street, first, maker, settle, liar } = await open(t, signerOf(STOCK), 20_000n)
    await settle(first)
    for (let i = 0; i < 2; i++) await street.lieAbout(liar, STOCK.address, (START.quote * percent) / 100n + BigInt(i))
    await settle(maker)
    assert.deepEqual((await maker.draft()).report.open, { sell: 4, buy: 4 })
    await street.mine()
    const { report } = await maker.draft()
    assert.deepEqual([report.lost, report.open], [0, { sell: 4, buy: 4 }])
  })
}

test('a stock in many outputs is joined out of these alone', async (t) => {
  const stock = signerOf(person('stock in pieces'))
  const { street, first, maker, settle, liar, operator } = await open(t, stock, 400_000n)
  const PIECES = 40n
  await street.gift(operator, stock.address, START.base, street.gold, 1)
  for (let i = 0n; i < PIECES; i++)
    await street.gift(operator, stock.address, START.quote / PIECES, undefined, 2 + Number(i))
  await street.mine()
  await settle(first)
  assert.equal((await first.draft()).report.open.buy, 1)
  for (let i = 0n; i < 3n; i++) await street.lieAbout(liar, stock.address, START.quote / 20n + i)
  await settle(maker)
  assert.equal((await maker.draft()).report.open.buy, 4)
  await street.mine()
  const { report } = await maker.draft()
  assert.deepEqual([report.lost, report.open.buy], [0, 4])
})
