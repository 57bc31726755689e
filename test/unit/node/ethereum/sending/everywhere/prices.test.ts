// What is offered where endpoints differ about fees and coins: enough by the word of each, and no more than a share of what there is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Glance } from '../../../../../../node/ethereum/sending/everywhere/glances.ts'
import { firstPrice, nextPrice } from '../../../../../../node/ethereum/sending/everywhere/prices.ts'
import { ZERO_HASH } from '../../../../../../node/protocol/ids.ts'
import { toGasPrice, toTime, toWei } from '../../../../../../node/protocol/units.ts'

const GWEI = 1_000_000_000n
const RICH = 10n ** 21n
const purse = { units: 1_000_000n, cap: toGasPrice(400n * GWEI) }

test('the highest base fee counts at first, within a quarter of the cap', () => {
  const most = (...baseFees: readonly bigint[]) =>
    firstPrice(
      baseFees.map((fee) => glance({ baseFee: fee * GWEI })),
      purse,
    )?.maxFeePerGas
  assert.equal(most(10n), 16n * GWEI)
  assert.equal(most(10n, 40n), 61n * GWEI)
  assert.equal(most(40n, 10n), 61n * GWEI)
  assert.equal(most(10n, 1_000_000n), 100n * GWEI)
  assert.equal(most(200n, 1_000_000n), 301n * GWEI, 'what the lowest asks for is offered all the same')
})

test('a sixteenth of the balance bounds the first offer, but for what the lowest one asks for', () => {
  const balance = 16n * 30n * GWEI * purse.units
  const low = [glance({ baseFee: 10n * GWEI, balance }), glance({ baseFee: 40n * GWEI, balance })]
  assert.equal(firstPrice(low, purse)?.maxFeePerGas, 30n * GWEI)
  const poor = 16n * GWEI * purse.units
  const [one, other] = [glance({ baseFee: 10n * GWEI, balance: poor }), glance({ baseFee: 40n * GWEI, balance: poor })]
  assert.equal(firstPrice([one, other], purse)?.maxFeePerGas, 16n * GWEI)
  assert.equal(firstPrice([glance({ baseFee: 10n * GWEI, balance: poor - 1n })], purse), undefined)
})

test('of tips the highest up to two gwei counts, or the lowest if all are higher', () => {
  const tipOf = (...tips: readonly bigint[]) =>
    firstPrice(
      tips.map((tip) => glance({ tip: tip * GWEI })),
      purse,
    )?.maxPriorityFeePerGas
  assert.equal(tipOf(1n, 900n), 2n * GWEI)
  assert.equal(tipOf(0n, 1n), GWEI)
  assert.equal(tipOf(5n, 3n), 3n * GWEI)
})

test('a replacement is dearer by what mempools ask for, and right by the word of the endpoint; none if that cannot be paid', () => {
  const old = { maxFeePerGas: toGasPrice(16n * GWEI), maxPriorityFeePerGas: toGasPrice(GWEI) }
  const next = (chosen: Parameters<typeof glance>[0]) => {
    const one = glance(chosen)
    return nextPrice(one, [one], old, purse)?.maxFeePerGas
  }
  assert.equal(next({ baseFee: GWEI }), 18n * GWEI + 1n)
  assert.equal(next({ baseFee: 40n * GWEI }), 61n * GWEI)
  assert.equal(next({ baseFee: 40n * GWEI, balance: 18n * GWEI * purse.units }), undefined)
  assert.equal(next({ baseFee: 40n * GWEI, balance: 20n * GWEI * purse.units }), 20n * GWEI)
})

function glance({ baseFee = 10n * GWEI, tip = GWEI, balance = RICH }): Glance {
  const head = { number: 100n, hash: ZERO_HASH, time: toTime(0n), next: toTime(1n), baseFee: toGasPrice(baseFee) }
  return { head, latest: 0, pending: 0, tip: toGasPrice(tip), balance: toWei(balance) }
}
