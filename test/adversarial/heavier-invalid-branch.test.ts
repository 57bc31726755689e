// Attacked: the choice between branches, with a block that asks for somebody else's money, and ten heavier ones on top of it.
// What must hold: work gives an invalid block no say. One refutation of its root kills all of the branch, nothing can be nominated or
// claimed from it, and the lighter honest block is final after its 24 hours, as if the branch had never been there.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nominateCall } from '../../node/ethereum/calls.ts'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const DESCENDANTS = 10

test('one refutation kills a heavier branch of eleven blocks', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const liar = await arena.startLiar()
  const root = await arena.endow(liar)

  const miner = await arena.startMiner()
  const request = arena.signRequest(holder, [root.left], 5n * UNIT, stranger('recipient'))
  await arena.submit(request)
  const honest = await arena.ordered(request.infohash)

  const wrong = await liar.publish({ parent: root.parent, rival: true, lie: 'phantom-request' })
  assert.equal(wrong.problem, 'MissingInput')
  let tip = wrong
  for (let i = 0; i < DESCENDANTS; i++) {
    await stage.skip(HOUR) // else each would need twice the work of the one before
    tip = await liar.publish({ parent: tip.id, content: 'empty' })
  }
  assert.ok((await arena.record(tip.id)).work > 2n * (await arena.record(honest)).work)
  await arena.seen()
  assert.equal((await node.call('node_info', {})).bridge.tip?.id, honest, 'the node never follows it')

  const watcher = await arena.startWatcher()
  await arena.until('the death of the branch', () => arena.isRefuted(wrong.id))
  const sender = await arena.sender('nominator')
  const dead = sender.send(nominateCall(root.parent, tip.id))
  await assert.rejects(dead, (error) => isRefusal(error, 'NotEligible'))
  // What is published on it afterwards is dead as well.
  const late = await liar.publish({ parent: tip.id, content: 'empty' })
  await assert.rejects(sender.send(nominateCall(root.parent, late.id)), (error) => isRefusal(error, 'NotEligible'))

  await arena.startRelayer()
  await arena.skipTo(honest, 24n * HOUR)
  await arena.paid(stranger('recipient'), (5n * UNIT * 99n) / 100n)
  assert.ok(await arena.isFinal(honest))
  assert.equal((await arena.refutations()).length, 1)
  assert.ok(
    watcher.lines().every(({ block }) => block === undefined || ![tip.id, late.id].includes(block as typeof tip.id)),
  )
  await arena.paid(miner.account.address, (5n * UNIT) / 100n)
  assert.equal(await stage.balanceOf((await arena.account('liar')).address), 0n)
  await arena.countMoney()
})
