// Attacked: a watcher's diligence. A lie is at the end of the longest block that there is, or where nobody builds: on a right block
// that loses its race.
// What must hold: length and place protect no lie. The proof of the last of five hundred steps fits one transaction like any other, and a
// wrong block dies wherever it stands, also where it could not become final anyhow.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hex } from 'viem'
import { type Infohash, keyOf } from '../../node/protocol/ids.ts'
import { STEP_LIMIT, UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const GAS_LIMIT = 2n ** 24n

test('a lie is found wherever it is', async (t) => {
  const arena = await Arena.open(t)
  const [liar] = await Promise.all([arena.startLiar(), arena.startRelayer()])
  const { parent, left } = await arena.endow(liar)
  await arena.stage.skip(HOUR)
  const watcher = await arena.startWatcher()

  await t.test('behind 499 right payments', async () => {
    const wrong = await liar.publish({ parent, content: chain(arena, left, STEP_LIMIT - 1), lie: 'mint' })
    assert.equal(wrong.problem, 'WrongState')
    assert.ok(BigInt(wrong.gas) < GAS_LIMIT)
    await arena.until('its death', () => arena.isRefuted(wrong.id))
    await watcher.running.said(new RegExp(`${wrong.id}.*"killed a wrong block`))
    const [event] = await arena.refutations()
    const hash = event?.transactionHash ?? '0x'
    const { gasUsed } = await arena.stage.anvil.client.getTransactionReceipt({ hash })
    t.diagnostic(`published for ${wrong.gas} gas, refuted for ${gasUsed}`)
    assert.ok(gasUsed < 1_000_000n)
  })

  await t.test('on a right block that loses', async () => {
    const request = arena.signRequest(holder, [left], UNIT / 2n, stranger('recipient'))
    await arena.submit(request)
    const honest = await liar.publish({ parent })
    await arena.stage.skip(60n)
    const loser = await liar.publish({ parent, rival: true, content: [] })
    const wrong = await liar.publish({ parent: loser.id, lie: 'phantom-request' })
    await arena.until('its death', () => arena.isRefuted(wrong.id))
    const deeper = await liar.publish({ parent: loser.id, content: [] })
    const hidden = await liar.publish({ parent: deeper.id, lie: 'wrong-change' })
    await arena.until('the death of the deeper one', () => arena.isRefuted(hidden.id))
    // Right blocks are right, even where they end up lighter or heavier than others.
    for (const { id } of [honest, loser, deeper]) assert.equal(await arena.isRefuted(id), false)
    await arena.skipTo(honest.id, 23n * HOUR)
    await arena.until('the nomination', async () => (await arena.nominated(parent)) === keyOf(deeper.id))
    await arena.skipTo(honest.id, 48n * HOUR)
    await arena.until('the finality of the heavier branch', () => arena.isFinal(deeper.id))
    assert.equal((await arena.refutations()).length, 3)
  })
  await arena.countMoney()
})

/** This many payments of the holder to their own address, each of what the one before left. */
function chain(arena: Arena, from: Infohash, count: number): Hex[] {
  const payments: Hex[] = []
  let last = from
  for (let i = 0; i < count; i++) {
    const { packed, infohash } = arena.sign(holder, { to: holder.address, tokens: 1n, prev: [last] })
    payments.push(packed)
    last = infohash
  }
  return payments
}
