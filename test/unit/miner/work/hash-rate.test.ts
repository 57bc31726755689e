// The hash rate is the slope over the last ten seconds.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSample, type HashSample, hashesPerSecond, RATE_WINDOW_MS } from '../../../../miner/work/hash-rate.ts'

function sampled(...points: readonly (readonly [atMs: number, total: bigint])[]): readonly HashSample[] {
  return points.reduce<readonly HashSample[]>((samples, [atMs, total]) => addSample(samples, { atMs, total }), [])
}

test('fewer than two samples, or two of the same time, give no rate', () => {
  assert.equal(hashesPerSecond([]), 0)
  assert.equal(hashesPerSecond(sampled([5, 100n])), 0)
  assert.equal(hashesPerSecond(sampled([5, 100n], [5, 900n])), 0)
})

test('the rate is hashes by seconds', () => {
  assert.equal(hashesPerSecond(sampled([0, 0n], [2_000, 6_000n])), 3_000)
})

test('what lies before the window no longer counts', () => {
  const samples = sampled([0, 0n], [1_000, 1_000_000n], [1_000 + RATE_WINDOW_MS, 1_000_010n])
  assert.equal(hashesPerSecond(samples), 1)
  assert.equal(samples.length, 2)
})

test('a pool that rests falls to zero within the window', () => {
  let samples = sampled([0, 0n], [1_000, 5_000n])
  for (let atMs = 2_000; atMs <= 1_000 + RATE_WINDOW_MS; atMs += 1_000) {
    samples = addSample(samples, { atMs, total: 5_000n })
  }
  assert.equal(hashesPerSecond(samples), 0)
})
