// What is offered for gas: enough room at first, enough more in a replacement, and a bond that the base fee cannot outgrow.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  blobPatienceAt,
  bumpFees,
  capAt,
  costOf,
  patienceAt,
  suggestBlobFee,
  suggestFees,
  valueWith,
} from '../../../../../node/ethereum/sending/fees.ts'
import { ZERO_HASH } from '../../../../../node/protocol/ids.ts'
import { GWEI, maxPrice, toGasPrice, toTime, toWei } from '../../../../../node/protocol/units.ts'

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

test('a replacement of a blob transaction offers more than twice as much in all three parts, and at least what is apt now', () => {
  const blobFees = fc.record({ base: price, tip: price, blob: price }).map(({ base, tip, blob }) => {
    return { ...suggestFees(base, tip), maxFeePerBlobGas: blob }
  })
  fc.assert(
    fc.property(blobFees, blobFees, (old, apt) => {
      const next = { maxFeePerBlobGas: 0n, ...bumpFees(old, apt) }
      for (const part of ['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const) {
        assert.ok((next[part] ?? 0n) > 2n * old[part] && (next[part] ?? 0n) >= apt[part], part)
      }
      assert.ok(next.maxFeePerGas >= next.maxPriorityFeePerGas)
    }),
    { seed: 5 },
  )
})

test('a first offer for blobs has room for a price eight times as high, a gwei at least, and leaves room below the cap', () => {
  const [cap, gwei] = [toGasPrice(100n * GWEI), (amount: bigint) => toGasPrice(amount * GWEI)]
  assert.equal(suggestBlobFee(toGasPrice(1n), cap), GWEI)
  assert.equal(suggestBlobFee(gwei(1n), cap), 8n * GWEI)
  assert.equal(suggestBlobFee(gwei(3n), cap), (100n * GWEI) / 8n)
  assert.equal(suggestBlobFee(gwei(10n), cap), 20n * GWEI)
  assert.equal(suggestBlobFee(gwei(51n), cap), 102n * GWEI)
  fc.assert(
    fc.property(price, (now) => {
      const offer = suggestBlobFee(now, cap)
      assert.ok(offer >= 2n * now && (offer <= cap || 2n * now > cap))
    }),
    { seed: 6 },
  )
})

test('a blob transaction that offers enough has five times as long, and no longer than any other before a deadline', () => {
  const [now, deadline] = [toTime(1_000_000n), toTime(1_003_600n)]
  assert.equal(blobPatienceAt(60_000, now, undefined), 300_000)
  assert.equal(blobPatienceAt(60_000, now, deadline), 60_000)
  assert.equal(blobPatienceAt(60_000, deadline, deadline), 12_000)
})

test('what a transaction did cost is its gas and its blobs', () => {
  const receipt = { hash: ZERO_HASH, success: true, block: 1n, gasUsed: 10n, gasPrice: toGasPrice(3n) }
  assert.equal(costOf(receipt), 30n)
  assert.equal(costOf({ ...receipt, blobCost: toWei(4n) }), 34n)
})

test('a bond is whole gwei and pays its gas at any base fee at which the transaction can be included', () => {
  fc.assert(
    fc.property(
      price,
      price,
      price,
      fc.bigInt({ min: 0n, max: 2n ** 25n }),
      fc.nat(5),
      (base, tip, floor, gas, floors) => {
        const fees = suggestFees(base, tip)
        const bond = valueWith({ bondGas: gas, ...(floors && { floors }) }, fees, floor)
        const least = gas * maxPrice(fees.maxFeePerGas, toGasPrice(BigInt(floors || 1) * floor))
        assert.ok(bond % 10n ** 9n === 0n && bond >= least && bond < least + 10n ** 9n)
      },
    ),
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
