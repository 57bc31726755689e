// Attacked: the two people of an offer. It is taken in one branch and withdrawn in the other, whichever of these is ahead.
// What must hold: blocks decide, both halves of the take count or none, a take on the branch that withdrew it is refuted, and nobody loses
// more than the trade.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from 'viem'
import { standingOf } from '../../node/client/offers/standing.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf, signOffer, takeOffer } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder } from '../support/stage.ts'

const TIME = 1_800_000_000

test('an offer that is taken in one branch and withdrawn in another is what the heavier one says', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const [liar] = await Promise.all([arena.startLiar(), arena.startWatcher()])
  const [maker, taker] = [accountOf('maker'), accountOf('taker')]
  let { parent, left } = await arena.endow(liar)

  /** In a block of its own: the maker gets 100 units of a new asset, the taker one TTX; and the two things that can happen to an offer. */
  const arm = async (name: string) => {
    const issue = { to: maker.address, tokens: 100n, issuance: true, prev: [left], memo: name } as const
    const issuance = arena.sign(holder, issue)
    const gift = arena.sign(holder, { to: taker.address, tokens: UNIT, prev: [issuance.infohash] })
    await arena.submit(issuance)
    await arena.submit(gift)
    left = gift.infohash
    await stage.skip(HOUR)
    parent = (await liar.publish()).id
    await arena.seen()
    const asset = issuance.infohash
    const terms = { give: { tokens: 60n, asset }, want: { tokens: UNIT / 4n }, time: TIME, prev: [asset] }
    const offer = signOffer(maker, terms)
    const taken = takeOffer(taker, { offer, time: TIME, prev: [gift.infohash] }, stage.definition.rules)
    const take = { ...taken, packed: `0x${formatHex(taken.packed)}` as Hex }
    const withdrawal = arena.sign(maker, { to: maker.address, tokens: 100n, asset, prev: [asset] })
    return { asset, offer, take, withdrawal }
  }
  const held = async (asset?: Hash | string) => {
    const of = asset === undefined ? {} : { asset: asset as never } // an infohash
    const both = [maker, taker].map(({ address: owner }) => node.call('account_balance', { owner, ...of }))
    return (await Promise.all(both)).map(({ final }) => final)
  }
  /** Nobody can join the race any more, and the watcher has put its winner forward; then all becomes final. */
  const settle = async (tip: Hash) => {
    await stage.skip(23n * HOUR)
    await arena.until('the nomination', async () => (await arena.nominated(parent)) === keyOf(tip))
    await stage.skip(49n * HOUR)
    await arena.seen()
    await arena.until('all to be final', async () => {
      const { bridge } = await node.call('node_info', {})
      return bridge.tip !== undefined && bridge.tip.id === bridge.final?.id
    })
    await arena.countMoney()
  }

  await t.test('taken first, withdrawn in the heavier branch: both have what they had', async () => {
    const { asset, offer, take, withdrawal } = await arm('taken first')
    await arena.submit(take)
    const first = await liar.publish()
    await arena.seen()
    assert.equal((await standingOf(node, offer, 0)).state, 'taken')
    const second = await liar.publish({ parent, rival: true, content: [withdrawal.packed] })
    const top = await liar.publish({ parent: second.id, content: [] })
    await arena.seen()
    await arena.becomes(withdrawal, 'ordered')
    await arena.becomes(take, 'conflicting')
    assert.equal((await standingOf(node, offer, 0)).state, 'withdrawn')
    // Now the take is a lie on that branch.
    const lie = await liar.publish({ content: [take.packed], rival: true })
    assert.equal(lie.problem, 'MissingInput')
    await arena.until('its death', () => arena.isRefuted(lie.id))
    await settle(top.id)
    assert.equal(await arena.isFinal(first.id), false)
    assert.deepEqual(await held(asset), [100n, 0n])
    assert.deepEqual(await held(), [0n, UNIT])
  })

  await t.test('withdrawn first, taken in the heavier branch: both halves count', async () => {
    const { asset, offer, take, withdrawal } = await arm('withdrawn first')
    await arena.submit(withdrawal)
    const first = await liar.publish()
    await arena.seen()
    await arena.submit(take, 'conflicting')
    const second = await liar.publish({ parent, rival: true, content: [take.packed] })
    const top = await liar.publish({ parent: second.id, content: [] })
    await arena.seen()
    await arena.becomes(take, 'ordered')
    await settle(top.id)
    assert.equal(await arena.isFinal(first.id), false)
    const standing = await standingOf(node, offer, 0)
    assert.deepEqual([standing.state, 'by' in standing && standing.by], ['taken', take.infohash])
    assert.deepEqual(await held(asset), [40n, 60n])
    assert.deepEqual(await held(), [UNIT / 4n, 2n * UNIT - UNIT / 4n])
  })
})
