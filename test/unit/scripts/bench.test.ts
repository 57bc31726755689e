// The bench framework: order of runs, medians, ratios, and limits that can be broken.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bench, type Limit, measure, median } from '../../../scripts/bench/measure.ts'

function benchOf(series: Record<string, readonly number[]>, limits: readonly Limit[] = [], rounds = 3) {
  const calls: string[] = []
  const bench: Bench = {
    name: 'example',
    title: 'an example',
    unit: 'things',
    rounds,
    limits,
    prepare: () => ({
      cases: Object.entries(series).map(([name, values]) => {
        const rest = [...values]
        return {
          name,
          run: () => {
            calls.push(name)
            const value = rest.shift()
            if (value === undefined) throw new Error(`${name} ran too often`)
            return value
          },
        }
      }),
      stop: () => void calls.push('stop'),
    }),
  }
  return { bench, calls }
}

test('a median is the middle value or the mean of the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test('rounds interleave after one that does not count, and ratios are taken within a round', async () => {
  const { bench, calls } = benchOf({ slow: [9, 1, 2, 4], fast: [9, 30, 20, 80] })
  const { cases, broken } = await measure(bench)
  assert.equal(calls.join(' '), 'slow fast slow fast slow fast slow fast stop')
  assert.deepEqual(
    cases.map(({ median, least, greatest, ratio }) => [median, least, greatest, ratio]),
    [
      [2, 1, 4, 1],
      [30, 20, 80, 20],
    ],
  )
  assert.deepEqual(broken, [])
})

test('the ratio is to the case that is named as the baseline, and broken where there is none of that name', async () => {
  const cases = [
    { name: 'a', run: () => 5 },
    { name: 'b', run: () => 10 },
    { name: 'c', baseline: 'b', run: () => 40 },
    { name: 'd', baseline: 'e', run: () => 1 },
  ]
  const { bench } = benchOf({}, [], 1)
  const result = await measure({ ...bench, prepare: () => ({ cases, stop: () => undefined }) })
  assert.deepEqual(
    result.cases.map(({ ratio }) => ratio),
    [1, 2, 4, Number.NaN],
  )
})

test('one round runs once, without warm-up', async () => {
  const { bench, calls } = benchOf({ size: [5] }, [], 1)
  assert.equal((await measure(bench)).cases[0]?.median, 5)
  assert.deepEqual(calls, ['size', 'stop'])
})

test('a limit that is broken is said, one that names no case too', async () => {
  const at = (limit: Omit<Limit, 'case'>, name = 'b'): Limit => ({ case: name, ...limit })
  const limits = [
    at({ of: 'ratio', atLeast: 2 }),
    at({ of: 'ratio', atLeast: 2.1 }),
    at({ of: 'median', atMost: 10 }),
    at({ of: 'median', atMost: 9 }),
    at({ of: 'median', atMost: 9 }, 'c'),
  ]
  const { bench } = benchOf({ a: [5], b: [10] }, limits, 1)
  const { broken } = await measure(bench)
  assert.deepEqual(broken, [
    'expected the ratio of b to be between 2.1 and Infinity, got 2',
    'expected the median of b to be between -Infinity and 9, got 10',
    'expected the median of c to be between -Infinity and 9, got NaN',
  ])
})

test('a case that throws still frees what the bench holds', async () => {
  const { bench, calls } = benchOf({ a: [] }, [], 1)
  await assert.rejects(measure(bench), /ran too often/)
  assert.deepEqual(calls, ['a', 'stop'])
})
