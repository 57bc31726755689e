// The endpoint of a sender of transactions lies. Must hold: nothing is sent twice, no success or failure is believed that did not happen,
// the sender says what is wrong, and goes on when the lie ends.

import { test } from 'node:test'
import {
  baseFee,
  estimates,
  everythingReverts,
  everythingSucceeds,
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
  SENSELESS,
  senseless,
  swallows,
  timesOff,
  tip,
} from '../../support/chain/lying-endpoint.ts'
import { LiedToSender } from './lied-to-sender.ts'

const LIES: Readonly<Record<string, Lie>> = {
  'says what was true ten blocks ago': lagging(10),
  'jumps back and forth': jumpingBack(10),
  'has other hashes': otherHashes,
  'has times of the future': timesOff(10n * 365n * 86_400n),
  'has times of the past': timesOff(-86_400n),
  'has a base fee of 1 ETH': baseFee(10n ** 18n),
  'has a tip of 1 ETH': tip(10n ** 18n),
  'estimates gas without end': estimates(2n ** 60n),
  'is of another chain': otherChain,
  'takes transactions and forgets them': swallows,
  'invents receipts': inventedReceipts,
  'knows of no receipts': noReceipts,
  'has a nonce too high': nonceOff(7),
  'has a nonce too low': nonceOff(-7),
  'has the account poor': noMoney,
  'lets everything succeed': everythingSucceeds,
  'lets everything fail': everythingReverts,
}

for (const begins of ['before', 'sent'] as const) {
  test(`an endpoint that lies, ${begins === 'sent' ? 'once a transaction is under way' : 'from the start'}`, async (t) => {
    const scene = await LiedToSender.open(t)
    for (const [name, lie] of Object.entries({ ...NO_ANSWERS, ...LIES })) {
      await t.test(name, async () => void (await scene.endure(lie, begins)))
    }
  })
}

test('an endpoint whose answers make no sense', async (t) => {
  const scene = await LiedToSender.open(t)
  const methods = [
    'eth_getBlockByNumber',
    'eth_getTransactionCount',
    'eth_getTransactionReceipt',
    'eth_getTransactionByHash',
    'eth_getBalance',
    'eth_maxPriorityFeePerGas',
    'eth_sendRawTransaction',
    'eth_call',
  ]
  for (const [i, method] of methods.entries()) {
    for (const begins of ['before', 'sent'] as const) {
      // Each gets some of them: what matters is that any kind of answer is survived.
      const some = SENSELESS.filter((_, j) => (i + j) % 3 === (begins === 'sent' ? 0 : 1))
      for (const result of some) {
        const answer = JSON.stringify(result).slice(0, 12)
        await t.test(
          `${method} gives ${answer}, ${begins}`,
          async () => void (await scene.endure(senseless(result, method), begins)),
        )
      }
    }
  }
})

test('a nonce far too high: nothing is spent on the gap, and it says what is in the way', async (t) => {
  const scene = await LiedToSender.open(t)
  await scene.stall(nonceOff(40), 'nonce-gap')
})
