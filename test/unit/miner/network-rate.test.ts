// How fast all miners are, by the blocks of late, and the share of one of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { estimateNetworkRate, LEAST_BLOCKS, NetworkRateWatch, shareOf } from '../../../miner/network-rate.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'

/** Of 2^20 expected hashes each. */
const TARGET = 2n ** 236n - 1n
const block = (publishedAt: number) => ({ target: TARGET, publishedAt, verdict: 'valid', refuted: false }) as const
/** One every `seconds`, `count` after the first. */
const blocks = (count: number, seconds: number) =>
  Array.from({ length: count + 1 }, (_, i) => block(1_000 + i * seconds))

test('the rate is the work of the blocks after the first one by the time since that', () => {
  assert.deepEqual(estimateNetworkRate(blocks(8, 1_024)), { hashesPerSecond: 1_024, blocks: 8, seconds: 8_192 })
})

test('of too few blocks, and of blocks of one moment, nothing follows', () => {
  assert.equal(estimateNetworkRate([]), undefined)
  assert.equal(estimateNetworkRate(blocks(LEAST_BLOCKS - 1, 60)), undefined)
  assert.equal(estimateNetworkRate(blocks(LEAST_BLOCKS, 60))?.blocks, LEAST_BLOCKS)
  assert.equal(estimateNetworkRate(blocks(LEAST_BLOCKS, 0)), undefined)
})

test('blocks that are wrong, refuted, not judged or without a time are not the work of miners who count', () => {
  const wrong = [
    { ...block(1), verdict: 'invalid' },
    { ...block(2), refuted: true },
    { ...block(3), verdict: 'unknown' },
    block(0),
  ] as const
  assert.deepEqual(estimateNetworkRate([...wrong, ...blocks(8, 1_024)]), estimateNetworkRate(blocks(8, 1_024)))
})

test('a share is at most all of it, also where the blocks came slower than one miner searches', () => {
  const network = { hashesPerSecond: 1_000, blocks: 8, seconds: 1 }
  assert.equal(shareOf(250, network), 0.25)
  assert.equal(shareOf(4_000, network), 1)
})

test('the blocks are read once a minute at most, and rarer where that takes long; what was known stays', async () => {
  let [nowMs, calls, tookMs] = [0, 0, 0]
  const call = async () => {
    calls += 1
    nowMs += tookMs
    if (calls === 3) throw new Error('no answer')
    return { status: { tip: undefined, final: undefined, state: 'live' }, blocks: blocks(8, 1_024) }
  }
  const watch = new NetworkRateWatch({ url: '', call } as unknown as NodeClient, () => nowMs)
  const { signal } = new AbortController()
  await watch.look(signal)
  assert.equal(watch.rate?.hashesPerSecond, 1_024)
  nowMs = 59_999
  await watch.look(signal)
  assert.equal(calls, 1)
  tookMs = 30_000
  nowMs = 60_000
  await watch.look(signal)
  assert.equal(calls, 2)
  nowMs += 299_999
  await watch.look(signal)
  assert.equal(calls, 2)
  nowMs += 1
  await assert.rejects(watch.look(signal), /no answer/)
  assert.equal(watch.rate?.hashesPerSecond, 1_024)
})
