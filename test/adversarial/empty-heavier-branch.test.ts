// Attacked: one user, by most of the hash power. Empty blocks displace the block with her request, and nobody takes it up again.
// What must hold: she forces it into the queue, after an hour every branch has to carry it, and the very branch that was to leave her
// out pays her: whole, and once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal } from '../../node/ethereum/refusals.ts'
import { keyOf } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { accountOf } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

test('a request that a heavier branch leaves out is forced into it', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const [liar, miner] = await Promise.all([arena.startLiar(), arena.startMiner()])
  const genesis = stage.genesisId()
  const recipient = stranger('recipient')
  const alice = accountOf('alice')
  const gift = arena.sign(holder, { to: alice.address, tokens: 3n * UNIT, prev: [arena.genesis] })
  const request = arena.signRequest(alice, [gift.infohash], 2n * UNIT, recipient)
  await arena.submit(gift)
  await arena.submit(request)
  const displaced = await arena.ordered(request.infohash)
  await miner.running.stop()

  const first = await liar.publish({ parent: genesis, rival: true, content: 'empty' })
  const second = await liar.publish({ parent: first.id, content: 'empty' })
  await arena.seen()
  await arena.until('the heavier branch', async () => (await node.call('node_info', {})).bridge.tip?.id === second.id)
  await arena.becomes(request, 'accepted')
  await arena.countMoney()

  const forced = await arena.ttx('alice', ['force', request.infohash])
  assert.equal(forced.exitCode, 0, forced.err)
  // For an hour it may still be passed over.
  const third = await liar.publish({ parent: second.id, content: 'empty' })
  await stage.skip(HOUR)
  await arena.seen()
  for (const parent of [third.id, second.id, genesis]) {
    const empty = liar.publish({ parent, rival: true, content: 'empty' })
    await assert.rejects(empty, (error) => isRefusal(error, 'QueueIgnored'))
  }
  const carrier = await liar.publish({ parent: third.id, content: [] })
  await arena.seen()
  await arena.becomes(request, 'ordered', carrier.id)

  await Promise.all([arena.startWatcher(), arena.startRelayer()])
  await arena.skipTo(displaced, 23n * HOUR)
  await arena.until('the nomination', async () => {
    return (await arena.nominated(genesis)) === keyOf(carrier.id)
  })
  await arena.skipTo(displaced, 48n * HOUR)
  // As ever; but who displaced a block earns nothing, nor do those that may have helped.
  await arena.paid(recipient, (2n * UNIT * 99n) / 100n)
  assert.ok(await arena.isFinal(carrier.id))
  assert.equal(await arena.isFinal(displaced), false)
  assert.equal(await stage.balanceOf((await arena.account('liar')).address), 0n)
  await arena.countMoney()
})

test('an honest miner takes the request up again by itself, on the branch that displaced it', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const [liar, miner] = await Promise.all([arena.startLiar(), arena.startMiner(), arena.startRelayer()])
  const genesis = stage.genesisId()
  const request = arena.signRequest(holder, [arena.genesis], UNIT, stranger('recipient'))
  await arena.submit(request)
  const displaced = await arena.ordered(request.infohash)
  await stage.skip(60n)
  // Meanwhile the miner is away, else it may defend its block before it is displaced.
  await miner.running.stop()
  const rival = await liar.publish({ parent: genesis, rival: true, content: 'empty' })
  const first = await liar.publish({ parent: rival.id, content: 'empty', work: 'most' })
  await arena.until('the heavier branch', async () => (await arena.tip()) === first.id)
  arena.restart('miner')
  let carrier = displaced
  await arena.until('the request to be in another block', async () => {
    const found = await node.call('tx_get', { infohash: request.infohash })
    carrier = found.block ?? displaced
    return found.status === 'ordered' && carrier !== displaced
  })
  assert.equal((await arena.record(carrier)).parent, keyOf(first.id))
  await arena.skipTo(displaced, 23n * HOUR)
  await arena.until('the nomination', async () => (await arena.nominated(genesis)) === keyOf(carrier))
  await arena.skipTo(displaced, 48n * HOUR)
  await arena.paid(stranger('recipient'), (UNIT * 99n) / 100n)
  assert.equal(
    await stage.balanceOf(miner.account.address),
    0n,
    'nothing is earned on such a branch before it is decided',
  )
  await arena.countMoney()
})
