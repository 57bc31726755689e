// Attacked: a maker that looks until it sees the same twice, by somebody who pays a unit into its wallets whenever it looks. Payments cost nothing: they
// must not keep it from seeing what was taken, or from withdrawing what it no longer means.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Maker, type MakerDeps, type Shown } from '../../../../../node/client/maker/maker.ts'
import type { NodeClient } from '../../../../../node/client/rpc.ts'
import { now, SHOP, STOCK, Street, signerOf } from './street.ts'

const OPTIONS = { rungs: 4, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }
const MOST_ROUNDS = 8

for (const [who, to] of Object.entries({ stock: STOCK.address, shop: SHOP.address })) {
  for (const what of ['base', 'quote'] as const) {
    test(`somebody who pays ${what} into the ${who} again and again does not stop the maker`, async (t) => {
      const street = await Street.open(t, 2)
      const [restless, taker] = street.takers
      assert(restless && taker)
      let [time, shown] = [1, [] as readonly Shown[]]
      const call: NodeClient['call'] = async (method, params, signal) => {
        if (method === 'node_info')
          await street.gift(restless, to, BigInt(time), what === 'base' ? street.gold : undefined, time++)
        return await street.client.call(method, params, signal)
      }
      const deps: MakerDeps = {
        ...{
          node: { url: street.client.url, call },
          book: street.book(),
          now,
          stock: signerOf(STOCK),
          shop: signerOf(SHOP),
        },
        show: async (offers) => {
          shown = offers
        },
        alone: (act) => act(),
      }
      const maker = new Maker(deps, street.market, OPTIONS)
      const settle = async () => {
        for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) if ((await maker.round()) === undefined) return
        assert.fail('it always has something to do')
      }
      const count = (side: string) => shown.filter((each) => each.side === side).length
      await settle()
      assert.deepEqual([count('sell'), count('buy')], [4, 4])
      const [first] = shown
      assert(first)
      await street.take(taker, first, 1)
      await settle()
      assert.equal(shown.includes(first), false)
      assert.equal(count(first.side), 3)
      await street.mine()
      await settle()
      assert.deepEqual([count('sell'), count('buy')], [4, 5])
      assert((await maker.withdrawAll()).done.withdrawn > 0)
    })
  }
}
