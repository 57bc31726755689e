// Attacked: the first price of a maker, by a unit of one asset that somebody paid in before the maker's own money: where a block orders the other asset
// first, that unit would be worth all of it. A ladder begins when both are ordered.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Maker, type MakerDeps } from '../../../../../node/client/maker/maker.ts'
import type { KeySigner } from '../../../../../node/client/pay.ts'
import { person } from '../../ledger/world.ts'
import { now, SHOP, START, Street, signerOf } from './street.ts'

const OPTIONS = { rungs: 4, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }
/** Units of each asset that a stranger pays in before. */
const DUST = [
  { base: 1n, quote: 0n },
  { base: 0n, quote: 1n },
  { base: START.base / 10n, quote: 0n },
  { base: 7n, quote: 3n },
] as const

for (const [i, dust] of DUST.entries()) {
  for (const late of ['base', 'quote'] as const) {
    test(`a ladder waits for ${late} that no block has ordered, with ${dust.base} and ${dust.quote} units of others`, async (t) => {
      const street = await Street.open(t, 2)
      const [stranger, operator] = street.takers as [KeySigner, KeySigner]
      const stock = signerOf(person(`stock ${i} ${late}`))
      const market = { ...street.market, stock: stock.address }
      const deps: MakerDeps = {
        ...{ node: street.client, book: street.book(), now, stock, shop: signerOf(SHOP) },
        ...{ show: async () => undefined, alone: (act) => act() },
      }
      const maker = new Maker(deps, market, OPTIONS)
      const settle = async () => {
        while ((await maker.round()) !== undefined) {}
      }
      const isGold = (place: 'base' | 'quote') => (place === 'base' ? street.gold : undefined)
      for (const place of ['base', 'quote'] as const)
        if (dust[place] > 0n) await street.gift(stranger, stock.address, dust[place], isGold(place), 1)
      await street.mine()
      for (const place of ['base', 'quote'] as const)
        await street.gift(operator, stock.address, START[place], isGold(place), 2)
      await street.mine(({ tx }) => tx.kind === 'signed' && tx.asset === isGold(late) && tx.from === operator.address)
      await settle()
      const early = await maker.draft()
      assert.deepEqual([early.report.isFunding, early.report.open], [true, { sell: 0, buy: 0 }])
      assert.deepEqual(early.plan.made, [])

      await street.mine()
      await settle()
      const { report } = await maker.draft()
      assert.deepEqual([report.isFunding, report.open], [false, { sell: 4, buy: 4 }])
      assert.deepEqual(report.inventory, { base: START.base + dust.base, quote: START.quote + dust.quote })
    })
  }
}

test('somebody whose payments are never ordered keeps no ladder from standing, and small ones keep none from beginning', async (t) => {
  const street = await Street.open(t, 2)
  const [stranger] = street.takers as [KeySigner]
  const stock = signerOf(person('stock of the maker'))
  const deps: MakerDeps = {
    ...{ node: street.client, book: street.book(), now, stock, shop: signerOf(SHOP) },
    ...{ show: async () => undefined, alone: (act) => act() },
  }
  const maker = new Maker(deps, street.market, OPTIONS)
  await street.gift(stranger, stock.address, 1_000n, undefined, 1)
  await maker.round()
  assert.deepEqual((await maker.draft()).report.open, { sell: 4, buy: 4 })
  await street.gift(stranger, stock.address, START.quote, undefined, 2)
  const { report, plan } = await maker.draft()
  assert.deepEqual([report.isFunding, plan.kept.length, plan.made.length], [false, 8, 0])
})
