// When a block is worth its gas, and what is said where it is not.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Offer, Policy } from '../../../miner/assemble.ts'
import { decide, decideDefence, formatEther, type Stake } from '../../../miner/profit.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import { toBaseUnits, toGasPrice, toGwei, toWei } from '../../../node/protocol/units.ts'

const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: toGasPrice(10n ** 9n),
  marginPercent: 10n,
  extraGas: 260_000n,
  unpaidSteps: 0,
}
const offer: Offer = {
  queueEntries: 0,
  requests: 1,
  fee: toBaseUnits(UNIT),
  queueFees: toGwei(0n),
  gas: 200_000n,
  blobs: 0,
}
const waiting = { sinceMs: 1_000, longestMs: 500 }
/** (200,000 + 260,000) gas at a gwei. */
const cost = 460_000n * 10n ** 9n

test('nothing crosses the bridge, nothing is published, however long that takes', () => {
  const decision = decide({ ...offer, requests: 0, fee: toBaseUnits(0n) }, policy, waiting, 10 ** 15)
  assert.deepEqual([decision.publish, decision.code, decision.cost], [false, 'nothing', cost])
})

test('payments alone are ordered only once they have waited for as long as the miner lets them', () => {
  const alone = { ...offer, requests: 0, fee: toBaseUnits(0n) }
  const patient = { ...waiting, paymentsMs: 700 }
  const early = decide(alone, policy, patient, 1_699)
  assert.deepEqual([early.publish, early.code, early.waitUntilMs], [false, 'nothing', 1_700])
  assert.match(early.reason, /payments alone are ordered from 1970-01-01T00:00:01\.700Z on/)
  const late = decide(alone, policy, patient, 1_700)
  assert.deepEqual([late.publish, late.code, late.cost], [true, 'waited', cost])
  assert.match(late.reason, /the longest wait of payments alone is over/)
  const asked = { ...alone, requests: 1 }
  assert.equal(
    decide(asked, policy, { ...patient, longestMs: 900 }, 1_800).code,
    'unprofitable',
    'a request has its own',
  )
})

test('fees have to exceed gas and margin to the last wei', () => {
  const least = (cost * 110n) / 100n // 506,000 gwei, worth 0.506 TTX here
  const fee = toBaseUnits((least * UNIT) / policy.weiPerTtx)
  const enough = decide({ ...offer, fee }, policy, waiting, 0)
  assert.deepEqual([enough.publish, enough.code, enough.worth], [true, 'profitable', least])
  const short = decide({ ...offer, fee: toBaseUnits(fee - 1000n) }, policy, waiting, 0)
  assert.deepEqual([short.publish, short.code, short.waitUntilMs], [false, 'unprofitable', 1_500])
  assert.match(
    short.reason,
    /^collecting requests until 1970-01-01T00:00:01Z, since fees worth .* ETH do not yet pay for gas of 0\.00046 ETH and 10%$/,
  )
})

test('fees of forced transactions count as the ether that they are', () => {
  const forced = { ...offer, requests: 0, queueEntries: 1, fee: toBaseUnits(0n), queueFees: toGwei(506_000n) }
  assert.equal(decide(forced, policy, waiting, 0).code, 'profitable')
  assert.equal(decide({ ...forced, queueFees: toGwei(505_999n) }, policy, waiting, 0).code, 'unprofitable')
})

test('blobs cost their own gas at its own price', () => {
  const dear = { ...policy, blobGasPrice: toGasPrice(10n ** 9n) }
  const least = ((cost + 3n * 131_072n * 10n ** 9n) * 110n) / 100n
  const fee = toBaseUnits((least * UNIT) / policy.weiPerTtx)
  const inBlobs = { ...offer, blobs: 3 }
  const enough = decide({ ...inBlobs, fee }, dear, waiting, 0)
  assert.deepEqual([enough.code, enough.cost], ['profitable', cost + 3n * 131_072n * 10n ** 9n])
  assert.equal(decide({ ...inBlobs, fee: toBaseUnits(fee - 1000n) }, dear, waiting, 0).code, 'unprofitable')
  assert.equal(decide(offer, dear, waiting, 0).cost, cost)
})

test('after the longest wait it is published whatever it costs, also without any price', () => {
  const poor = { ...offer, fee: toBaseUnits(0n) }
  assert.equal(decide(poor, policy, waiting, 1_499).publish, false)
  assert.deepEqual(decide(poor, policy, waiting, 1_500).code, 'waited')
  const unpriced = { ...policy, weiPerTtx: 0n }
  assert.match(
    decide(offer, unpriced, waiting, 0).reason,
    /^collecting requests until 1970-01-01T00:00:01Z, then it publishes for gas of 0\.00046 ETH; given a --price,/,
  )
  assert.equal(decide(offer, unpriced, waiting, 0).worth, undefined)
  assert.equal(decide(offer, unpriced, waiting, 1_500).publish, true)
  assert.equal(decide(offer, unpriced, { sinceMs: 7, longestMs: 0 }, 7).publish, true)
})

describe('a block in defence of own ones', () => {
  /** An empty one, for as much as above, and one of our blocks of twice its gas with a fee of one TTX. */
  const empty: Offer = { ...offer, requests: 0, fee: toBaseUnits(0n) }
  const stake: Stake = {
    blocks: 1,
    fee: toBaseUnits(UNIT),
    queueFees: toGwei(0n),
    expense: { gas: 400_000n, blobs: 0 },
    defences: 0,
    spent: { gas: 0n, blobs: 0 },
  }
  const unpriced = { ...policy, weiPerTtx: 0n }

  test('is mined if what is at stake exceeds gas and margin to the last wei', () => {
    const least = (cost * 110n) / 100n
    const fee = toBaseUnits((least * UNIT) / policy.weiPerTtx)
    const enough = decideDefence(empty, policy, { ...stake, fee })
    assert.deepEqual([enough.publish, enough.code, enough.worth, enough.cost], [true, 'defence', least, cost])
    assert.match(
      enough.reason,
      /can displace one of our blocks with fees worth 0\.000506 ETH, and that is worth 0\.00046 ETH/,
    )
    const short = decideDefence(empty, policy, { ...stake, fee: toBaseUnits(fee - 1000n) })
    assert.deepEqual([short.publish, short.code], [false, 'defence'])
    assert.match(short.reason, /not worth 0\.00046 ETH for one more on top/)
  })

  test('counts fees in gwei, and its own', () => {
    const forced = { ...stake, fee: toBaseUnits(0n), queueFees: toGwei(500_000n) }
    assert.equal(decideDefence(empty, policy, forced).publish, false)
    assert.equal(decideDefence({ ...empty, queueEntries: 1, queueFees: toGwei(6_000n) }, policy, forced).publish, true)
  })

  test('counts what was spent on the same before, so that it ends', () => {
    const rich = { ...stake, fee: toBaseUnits(2n * UNIT) } // 0.002 ETH, four times the cost and a bit
    for (const [defences, publish] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const) {
      const { publish: is, cost: all } = decideDefence(empty, policy, {
        ...rich,
        defences,
        spent: { gas: 200_000n * BigInt(defences), blobs: 0 },
      })
      assert.deepEqual([is, all], [publish, cost * BigInt(1 + defences)])
    }
  })

  test('counts the blobs of what is at stake, of what was spent, and its own', () => {
    const dear = { ...unpriced, blobGasPrice: toGasPrice(10n ** 9n) }
    const blob = 131_072n * 10n ** 9n
    const { cost: all, publish } = decideDefence({ ...empty, blobs: 1 }, dear, {
      ...{ ...stake, expense: { gas: 400_000n, blobs: 6 } },
      ...{ defences: 1, spent: { gas: 200_000n, blobs: 2 } },
    })
    assert.deepEqual([all, publish], [2n * cost + 3n * blob, true])
    const two = { ...stake, defences: 1, spent: { gas: 200_000n, blobs: 2 } }
    assert.equal(decideDefence({ ...empty, blobs: 1 }, dear, two).publish, false)
  })

  test('without a price, own blocks are worth what they cost: one defence each', () => {
    const first = decideDefence(empty, unpriced, stake)
    assert.deepEqual([first.publish, first.code, first.worth], [true, 'defence', undefined])
    assert.match(first.reason, /one of our blocks that cost 0\.00066 ETH/)
    const again = { defences: 1, spentGas: 200_000n }
    assert.equal(decideDefence(empty, unpriced, { ...stake, ...again }).publish, false)
    const two = { ...stake, blocks: 2, gas: 800_000n }
    assert.equal(decideDefence(empty, unpriced, { ...two, ...again }).publish, true)
    assert.match(decideDefence(empty, unpriced, two).reason, /2 of our blocks that cost/)
  })

  test('is nothing to mine for who has nothing to lose', () => {
    const none = { ...stake, blocks: 0, fee: toBaseUnits(0n), expense: { gas: 0n, blobs: 0 } }
    for (const each of [policy, unpriced]) assert.equal(decideDefence(empty, each, none).publish, false)
  })
})

test('more fees or cheaper gas never turn a decision to publish around', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 24n })
  fc.assert(
    fc.property(amount, amount, fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.nat(3_000), (fee, more, gasPrice, now) => {
      const before = decide(
        { ...offer, fee: toBaseUnits(fee) },
        { ...policy, gasPrice: toGasPrice(gasPrice * 2n) },
        waiting,
        now,
      )
      const after = decide(
        { ...offer, fee: toBaseUnits(fee + more) },
        { ...policy, gasPrice: toGasPrice(gasPrice) },
        waiting,
        now,
      )
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
  for (const [wei, text] of cases) assert.equal(formatEther(toWei(wei)), text)
})
