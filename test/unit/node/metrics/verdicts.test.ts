// Verdicts are counted once each, and their latency only where it says something.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { type Judged, Verdicts } from '../../../../node/metrics/verdicts.ts'
import { toTime } from '../../../../node/protocol/units.ts'
import { parseSamples } from '../../../support/scrape.ts'

const block = (id: string, verdict: Judged['verdict'], publishedAt = 1_000): Judged => ({
  id,
  verdict,
  publishedAt: toTime(publishedAt),
})

async function samples(registry: Registry) {
  const all = parseSamples(await registry.metrics())
  return {
    valid: all.get('ttx_verdicts_total{verdict="valid"}'),
    invalid: all.get('ttx_verdicts_total{verdict="invalid"}'),
    displaced: all.get('ttx_verdicts_total{verdict="displaced"}'),
    count: all.get('ttx_verdict_latency_seconds_count'),
    sum: all.get('ttx_verdict_latency_seconds_sum'),
  }
}

test('what was judged before the first look is not counted; the rest is, once', async () => {
  const registry = new Registry()
  const verdicts = new Verdicts(registry)
  verdicts.look([block('a', 'valid'), block('b', 'unknown')], 1_010_000)
  assert.deepEqual(await samples(registry), { valid: 0, invalid: 0, displaced: 0, count: 0, sum: 0 })
  const later = [block('a', 'valid'), block('b', 'invalid'), block('c', 'valid', 1_020)]
  verdicts.look(later, 1_030_000)
  verdicts.look([...later, ...later], 1_090_000)
  // 30 s for b, 10 s for c.
  assert.deepEqual(await samples(registry), { valid: 1, invalid: 1, displaced: 0, count: 2, sum: 40 })
})

test('a block that two of those who look see is counted once', async () => {
  const registry = new Registry()
  const verdicts = new Verdicts(registry)
  verdicts.look([], 0)
  verdicts.look([block('a', 'valid'), block('a', 'valid')], 1_005_000)
  assert.deepEqual(await samples(registry), { valid: 1, invalid: 0, displaced: 0, count: 1, sum: 5 })
})

test('what is read of the past has no latency, nor has what was displaced; a clock that is behind gives none below zero', async () => {
  const registry = new Registry()
  const verdicts = new Verdicts(registry)
  verdicts.look([], undefined)
  verdicts.look([block('a', 'valid')], undefined)
  verdicts.look([block('a', 'valid'), block('b', 'displaced'), block('c', 'valid', 2_000)], 1_500_000)
  assert.deepEqual(await samples(registry), { valid: 2, invalid: 0, displaced: 1, count: 1, sum: 0 })
})
