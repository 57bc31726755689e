// Attacked: the place after the tip, by a wrong block with twice the work that is needed, published before anybody has anything to say.
// What must hold: an honest miner neither builds on it nor waits for its death, but publishes beside it; once it is dead the honest block
// is the first and only one, final 24 hours after its own publication, with all its fees and its bond.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

test('a wrong block keeps nobody from publishing', async (t) => {
  const arena = await Arena.open(t)
  const liar = await arena.startLiar()
  const { parent, left } = await arena.endow(liar)
  const squatters = [await liar.publish({ parent, lie: 'mint', work: 'most' })]
  squatters.push(await liar.publish({ parent, lie: 'phantom-request', rival: true, work: 'most' }))
  await arena.seen()

  const [miner] = await Promise.all([arena.startMiner(), arena.startRelayer()])
  const request = arena.signRequest(holder, [left], UNIT, stranger('recipient'))
  await arena.submit(request)
  const honest = await arena.ordered(request.infohash)
  const record = await arena.record(honest)
  assert.equal(record.parent, keyOf(parent))
  assert.ok(record.work >= (await arena.record(squatters[0]?.id ?? honest)).work)

  await arena.skipTo(honest, 20n * HOUR)
  await arena.startWatcher()
  for (const { id } of squatters) await arena.until('the death of a squatter', () => arena.isRefuted(id))
  assert.equal(await arena.isFinal(honest), false)
  await arena.skipTo(honest, 24n * HOUR)
  await arena.paid(stranger('recipient'), (UNIT * 99n) / 100n)
  await arena.paid(miner.account.address, UNIT / 100n)
  await arena.skipTo(honest, 48n * HOUR)
  await arena.until('the bond of the honest block', async () => (await arena.record(honest)).bond === 0n)
  await arena.countMoney()
})
