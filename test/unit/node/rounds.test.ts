// When loops ended their last rounds.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rounds } from '../../../node/rounds.ts'

test('a part is known from its beginning, and each round brings it back to now', () => {
  let now = 1_000
  const rounds = new Rounds(() => now)
  assert.deepEqual(rounds.all(), [])
  const turned = rounds.open('bridge', 30_000)
  now += 5_000
  assert.deepEqual(rounds.all(), [{ part: 'bridge', agoMs: 5_000, limitMs: 300_000 }])
  turned()
  now += 70
  assert.equal(rounds.all()[0]?.agoMs, 70)
})

test('the limit is ten periods, and two minutes at least', () => {
  const rounds = new Rounds(() => 0)
  rounds.open('fast', 50)
  rounds.open('slow', 60_000)
  assert.deepEqual(
    rounds.all().map(({ part, limitMs }) => [part, limitMs]),
    [
      ['fast', 120_000],
      ['slow', 600_000],
    ],
  )
})

test('of several loops that are one part, the one that turns counts', () => {
  let now = 0
  const rounds = new Rounds(() => now)
  const first = rounds.open('judging', 1_000)
  rounds.open('judging', 1_000)
  now = 9_000
  first()
  assert.deepEqual(
    rounds.all().map(({ agoMs }) => agoMs),
    [0],
  )
})
