// Attacked: the watcher's process, with kill -9 at any moment, before and after its refutation has left it.
// What must hold: started again it finishes what it began, every bad block dies, and no block costs it a second transaction.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { accountOf, randomOf } from '../../scripts/assure/models/world.ts'
import { Arena, type Signed } from '../support/processes/arena.ts'

const SEED = 20_261_122
const BLOCKS = 4
const KILLS = 3
/** A watcher has killed its block about this long after it was started. */
const LIFE_MS = 1_500

test('a watcher that dies with its refutation in the pool sends no second one when it is back', async (t) => {
  const arena = await Arena.open(t)
  const { client } = arena.stage.anvil
  const liar = await arena.startLiar()
  const { id } = await liar.publish({ content: [theft(arena).packed] })
  await arena.seen()
  await client.setAutomine(false)
  const first = await arena.startWatcher()
  const { address } = first.account
  const sent = (blockTag: 'latest' | 'pending') => client.getTransactionCount({ address, blockTag })
  await arena.until('its refutation to be in the pool', async () => (await sent('pending')) === 1)
  await first.running.stop('SIGKILL')

  const second = await arena.startWatcher()
  await second.running.said(/going on with a transaction/)
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  await second.running.said(/killed a wrong block/)
  assert.ok(await arena.isRefuted(id))
  assert.deepEqual(await Promise.all([sent('latest'), sent('pending')]), [1, 1])
})

test(`whenever it is killed, each bad block costs it one transaction (seed ${SEED})`, async (t) => {
  const arena = await Arena.open(t)
  const random = randomOf(SEED)
  const liar = await arena.startLiar()
  const { address } = await arena.account('watcher')
  for (let i = 0; i < BLOCKS; i++) {
    const { id } = await liar.publish({ content: [theft(arena).packed] })
    for (let kills = 0; kills < KILLS; kills++) {
      const watcher = await arena.startWatcher()
      await delay(random() * LIFE_MS) // a moment is what is tried here, not a condition
      await watcher.running.stop('SIGKILL')
    }
    const watcher = await arena.startWatcher()
    await arena.until(`the death of block ${i}`, async () => await arena.isRefuted(id))
    await watcher.running.said(/killed/)
    await watcher.running.stop()
  }
  const refutations = await arena.refutations()
  assert.equal(refutations.length, BLOCKS)
  const transactions = await arena.stage.anvil.client.getTransactionCount({ address })
  assert.equal(transactions, BLOCKS)
  await arena.countMoney()
})

/** A payment of money that its signer does not own. */
function theft(arena: Arena): Signed {
  const thief = accountOf('thief')
  return arena.sign(thief, { to: thief.address, tokens: 1n, prev: [arena.genesis] })
}
