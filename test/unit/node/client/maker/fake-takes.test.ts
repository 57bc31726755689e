// Attacked: a maker's prices, by takes and gifts that are paid twice and never count. Someone who lifts the price that way, sells into it, and lets
// the rest lose, must not gain: what no block has ordered moves no price.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LadderOptions } from '../../../../../node/client/maker/ladder.ts'
import { Maker, type MakerDeps, type Shown } from '../../../../../node/client/maker/maker.ts'
import type { KeySigner } from '../../../../../node/client/pay.ts'
import { now, SHOP, START, STOCK, Street, signerOf } from './street.ts'

const OPTIONS: LadderOptions = { rungs: 4, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }

test('takes and gifts that will lose lift no price, and when they lost all stands as before', async (t) => {
  const street = await Street.open(t, 2)
  const [liar, friend] = street.takers as [KeySigner, KeySigner]
  let shown: readonly Shown[] = []
  const deps: MakerDeps = {
    ...{ node: street.client, book: street.book(), now, stock: signerOf(STOCK), shop: signerOf(SHOP) },
    show: async (offers) => {
      shown = offers
    },
    alone: (act) => act(),
  }
  const maker = new Maker(deps, street.market, OPTIONS)
  const settle = async () => {
    while ((await maker.round()) !== undefined) {}
  }
  await settle()
  const before = shown
  const of = (side: 'sell' | 'buy') => shown.filter((each) => each.side === side)
  assert.deepEqual([of('sell').length, of('buy').length], [4, 4])

  // All that sells is taken with money that goes elsewhere, and the stock is given as much as would double the price.
  for (const [i, rung] of of('sell').entries()) await street.lie(liar, rung, i)
  await street.lieAbout(liar, STOCK.address, START.quote)
  await street.lieAbout(liar, SHOP.address, START.quote / 50n)
  await settle()
  assert.deepEqual(
    of('buy'),
    before.filter(({ side }) => side === 'buy'),
  )
  assert.deepEqual(of('sell'), [])
  const { report } = await maker.draft()
  assert.equal(report.waiting.sold.trades, 4)
  assert.deepEqual(report.inventory, START)

  // What the friend gets for real units is what they would have got without all that.
  const [nearest] = of('buy')
  assert(nearest)
  assert.notEqual(await street.take(friend, nearest, 50), undefined)
  await street.mine()
  await settle()
  const { base, quote } = street.settled()
  assert.deepEqual(
    { base, quote },
    { base: START.base + nearest.offer.want.tokens, quote: START.quote - nearest.offer.give.tokens },
  )
  assert(base * quote >= START.base * START.quote)
  const again = new Set(of('sell').map(({ id }) => id))
  for (const { id, side } of before) assert.equal(again.has(id), side === 'sell')
  assert.equal((await maker.draft()).report.waiting.sold.trades, 0)
})

test('what was got by a take that a block ordered becomes a rung, and is neither lost nor offered twice when that block loses', async (t) => {
  const street = await Street.open(t, 1)
  const [taker] = street.takers as [KeySigner]
  let shown: readonly Shown[] = []
  const deps: MakerDeps = {
    ...{ node: street.client, book: street.book(), now, stock: signerOf(STOCK), shop: signerOf(SHOP) },
    show: async (offers) => {
      shown = offers
    },
    alone: (act) => act(),
  }
  const maker = new Maker(deps, street.market, OPTIONS)
  const settle = async () => {
    while ((await maker.round()) !== undefined) {}
  }
  const buys = () => shown.filter(({ side }) => side === 'buy').map(({ id }) => id)
  await settle()
  await street.mine()
  const nearest = shown.find(({ side, offer }) => side === 'sell' && offer.give.tokens === START.base / 50n)
  assert(nearest)
  await street.take(taker, nearest, 1)
  await street.mine()
  await settle()
  assert.equal(buys().length, 5)
  const there = new Set(buys())
  // The block with the take loses, and the take waits again: what stands on it is left alone.
  await street.reorganise(1, ({ tx }) => tx.kind === 'take')
  await settle()
  assert.deepEqual(new Set(buys()), there)
  assert.equal((await maker.draft()).report.waiting.sold.trades, 1)
  assert.equal((await maker.draft()).report.sold.trades, 0)
  await street.mine()
  await settle()
  assert.deepEqual(new Set(buys()), there)
  assert.equal((await maker.draft()).report.sold.trades, 1)
})
