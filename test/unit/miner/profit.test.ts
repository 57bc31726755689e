// When a block is worth its gas, and what is said where it is not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Offer, Policy } from '../../../miner/assemble.ts'
import { decide, formatEther } from '../../../miner/profit.ts'
import { UNIT } from '../../../node/protocol/rules.ts'

const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: 10n ** 9n,
  marginPercent: 10n,
  extraGas: 260_000n,
  unpaidSteps: 0,
}
const offer: Offer = { queueEntries: 0, requests: 1, fee: UNIT, queueFees: 0n, gas: 200_000n }
const waiting = { sinceMs: 1_000, longestMs: 500 }
/** (200,000 + 260,000) gas at a gwei. */
const cost = 460_000n * 10n ** 9n

test('nothing crosses the bridge, nothing is published, however long that takes', () => {
  const decision = decide({ ...offer, requests: 0, fee: 0n }, policy, waiting, 10 ** 15)
  assert.deepEqual([decision.publish, decision.code, decision.cost], [false, 'nothing', cost])
})

test('fees have to exceed gas and margin to the last wei', () => {
  const least = (cost * 110n) / 100n // 506,000 gwei, worth 0.506 TTX here
  const fee = (least * UNIT) / policy.weiPerTtx
  const enough = decide({ ...offer, fee }, policy, waiting, 0)
  assert.deepEqual([enough.publish, enough.code, enough.worth], [true, 'profitable', least])
  const short = decide({ ...offer, fee: fee - 1000n }, policy, waiting, 0)
  assert.deepEqual([short.publish, short.code, short.waitUntilMs], [false, 'unprofitable', 1_500])
  assert.match(
    short.reason,
    /do not exceed the gas of 0\.00046 ETH by 10%: waiting for more until 1970-01-01T00:00:01\.500Z/,
  )
})

test('fees of forced transactions count as the ether that they are', () => {
  const forced = { ...offer, requests: 0, queueEntries: 1, fee: 0n, queueFees: 506_000n }
  assert.equal(decide(forced, policy, waiting, 0).code, 'profitable')
  assert.equal(decide({ ...forced, queueFees: 505_999n }, policy, waiting, 0).code, 'unprofitable')
})

test('after the longest wait it is published whatever it costs, also without any price', () => {
  const poor = { ...offer, fee: 0n }
  assert.equal(decide(poor, policy, waiting, 1_499).publish, false)
  assert.deepEqual(decide(poor, policy, waiting, 1_500).code, 'waited')
  const unpriced = { ...policy, weiPerTtx: 0n }
  assert.match(decide(offer, unpriced, waiting, 0).reason, /no price of TTX is set/)
  assert.equal(decide(offer, unpriced, waiting, 0).worth, undefined)
  assert.equal(decide(offer, unpriced, waiting, 1_500).publish, true)
  assert.equal(decide(offer, unpriced, { sinceMs: 7, longestMs: 0 }, 7).publish, true)
})

test('more fees or cheaper gas never turn a decision to publish around', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 24n })
  fc.assert(
    fc.property(amount, amount, fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.nat(3_000), (fee, more, gasPrice, now) => {
      const before = decide({ ...offer, fee }, { ...policy, gasPrice: gasPrice * 2n }, waiting, now)
      const after = decide({ ...offer, fee: fee + more }, { ...policy, gasPrice }, waiting, now)
      assert.ok(!before.publish || after.publish)
    }),
    { seed: 2 },
  )
})

test('ether is written as people write it', () => {
  const cases = [
    [0n, '0'],
    [1n, '0.000000000000000001'],
    [460_000n * 10n ** 9n, '0.00046'],
    [1_234_567_890_123_456_789n, '1.234567'],
    [10n ** 18n, '1'],
    [123_456n * 10n ** 9n, '0.0001234'],
  ] as const
  for (const [wei, text] of cases) assert.equal(formatEther(wei), text)
})
