// Attacked: miners and their blocks, with requests that pay less than they cost.
// What must hold: below the minimum nobody takes one, by no way; at the minimum, dust never moves a miner to publish at a loss, does
// not keep a request that pays from its block, and gets through only where somebody else pays for its place, or by force at its own cost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHex } from '../../node/protocol/bytes.ts'
import { feeOf, netOf } from '../../node/protocol/fee.ts'
import { packTransaction } from '../../node/protocol/packed.ts'
import { RuleError } from '../../node/protocol/rule-error.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import { accountOf, signBody } from '../../scripts/assure/models/world.ts'
import { Arena, HOUR, type Signed } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

const DUST = 30
/** One wTTX is worth a coin: dust of some base units is worth nothing, and a fee of a hundredth of a wTTX pays for a block. */
const FLAGS = ['--price', '1', '--longest-wait', '86400']

test('dust moves no miner, and is in nobody’s way', async (t) => {
  const arena = await Arena.open(t)
  const { stage, node } = arena
  const { minRequest } = stage.definition.rules
  const liar = await arena.startLiar()
  const { parent, left } = await arena.endow(liar)
  const poor = accountOf('poor')

  await t.test('below the minimum: refused by nodes, void in the queue, a lie in a block', async () => {
    const { chain, bridge } = stage.definition.rules
    const body = {
      to: bridge,
      tokens: minRequest - 1n,
      prev: [left],
      time: 1,
      bridge: { chain, to: stranger('small') },
    }
    const small = signBody(holder, body)
    const submitted = node.call('tx_submit', { file: encodeTransaction(small) })
    await assert.rejects(submitted, (error) => error instanceof RuleError && /minimum/.test(error.message))
    await arena.startWatcher()
    const wrong = await liar.publish({ parent, lie: 'request-too-small' })
    assert.equal(wrong.problem, 'BelowMinimum')
    await arena.until('its death', () => arena.isRefuted(wrong.id))
    await arena.force([`0x${formatHex(packTransaction(small))}`])
    await arena.seen()
    const { id } = await liar.publish({ parent, content: [] })
    await arena.seen()
    const { packedSteps, verdict } = await node.call('bridge_block', { id })
    assert.equal(verdict, 'valid')
    assert.equal(packedSteps[0], 3, 'it is called void')
  })

  // As many as there are, each from an output of its own, seen before the one that pays.
  let prev = left
  const dust: Signed[] = []
  for (let i = 0; i < DUST; i++) {
    const gift = arena.sign(holder, { to: poor.address, tokens: minRequest, prev: [prev] })
    await arena.submit(gift)
    prev = gift.infohash
    dust.push(arena.signRequest(poor, [gift.infohash], minRequest, stranger(`dust ${i}`)))
  }
  await stage.skip(HOUR)
  await liar.publish()
  await arena.seen()
  for (const one of dust) await arena.submit(one)
  const miner = await arena.startMiner('miner', FLAGS)

  await t.test('dust alone is not published', async () => {
    await miner.running.said(/do not yet pay for gas/)
    const fee = BigInt(DUST) * feeOf(minRequest)
    assert.ok(fee > 0n && fee < 10n ** 6n, 'wei')
    assert.equal((await waitingOf(arena, dust)).length, DUST)
  })

  await t.test('one that pays is published at once, with as much dust as its profit pays for', async () => {
    // With the price above, this many wei are its fee: a block of one request costs 450,000 gas, finality included.
    const gasPrice = await stage.anvil.client.getGasPrice()
    const fat = arena.signRequest(holder, [prev], 100n * 570_000n * gasPrice, stranger('fat'))
    await arena.submit(fat)
    prev = fat.infohash
    const block = await arena.ordered(fat.infohash)
    const { fee } = await arena.headerOf(block)
    const cost = await arena.publicationCost(block)
    const waiting = await waitingOf(arena, dust)
    t.diagnostic(`it earns ${fee} wei and costs ${cost}; ${waiting.length} of ${DUST} are left out`)
    assert.ok(fee > cost)
    assert.ok(waiting.length > 0)
  })

  await t.test('what is left out can be forced, by whoever pays for that', async () => {
    const [one] = await waitingOf(arena, dust)
    assert.ok(one)
    await arena.force([one.packed])
    await stage.skip(HOUR + 1n)
    const fat = arena.signRequest(holder, [prev], UNIT, stranger('last'))
    await arena.submit(fat)
    const block = await arena.ordered(fat.infohash)
    await arena.becomes(one, 'ordered', block)
    await arena.startRelayer()
    await arena.skipTo(block, 24n * HOUR)
    await arena.paid(stranger('last'), (UNIT * 99n) / 100n)
    const { packedSteps } = await node.call('bridge_block', { id: block })
    assert.equal(packedSteps[0], 2, 'it comes first, as forced and applied')
    const net = netOf(minRequest)
    await arena.paid(stranger(`dust ${dust.indexOf(one)}`), net)
  })
  await arena.countMoney()
})

async function waitingOf({ node }: Arena, all: readonly Signed[]): Promise<Signed[]> {
  const statuses = await Promise.all(all.map(({ infohash }) => node.call('tx_get', { infohash })))
  return all.filter((_, i) => statuses[i]?.status === 'accepted')
}
