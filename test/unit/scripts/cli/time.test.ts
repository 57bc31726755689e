// Spans and moments: as people write them, and as they read them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockNote, clockRows, formatMoment, formatSpan, formatUtc, parseSpan } from '../../../../scripts/cli/time.ts'

test('spans are read in seconds, minutes, hours and days', () => {
  assert.deepEqual(['30s', '90m', '24h', '2d'].map(parseSpan), [30, 5_400, 86_400, 172_800])
  for (const text of ['', '24', 'h', '1.5h', '-1h', '0h', '367d', '24 h']) {
    assert.throws(() => parseSpan(text), /Expected a span of time .* as in 24h/)
  }
})

test('spans are written with the two units that matter', () => {
  assert.deepEqual([5, 60, 3_600, 86_340, 86_400, 176_400].map(formatSpan), [
    '5 s',
    '1 min',
    '1 h',
    '23 h 59 min',
    '1 d',
    '2 d 1 h',
  ])
})

test('moments are written in UTC, and how far they are', () => {
  assert.equal(formatMoment(1_767_225_600, 1_767_222_000), '2026-01-01 00:00:00 UTC (in 1 h)')
  assert.equal(formatMoment(1_767_225_600, 1_767_225_660), '2026-01-01 00:00:00 UTC (1 min ago)')
})

test('what is beyond all dates is written as the last one, since a node or a file may say anything', () => {
  for (const at of [8.64e12, 1e300, Number.MAX_SAFE_INTEGER]) assert.equal(formatUtc(at), '+275760-09-13 00:00:00 UTC')
})

test("where Ethereum's clock is not this machine's, a row says which times are whose; a few minutes are the same clock", () => {
  const now = 1_767_225_600
  assert.deepEqual(clockRows(now + 345_600, now), [
    ['clock', "these times are Ethereum's, whose clock is 4 d ahead of this machine's, which logs go by"],
  ])
  assert.match(clockRows(now - 3_600, now)[0]?.[1] ?? '', /whose clock is 1 h behind this machine's/)
  for (const time of [undefined, now - 500, now + 500]) assert.deepEqual(clockRows(time, now), [])
  assert.deepEqual([clockNote(now + 345_600, now), clockNote(now, now)], [" on Ethereum's clock", ''])
})
