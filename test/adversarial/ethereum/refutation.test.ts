// Attacked: a refutation that is under way, by the first of the two endpoints that it goes through. Must hold: whatever that says, the wrong block is
// dead within a minute, at the cost of one transaction in vain at most, and its case is not closed before.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Cases } from '../../../miner/watch/cases.ts'
import { Pursuits } from '../../../miner/watch/pursuits.ts'
import { toTime } from '../../../node/protocol/units.ts'
import { Troubles } from '../../../node/trouble.ts'
import {
  baseFee,
  both,
  estimates,
  everythingReverts,
  everythingSucceeds,
  frozenAt,
  inventedReceipts,
  jumpingBack,
  type Lie,
  lagging,
  NO_ANSWERS,
  noMoney,
  nonceOff,
  noReceipts,
  otherChain,
  otherHashes,
  recordsLie,
  SENSELESS,
  senseless,
  swallows,
  timesOff,
  tip,
  turnedReceipts,
} from '../../support/chain/lying-endpoint.ts'
import { log } from '../../support/log.ts'
import { DAY, Watched } from './watched.ts'

const METHODS = [
  'eth_getBlockByNumber',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_getTransactionByHash',
  'eth_getBalance',
  'eth_maxPriorityFeePerGas',
  'eth_estimateGas',
  'eth_sendRawTransaction',
  'eth_call',
]

const LIES: Readonly<Record<string, Lie>> = {
  ...NO_ANSWERS,
  'says what was true twenty blocks ago': lagging(20),
  'stands still': frozenAt(5n),
  'jumps back and forth': jumpingBack(10),
  'has other hashes': otherHashes,
  'has times of the future': timesOff(3_650n * DAY),
  'has times of the past': timesOff(-DAY),
  'has a base fee of 1 ETH': baseFee(10n ** 18n),
  'has a base fee of nothing': baseFee(0n),
  'has a tip of 1 ETH': tip(10n ** 18n),
  'estimates gas without end': estimates(2n ** 60n),
  'estimates hardly any gas': estimates(30_000n),
  'is of another chain': otherChain,
  'takes transactions and forgets them': swallows,
  'calls living blocks dead, and dead ones alive': recordsLie,
  'invents receipts': inventedReceipts,
  'turns receipts round': turnedReceipts,
  'knows of no receipts': noReceipts,
  'calls the block dead, and has the receipt': both(recordsLie, inventedReceipts, nonceOff(1)),
  'has a nonce too high by one': nonceOff(1),
  'has a nonce far too high': nonceOff(10_000),
  'has a nonce too low': nonceOff(-7),
  'has a nonce too low, and takes what is signed for it': both(swallows, nonceOff(-7)),
  'has the account poor': noMoney,
  'lets everything succeed': everythingSucceeds,
  'lets everything fail': everythingReverts,
  'lives in a world of its own': both(swallows, noReceipts, nonceOff(3), everythingSucceeds),
  ...Object.fromEntries(
    METHODS.flatMap((method, i) =>
      SENSELESS.filter((_, j) => (i + j) % 4 === 0).map((result) => {
        return [`gives ${JSON.stringify(result).slice(0, 9)} for ${method}`, senseless(result, method)]
      }),
    ),
  ),
}

test('the first of two endpoints lies', async (t) => {
  const scene = await Watched.open(t)
  // What waits for a slot, or for the other endpoint, waits for less where blocks come at once.
  const options = { stuckMs: 2_000, answerMs: 1_000, timeoutMs: 1_000 }
  for (const [name, lie] of Object.entries(LIES)) {
    await t.test(name, async (t) => await endure(t, scene, lie, options))
  }
})

test('with the times that are set for Ethereum it is in time too', async (t) => {
  const scene = await Watched.open(t)
  const worst = [
    'hangs',
    'has a nonce too low, and takes what is signed for it',
    'has a nonce far too high',
    'lives in a world of its own',
  ] as const
  for (const name of worst)
    await t.test(name, async (t) => await endure(t, scene, LIES[name], { pollMs: 500, timeoutMs: 3_000 }))
})

async function endure(
  t: TestContext,
  scene: Watched,
  lie: Lie | undefined,
  options: Parameters<Watched['sender']>[1],
): Promise<void> {
  const { stage, liar } = scene
  assert.ok(lie !== undefined)
  liar.tellTheTruth()
  const sender = await scene.sender([liar.url, stage.anvil.url], options)
  // Of an account that has sent before, a nonce can be too low.
  await stage.anvil.client.setNonce({ address: sender.ethereum.account, nonce: 20 })
  const id = await scene.publish('wrong')
  const { publishedAt } = await scene.record(id)
  const stop = new AbortController()
  const cases = new Cases(log)
  const troubles = new Troubles<string>(log, stop.signal)
  const pursuits = new Pursuits({
    ...{ log, now: Date.now, cases, troubles, sender, signal: stop.signal },
    endpoints: [sender.ethereum],
  })
  t.after(async () => {
    stop.abort(new Error('enough'))
    await pursuits.ended()
    liar.tellTheTruth()
  })
  const opened = cases.open(id, 'wrong', toTime(BigInt(publishedAt) + DAY), '')
  liar.tell(lie)
  await stage.until('the death', async () => {
    pursuits.begin(opened, async () => scene.refutationOf(id))
    const isClosed = cases.get(id)?.state === 'killed'
    const isDead = await scene.isRefuted(id)
    assert.ok(isDead || !isClosed, 'the case of a living block is closed')
    return isDead
  })
  const sent = (await stage.anvil.client.getTransactionCount({ address: sender.ethereum.account })) - 20
  assert.ok(sent === 1 || sent === 2, `${sent} transactions`)
  liar.tellTheTruth()
  await stage.until('the end of the case', () => {
    pursuits.begin(opened, async () => scene.refutationOf(id))
    return cases.get(id)?.state === 'killed'
  })
}
