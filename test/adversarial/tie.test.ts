// Attacked: a race between two blocks of equal work, by nominating the later one first and as often as possible.
// What must hold: of equal work the earlier publication wins, for the contract and for every node; the later one leaves the slot as
// soon as anybody nominates the earlier one, never comes back, and its bond is lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalizeCall, nominateCall, withdrawBondCall } from '../../node/ethereum/calls.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

test('of equal work, the earlier block is final', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const [liar, miner] = await Promise.all([arena.startLiar(), arena.startMiner(), arena.startRelayer()])
  const genesis = stage.genesisId()
  const request = arena.signRequest(holder, [arena.genesis], UNIT, stranger('recipient'))
  await arena.submit(request)
  const first = await arena.ordered(request.infohash)
  await miner.running.stop() // else it defends its block by one on top
  await stage.skip(12n) // in one second the smaller id would be ahead
  const second = await liar.publish({ parent: genesis, rival: true, content: 'empty' })
  assert.equal((await arena.record(first)).work, (await arena.record(second.id)).work)
  await arena.seen()
  assert.equal((await node.call('node_info', {})).bridge.tip?.id, first)

  const friend = await arena.sender('friend of the liar')
  const honest = await arena.sender('honest')
  await arena.send(friend, nominateCall(genesis, second.id))
  await arena.send(honest, nominateCall(genesis, first))
  const again = friend.send(nominateCall(genesis, second.id))
  await assert.rejects(again, (error) => isRefusal(error, 'NotHeavier'))
  // Nor does it help to nominate what is nominated already, so that its hour would begin again.
  const same = friend.send(nominateCall(genesis, first))
  await assert.rejects(same, (error) => isRefusal(error, 'NotHeavier'))

  await arena.skipTo(first, 48n * HOUR)
  const wrong = friend.send(finalizeCall(await arena.sealed(second.id)))
  await assert.rejects(wrong, (error) => isRefusal(error, 'NotOnNominatedBranch'))
  await arena.startWatcher()
  await arena.paid(stranger('recipient'), (UNIT * 99n) / 100n)
  assert.ok(await arena.isFinal(first))
  await arena.skipTo(second.id, 48n * HOUR)
  const bond = friend.send(withdrawBondCall(await arena.sealed(second.id)))
  await assert.rejects(bond, (error) => isRefusal(error, 'BondForfeited'))
  await arena.countMoney()
})
