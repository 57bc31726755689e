// Attacked: the bonds of honest miners, by a wrong block that three of them answer at the same time. A right block of the liar's own would be
// an answer like any other.
// What must hold: one answer is taken and the others are refused; nobody honest loses a bond; users are paid as ever.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalizeCall } from '../../node/ethereum/calls.ts'
import { parseHash } from '../../node/protocol/ids.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { holdBlocks, PUBLISHING, pendingCalls, releaseBlocks } from '../support/chain/mempool.ts'
import { Arena, HOUR } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

test('miners who answer the same wrong block do not become rivals of each other', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const liar = await arena.startLiar()
  const { parent, left } = await arena.endow(liar)
  await stage.skip(24n * HOUR)
  // Done by now: anyone who sends from one account sends one transaction at a time, and this one would come first.
  await arena.send(await arena.sender('friend'), finalizeCall(await arena.sealed(parent)))
  const wrong = await liar.publish({ parent, lie: 'phantom-request' })
  assert.equal(wrong.verdict, 'invalid')
  await arena.seen()

  // Three blocks answer it before any of them can be seen.
  await holdBlocks(arena)
  const miners = await Promise.all(['one', 'two', 'three'].map((name) => arena.startMiner(name)))
  const request = arena.signRequest(holder, [left], UNIT, stranger('recipient'))
  await arena.submit(request)
  const answering = (await pendingCalls(arena, PUBLISHING, 3)).map(({ from }) => from)
  assert.deepEqual(answering.toSorted(), miners.map(({ account }) => account.address.toLowerCase()).toSorted())
  await releaseBlocks(arena)
  const answers = async () => {
    await arena.seen()
    const { blocks } = await node.call('bridge_blocks', {})
    return blocks.filter((block) => block.parent === parent && block.verdict === 'valid').length
  }
  await arena.until('each miner to know what became of its answer', async () => {
    const ends = miners.filter(({ running }) => /published a block|gave up one of our blocks/.test(running.err))
    return ends.length === miners.length && (await answers()) > 0
  })
  assert.equal(await answers(), 1)

  await arena.startWatcher()
  await arena.until('the death of the wrong block', () => arena.isRefuted(wrong.id))
  await arena.startRelayer()
  const block = await arena.ordered(request.infohash)
  await arena.skipTo(block, 24n * HOUR)
  await arena.paid(stranger('recipient'), (UNIT * 99n) / 100n)
  await arena.skipTo(block, 48n * HOUR)
  const honest = await arena.publications({ miner: miners.map(({ account }) => account.address) })
  assert.ok(honest.length > 0)
  for (const { args: published } of honest) {
    const id = parseHash(published.id)
    await arena.until('the bond of each honest block to be back', async () => (await arena.record(id)).bond === 0n)
  }
  await arena.countMoney()
})
