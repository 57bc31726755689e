// Attacked: the time that an honest request takes, with rivals at the last second at which the contract takes any.
// What must hold: a rival puts finality off from 24 to at most 48 hours after the first block (and one for a late nomination), once
// for each height, at the same time for all heights; after 12 hours nobody can join, and the loser pays with the bond.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalizeCall, withdrawBondCall } from '../../node/ethereum/calls.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

test('rivals just before twelve hours delay two blocks by one day, together, and never again', async (t) => {
  const arena = await Arena.open(t)
  const { stage } = arena
  const [liar, miner] = await Promise.all([arena.startLiar(), arena.startMiner(), arena.startRelayer()])
  const genesis = stage.genesisId()
  const first = arena.signRequest(holder, [arena.genesis], UNIT, stranger('one'))
  await arena.submit(first)
  const a = await arena.ordered(first.infohash)
  await stage.skip(HOUR)
  const second = arena.signRequest(holder, [first.infohash], UNIT, stranger('two'))
  await arena.submit(second)
  const b = await arena.ordered(second.infohash)
  assert.equal((await arena.record(b)).parent, keyOf(a))
  // It would defend its blocks by one on top, sooner or later than the next rival comes.
  await miner.running.stop()

  await arena.skipTo(a, 12n * HOUR - 60n)
  await arena.seen()
  const rivalOfA = await liar.publish({ parent: genesis, rival: true, content: 'empty' })
  await arena.skipTo(a, 12n * HOUR)
  const tooLate = liar.publish({ parent: genesis, rival: true, content: [] })
  await assert.rejects(tooLate, (error) => isRefusal(error, 'RaceClosed'))
  await arena.skipTo(b, 12n * HOUR - 60n)
  await arena.seen()
  const rivalOfB = await liar.publish({ parent: a, rival: true, content: 'empty' })
  await arena.skipTo(b, 12n * HOUR)
  for (const parent of [a, genesis]) {
    const third = liar.publish({ parent, rival: true, content: [] })
    await assert.rejects(third, (error) => isRefusal(error, 'RaceClosed'))
  }

  // Without the rivals, both would be final now.
  await arena.skipTo(b, 24n * HOUR)
  const sender = await arena.sender('impatient')
  const early = sender.send(finalizeCall(await arena.sealed(a)))
  await assert.rejects(early, (error) => isRefusal(error, 'TooEarly', 'NominationNeeded'))
  await arena.startWatcher()
  // The nominations are the watcher's; they are an hour old long before they count.
  await arena.until('both nominations', async () => {
    const slots = await Promise.all([genesis, a].map((parent) => arena.nominated(parent)))
    return slots.every((block) => block === keyOf(b))
  })

  await arena.skipTo(a, 48n * HOUR)
  await arena.paid(stranger('one'), (UNIT * 99n) / 100n)
  assert.equal(await arena.isFinal(b), false)
  await arena.skipTo(b, 48n * HOUR)
  await arena.paid(stranger('two'), (UNIT * 99n) / 100n)
  assert.ok(await arena.isFinal(b))

  // What is decided stays so, and delaying has cost two bonds.
  const again = liar.publish({ parent: genesis, rival: true, content: [] })
  await assert.rejects(again, (error) => isRefusal(error, 'StaleParent'))
  await arena.skipTo(rivalOfB.id, 48n * HOUR)
  for (const { id } of [rivalOfA, rivalOfB]) {
    const back = sender.send(withdrawBondCall(await arena.sealed(id)))
    await assert.rejects(back, (error) => isRefusal(error, 'BondForfeited'))
  }
  await arena.countMoney()
})
