// Attacked: the TTX side, after the one assumption has failed: nobody watched for a day, and a block that takes a victim's money is final.
// What must hold: the damage ends at the bridge. No node adopts such a block, each calls the bridge dead and says why, an honest miner
// builds nothing on it, and on the TTX side the victim still has all the money, and can spend it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAllBlocks } from '../../node/client/all-blocks.ts'
import { finalizeCall } from '../../node/ethereum/calls.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder } from '../support/stage.ts'

test('a wrong block that became final is adopted by no node', async (t) => {
  const arena = await Arena.open(t)
  const { node } = arena
  const [liar, peer] = await Promise.all([arena.startLiar(), arena.startNode()])
  const { parent, left } = await arena.endow(liar)
  const before = (await node.call('account_balance', { owner: holder.address })).spendable
  const wrong = await liar.publish({ parent, lie: 'phantom-request' })
  const accomplice = await arena.sender('accomplice')
  await arena.skipTo(wrong.id, 24n * HOUR)
  await arena.send(accomplice, finalizeCall(await arena.sealed(parent)))
  await arena.send(accomplice, finalizeCall(await arena.sealed(wrong.id)))
  assert.ok(await arena.isFinal(wrong.id))

  const late = await arena.startNode(undefined, 'dead')
  for (const one of [node, peer, late]) {
    await arena.until('the alarm', async () => (await one.call('node_info', {})).bridge.state === 'dead')
    const { bridge } = await one.call('node_info', {})
    assert.notEqual(bridge.tip?.id, wrong.id)
    assert.notEqual(bridge.final?.id, wrong.id)
  }
  assert.equal((await node.call('account_balance', { owner: holder.address })).spendable, before)
  const miner = await arena.startMiner()
  await miner.running.said(/dead/)
  const watcher = await arena.startWatcher()
  await watcher.running.said(/dead/)

  // Payments go on as between nodes without any bridge.
  const bob = accountOf('bob')
  await arena.submit(arena.sign(holder, { to: bob.address, tokens: UNIT / 2n, prev: [left] }))
  await arena.until('the payment to reach the other node', async () => {
    return (await peer.call('account_balance', { owner: bob.address })).spendable === UNIT / 2n
  })
  const { blocks } = await readAllBlocks(node)
  assert.ok(
    blocks.every(({ miner: by }) => by !== miner.account.address),
    'nobody builds on it',
  )
})
