// Attacked: the end of a ladder, by somebody whose take of one rung comes before its withdrawal in a block. That one is sold; no other rung stands again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Maker, type MakerDeps, type Shown } from '../../../../../node/client/maker/maker.ts'
import { now, SHOP, STOCK, Street, signerOf } from './street.ts'

for (const [rungs, raced] of [
  [4, 0],
  [4, 3],
  [4, 6],
  [10, 5],
] as const) {
  test(`a take that was faster than the withdrawal revives none of the other ${2 * rungs - 1} rungs: ${raced}`, async (t) => {
    const street = await Street.open(t, 1)
    const [taker] = street.takers
    let shown: readonly Shown[] = []
    const deps: MakerDeps = {
      ...{ node: street.client, book: street.book(), now, stock: signerOf(STOCK), shop: signerOf(SHOP) },
      show: async (offers) => {
        shown = offers
      },
      alone: (act) => act(),
    }
    const options = { rungs, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }
    const maker = new Maker(deps, street.market, options)
    while ((await maker.round()) !== undefined) {}
    await street.mine()
    while ((await maker.round()) !== undefined) {}
    const rung = shown[raced]
    assert(taker && rung && shown.length === 2 * rungs)
    // Miners have it, and the maker's node has not.
    street.know(await street.takeOf(taker, rung.offer, 1), true)
    assert.equal((await maker.withdrawAll()).done.withdrawn, 2 * rungs)
    await street.mine()
    const { report } = await maker.draft()
    assert.deepEqual([report.open, report.sold.trades + report.bought.trades], [{ sell: 0, buy: 0 }, 1])
  })
}
