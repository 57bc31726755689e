// What is offered for gas: enough room at first, enough more in a replacement, and a bond that the base fee cannot outgrow.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bumpFees, capAt, patienceAt, suggestFees, valueWith } from '../../../../../node/ethereum/sending/fees.ts'
import { maxPrice, toGasPrice, toTime } from '../../../../../node/protocol/units.ts'

const price = fc.bigInt({ min: 0n, max: 10n ** 13n }).map(toGasPrice)

test('a first offer has room for the base fee to grow by half', () => {
  assert.deepEqual(suggestFees(toGasPrice(100n), toGasPrice(7n)), {
    maxFeePerGas: toGasPrice(157n),
    maxPriorityFeePerGas: toGasPrice(7n),
  })
})

test('a replacement is an eighth above the old offer and at least what is apt now, in both parts', () => {
  fc.assert(
    fc.property(price, price, price, price, (base, tip, laterBase, laterTip) => {
      const old = suggestFees(base, tip)
      const apt = suggestFees(laterBase, laterTip)
      const next = bumpFees(old, apt)
      for (const part of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
        assert.ok(next[part] * 8n >= old[part] * 9n && next[part] > old[part] && next[part] >= apt[part])
      }
      assert.ok(next.maxFeePerGas >= next.maxPriorityFeePerGas)
    }),
    { seed: 3 },
  )
})

test('a bond is whole gwei and pays its gas at any base fee at which the transaction can be included', () => {
  fc.assert(
    fc.property(price, price, price, fc.bigInt({ min: 0n, max: 2n ** 25n }), (base, tip, floor, gas) => {
      const fees = suggestFees(base, tip)
      const bond = valueWith({ bondGas: gas }, fees, floor)
      const least = gas * maxPrice(fees.maxFeePerGas, floor)
      assert.ok(bond % 10n ** 9n === 0n && bond >= least && bond < least + 10n ** 9n)
    }),
    { seed: 4 },
  )
})

test('far from a deadline nothing changes, and in its last hours more is offered, sooner', () => {
  const [cap, deadline, hour] = [500n, toTime(1_000_000n), 3_600n]
  const at = (left: bigint) => [
    capAt(toGasPrice(cap), toTime(deadline - left), deadline),
    patienceAt(60_000, toTime(deadline - left), deadline),
  ]
  assert.deepEqual(
    [capAt(toGasPrice(cap), toTime(0n), undefined), patienceAt(60_000, toTime(0n), undefined)],
    [500n, 60_000],
  )
  assert.deepEqual(at(24n * hour), [500n, 60_000])
  assert.deepEqual(at(6n * hour), [500n, 60_000])
  assert.deepEqual(at(6n * hour - 1n), [1_000n, 60_000])
  assert.deepEqual(at(hour), [16_000n, 60_000])
  assert.deepEqual(at(hour / 2n), [32_000n, 30_000])
  assert.deepEqual(at(0n), [32_000n, 12_000])
  assert.deepEqual(at(-hour), [32_000n, 12_000])
  assert.deepEqual(patienceAt(100, deadline, deadline), 100)
})
