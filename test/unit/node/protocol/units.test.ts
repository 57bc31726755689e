// What the compiler refuses to mix, and the few places where one unit becomes another. The first test fails in "npm run check", not here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forceFee } from '../../../../node/ethereum/calls.ts'
import { suggestFees } from '../../../../node/ethereum/sending/fees.ts'
import { forcedHash } from '../../../../node/protocol/queue.ts'
import { ALONE_SECONDS, RACE_SECONDS } from '../../../../node/protocol/rules.ts'
import { targetCeiling, workOf } from '../../../../node/protocol/target.ts'
import {
  addGwei,
  addWei,
  addWork,
  ceilToGwei,
  costOfGas,
  later,
  secondsFrom,
  toGasPrice,
  toGwei,
  toSeconds,
  toTime,
  toWei,
  weiOf,
} from '../../../../node/protocol/units.ts'

const [gwei, wei, price] = [toGwei(3n), toWei(5n), toGasPrice(7n)]
const [start, end] = [toTime(1_000n), toTime(4_600)]

test('units do not pass as one another', () => {
  const mixed = [
    // @ts-expect-error: an amount is not a price
    () => costOfGas(21_000n, wei),
    // @ts-expect-error: a price is not an amount of gas, nor the other way round
    () => costOfGas(price, 21_000n),
    // @ts-expect-error: gwei are not wei
    () => addWei([wei, gwei]),
    // @ts-expect-error: what was gwei becomes wei once
    () => weiOf(weiOf(gwei)),
    // @ts-expect-error: a fee of the queue is counted in gwei, and `forceFee` answers in wei
    () => forcedHash(forceFee(127, price), new Uint8Array(32)),
    // @ts-expect-error: a tip is a price
    () => suggestFees(price, wei),
    // @ts-expect-error: two moments have no sum
    () => later(start, end),
    // @ts-expect-error: a span has no beginning
    () => secondsFrom(ALONE_SECONDS, RACE_SECONDS),
    // @ts-expect-error: a target eases with the time since the parent, and not with the time of day
    () => targetCeiling(2n ** 200n, end, 2n ** 240n),
    // @ts-expect-error: a target is not work
    () => addWork(workOf(2n ** 200n), 2n ** 200n),
    // @ts-expect-error: what is added by hand is a plain number
    () => later(start + ALONE_SECONDS, RACE_SECONDS),
  ]
  assert.equal(mixed.length, 11)
})

test('a unit becomes another one in a single place', () => {
  assert.equal(costOfGas(21_000n, price), 147_000n)
  assert.equal(weiOf(gwei), 3_000_000_000n)
  assert.equal(addWei([wei, weiOf(gwei)]), 3_000_000_005n)
  assert.equal(addGwei([gwei, gwei]), 6n)
  assert.deepEqual(
    [0n, 1n, 1_000_000_000n].map((amount) => ceilToGwei(toWei(amount))),
    [0n, 1_000_000_000n, 1_000_000_000n],
  )
  assert.equal(secondsFrom(start, end), 3_600n)
  assert.equal(secondsFrom(end, start), -3_600n)
  assert.equal(later(start, toSeconds(3_600)), end)
})
