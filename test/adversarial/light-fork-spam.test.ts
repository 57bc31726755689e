// Attacked: the race, with a dozen rivals that have as little work as the contract takes.
// What must hold: the honest block wins, two days after its publication at the latest, its finalization costs the same gas with one
// rival and with twelve, and each rival costs its author a bond.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withdrawBondCall } from '../../node/ethereum/calls.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { type Hash, type Infohash, keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const SPAM = 12

test('twelve rivals are no dearer to overcome than one', async (t) => {
  const arena = await Arena.open(t)
  const [liar, miner] = await Promise.all([arena.startLiar(), arena.startMiner(), arena.startRelayer()])
  const rivals: Hash[] = []
  let prev: Infohash = arena.genesis
  let parent = arena.stage.genesisId()
  const gas: bigint[] = []
  // The first time, the miner's first wTTX cost gas too.
  for (const [round, spam] of [1, 1, SPAM].entries()) {
    await arena.stage.skip(HOUR)
    const request = arena.signRequest(holder, [prev], UNIT, stranger(`recipient ${round}`))
    await arena.submit(request)
    const honest = await arena.ordered(request.infohash)
    await arena.stage.skip(60n) // in one second the smaller id would win
    for (let i = 0; i < spam; i++) rivals.push((await liar.publish({ parent, rival: true, content: 'empty' })).id)
    // With the first rival the miner defends its block by one on top, which it nominates when nobody can join any more.
    let leader = honest
    await arena.until('the defence', async () => {
      leader = (await arena.tip()) ?? honest
      return (await arena.record(leader)).parent === keyOf(honest)
    })
    await arena.skipTo(honest, 23n * HOUR)
    await arena.until('the nomination', async () => (await arena.nominated(parent)) === keyOf(leader))
    await arena.skipTo(honest, 48n * HOUR)
    await arena.paid(stranger(`recipient ${round}`), (UNIT * 99n) / 100n)
    gas.push(await arena.finalizeGas(honest))
    await arena.countMoney()
    prev = request.infohash
    parent = leader
  }
  const [, one = 0n, many = 0n] = gas
  t.diagnostic(`finalize: ${one} gas with one rival, ${many} with ${SPAM}`)
  assert.ok(many - one < 1_000n && one - many < 1_000n, `${one} and ${many}`)

  const spammer = (await arena.account('liar')).address
  const sender = await arena.sender('bailiff')
  await arena.skipTo(rivals.at(-1) ?? parent, 48n * HOUR)
  let burned = 0n
  for (const id of rivals) {
    const back = sender.send(withdrawBondCall(await arena.sealed(id)))
    await assert.rejects(back, (error) => isRefusal(error, 'BondForfeited'))
    burned += (await arena.record(id)).bond
  }
  assert.ok(burned >= BigInt(rivals.length) * 20_000_000n, 'at a base fee of a wei it would be that much')
  assert.equal(await arena.owed(spammer), 0n)
  assert.equal(await arena.stage.balanceOf(miner.account.address), (3n * UNIT) / 100n)
})
