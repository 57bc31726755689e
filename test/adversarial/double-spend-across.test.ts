// Attacked: the border between the two sides. The same output is spent twice: once across the bridge, once on the TTX side, in both
// orders, in one branch, in two, and by force.
// What must hold: whichever a final branch has first counts, once; the other one is refused, void, refuted or left behind, and the sum of
// all money stays what it is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from 'viem'
import { type Hash, keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const NET = (UNIT * 99n) / 100n

test('an output is spent on one side only', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const [liar] = await Promise.all([arena.startLiar(), arena.startWatcher(), arena.startRelayer()])
  const [alice, bob] = [accountOf('alice'), accountOf('bob')]
  let { parent, left } = await arena.endow(liar)
  const balance = async () => (await node.call('account_balance', { owner: bob.address })).spendable
  const kill = async (content: readonly Hex[]) => {
    const wrong = await liar.publish({ content, rival: true })
    assert.equal(wrong.problem, 'MissingInput')
    await arena.until('its death', () => arena.isRefuted(wrong.id))
    await arena.seen()
  }
  /** Gives alice an output, in a block of its own, and two ways to spend it. */
  const arm = async (name: string) => {
    const gift = arena.sign(holder, { to: alice.address, tokens: UNIT, prev: [left], memo: name })
    await arena.submit(gift)
    left = gift.infohash
    await stage.skip(HOUR)
    parent = (await liar.publish()).id
    await arena.seen()
    const request = arena.signRequest(alice, [gift.infohash], UNIT, stranger(name))
    const payment = arena.sign(alice, { to: bob.address, tokens: UNIT, prev: [gift.infohash], memo: name })
    return { request, payment }
  }
  const settle = async () => {
    await stage.skip(49n * HOUR)
    await arena.seen()
    await arena.until('all to be final', async () => {
      const { bridge } = await node.call('node_info', {})
      return bridge.tip !== undefined && bridge.tip.id === bridge.final?.id
    })
    await arena.countMoney()
  }

  /** Nobody can join the race any more, and the watcher has put its winner forward. */
  const decide = async (tip: Hash) => {
    await stage.skip(23n * HOUR)
    await arena.until('the nomination', async () => (await arena.nominated(parent)) === keyOf(tip))
  }

  await t.test('requested first, then spent: in the next block, by force, and as a mere payment', async () => {
    const { request, payment } = await arm('requested first')
    await arena.submit(request)
    await liar.publish()
    await arena.seen()
    await arena.submit(payment, 'conflicting')
    await kill([payment.packed])
    await arena.force([payment.packed])
    await liar.publish()
    await arena.seen()
    await arena.becomes(payment, 'conflicting')
    await settle()
    await arena.paid(stranger('requested first'), NET)
    assert.equal(await balance(), 0n)
  })

  await t.test('one request, forced three times and posted once more: it is paid once', async () => {
    const { request } = await arm('forced thrice')
    await arena.force([request.packed, request.packed, request.packed])
    await arena.seen()
    const { id, verdict } = await liar.publish()
    assert.equal(verdict, 'valid')
    await arena.seen()
    const { requests, packedSteps } = await node.call('bridge_block', { id })
    assert.equal(requests, 1)
    assert.equal(packedSteps[0], 2, 'the first is applied')
    await kill([request.packed])
    await settle()
    await arena.paid(stranger('forced thrice'), NET)
  })

  await t.test('spent first, then requested: in the next block, and by force', async () => {
    const { request, payment } = await arm('spent first')
    await arena.submit(payment)
    await liar.publish()
    await arena.seen()
    await arena.submit(request, 'conflicting')
    await kill([request.packed])
    await arena.force([request.packed])
    const carrier = await liar.publish()
    await arena.seen()
    assert.equal(carrier.verdict, 'valid')
    await settle()
    assert.equal(await stage.balanceOf(stranger('spent first')), 0n)
    assert.equal(await balance(), UNIT)
  })

  await t.test('requested in one branch and spent in the heavier one: only the payment counts', async () => {
    const { request, payment } = await arm('displaced request')
    await arena.submit(request)
    const first = await liar.publish()
    await arena.seen()
    const second = await liar.publish({ parent, rival: true, content: [payment.packed] })
    const top = await liar.publish({ parent: second.id, content: [] })
    await arena.seen()
    await arena.becomes(request, 'conflicting')
    await arena.becomes(payment, 'ordered')
    // Now the request is a lie on that branch.
    await kill([request.packed])
    await decide(top.id)
    await settle()
    assert.equal(await arena.isFinal(first.id), false)
    assert.ok(await arena.isFinal(second.id))
    assert.equal(await stage.balanceOf(stranger('displaced request')), 0n)
    assert.equal(await balance(), 2n * UNIT)
  })

  await t.test('spent in one branch and requested in the heavier one: only the request counts', async () => {
    const { request, payment } = await arm('displaced payment')
    await arena.submit(payment)
    const first = await liar.publish()
    await arena.seen()
    const second = await liar.publish({ parent, rival: true, content: [request.packed] })
    const top = await liar.publish({ parent: second.id, content: [] })
    await decide(top.id)
    await settle()
    assert.equal(await arena.isFinal(first.id), false)
    await arena.paid(stranger('displaced payment'), NET)
    assert.equal(await balance(), 2n * UNIT)
  })
})
