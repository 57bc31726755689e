// The hash rate is the slope over the last ten seconds, minute and quarter of an hour of searching.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSample, type HashSample, ratesOf, steadyRate } from '../../../../miner/work/hash-rate.ts'

function sampled(...points: readonly (readonly [searchedMs: number, total: bigint])[]): readonly HashSample[] {
  return points.reduce<readonly HashSample[]>(
    (samples, [searchedMs, total]) => addSample(samples, { searchedMs, total }),
    [],
  )
}

/** A sample a second, each with as many hashes more as `perSecond` says of that second. */
function searching(seconds: number, perSecond: (second: number) => number): readonly HashSample[] {
  let total = 0
  const points = Array.from({ length: seconds + 1 }, (_, second) => {
    total += second === 0 ? 0 : perSecond(second)
    return [1_000 * second, BigInt(total)] as const
  })
  return sampled(...points)
}

test('fewer than two samples, or two of the same time, give no rate', () => {
  assert.deepEqual(ratesOf([]), { tenSeconds: 0 })
  assert.deepEqual(ratesOf(sampled([5, 100n])), { tenSeconds: 0 })
  assert.deepEqual(ratesOf(sampled([5, 100n], [5, 900n])), { tenSeconds: 0 })
})

test('the rate is hashes by seconds', () => {
  assert.deepEqual(ratesOf(sampled([0, 0n], [2_000, 6_000n])), { tenSeconds: 3_000 })
})

test('each window has what was hashed in it, and none is told that has no more than the shorter one', () => {
  const rates = (seconds: number) => ratesOf(searching(seconds, (second) => second))
  // The last ten seconds of n have n - 9 to n hashes.
  assert.deepEqual(rates(10), { tenSeconds: 5.5 })
  assert.deepEqual(rates(20), { tenSeconds: 15.5, minute: 10.5 })
  assert.deepEqual(rates(60), { tenSeconds: 55.5, minute: 30.5 })
  assert.deepEqual(rates(1_000), { tenSeconds: 995.5, minute: 970.5, quarterHour: 550.5 })
})

test('what lies before the longest window is forgotten, and asking often does not make more samples', () => {
  assert.equal(searching(5_000, () => 1).length, 901)
  let samples: readonly HashSample[] = []
  for (let i = 0; i <= 100_000; i += 10) samples = addSample(samples, { searchedMs: i, total: BigInt(i) })
  assert(samples.length <= 102, `${samples.length} samples of 100 s`)
  assert.deepEqual(ratesOf(samples), { tenSeconds: 1_000, minute: 1_000, quarterHour: 1_000 })
})

test('a pool that rests keeps the rates of its searching', () => {
  const before = searching(20, () => 7)
  const after = addSample(before, { searchedMs: 20_000, total: 140n })
  assert.deepEqual(ratesOf(after), ratesOf(before))
})

test('one reckons with the minute as soon as there is more than ten seconds', () => {
  assert.equal(steadyRate({ tenSeconds: 3 }), 3)
  assert.equal(steadyRate({ tenSeconds: 3, minute: 2, quarterHour: 1 }), 2)
})
