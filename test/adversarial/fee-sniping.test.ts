// Attacked: the fees of an honest block, by a heavier branch that holds the same request for another payout.
// What must hold: a miner that displaces a block earns nothing by it, and neither do blocks that joined it before that was decided; the user is
// paid as ever, the honest miner has its bond back and the sniper has lost one, and what comes after the race is business as usual again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const DEPOSIT = 100_000n

test('a miner who displaces another one for the fees gets none', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const [sniper, miner] = await Promise.all([arena.startLiar('sniper'), arena.startMiner(), arena.startRelayer()])
  const { address: thief } = await arena.account('sniper')
  const { address: depositor } = await arena.account('depositor')

  // wTTX for a deposit, whose 1% is a fee as well.
  const start = arena.signRequest(holder, [arena.genesis], UNIT, depositor)
  await arena.submit(start)
  const base = await arena.ordered(start.infohash)
  await arena.skipTo(base, 24n * HOUR)
  await arena.paid(depositor, (UNIT * 99n) / 100n)
  await arena.countMoney()

  // Nobody has looked at the deposit yet when the block with the fat request is found: both branches carry both.
  await arena.deposit(depositor, depositor, DEPOSIT)
  const fat = arena.signRequest(holder, [start.infohash], 1_000_000n * UNIT, stranger('recipient'))
  await arena.submit(fat)
  const honest = await arena.ordered(fat.infohash)
  await miner.running.stop() // else it defends its block for as long as the fees cover that
  const lean = arena.signRequest(holder, [fat.infohash], 1_000n * UNIT, stranger('second recipient'))
  const copy = await sniper.publish({ parent: base, rival: true, content: [fat.packed] })
  let rest = await sniper.publish({ parent: copy.id, content: [lean.packed] })
  // The honest miner may have found another block meanwhile, with the deposit: then one more is ahead of that.
  if ((await arena.tip()) !== rest.id) rest = await sniper.publish({ parent: rest.id, content: [] })
  assert.equal(await arena.tip(), rest.id)
  arena.restart('miner')
  assert.ok((await arena.headerOf(copy.id)).fee >= (1_000_000n * UNIT) / 100n, 'there is something to snipe for')

  await arena.skipTo(honest, 23n * HOUR)
  await arena.until('the nomination of the heavier branch', async () => {
    return (await arena.nominated(base)) === keyOf(rest.id)
  })
  await arena.skipTo(honest, 48n * HOUR)
  await arena.paid(stranger('recipient'), 990_000n * UNIT)
  await arena.paid(stranger('second recipient'), 990n * UNIT)
  assert.equal(await stage.balanceOf(thief), 0n)
  assert.equal(await arena.isFinal(honest), false)
  await arena.countMoney()

  // The miner whose block was displaced gets its bond back all the same.
  await arena.until('the bond of the honest block', async () => (await arena.record(honest)).bond === 0n)
  const later = arena.signRequest(holder, [lean.infohash], 2n * UNIT, stranger('third recipient'))
  await arena.submit(later)
  const usual = await arena.ordered(later.infohash)
  const before = await stage.balanceOf(miner.account.address)
  await arena.skipTo(usual, 24n * HOUR)
  await arena.paid(stranger('third recipient'), (2n * UNIT * 99n) / 100n)
  assert.equal((await stage.balanceOf(miner.account.address)) - before, (2n * UNIT) / 100n)
  await arena.countMoney()
})
