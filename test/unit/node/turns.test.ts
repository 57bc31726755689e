// Long work in parts: it ends, and everything else has its turn in the meantime.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from '../../../node/turns.ts'
import { hurryClock, roundsUntil } from '../../support/rounds.ts'

function* parts(count: number, ms: number): Generator<undefined, number, void> {
  for (let i = 0; i < count; i++) {
    for (const end = performance.now() + ms; performance.now() < end; );
    yield
  }
  return count
}

test('it comes to what the work comes to, and a timer goes on while it is under way', async () => {
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  assert.equal(await inTurns(parts(40, 10)), 40)
  clearInterval(timer)
  assert.ok(ticks >= 4, `${ticks}`)
  assert.equal(await inTurns(parts(0, 0)), 0)
})

test('works under way at once have one turn in a round of the event loop between them, and each its own', async (t) => {
  hurryClock(t)
  const order: string[] = []
  let most = 0
  let seen = 0
  let isOver = false
  function* noting(name: string): Generator<undefined, void, void> {
    for (let i = 0; i < 5; i++) {
      order.push(name)
      yield
    }
  }
  const rounds = roundsUntil(() => {
    most = Math.max(most, order.length - seen)
    seen = order.length
    return isOver
  })
  await Promise.all(['a', 'b', 'c'].map((name) => inTurns(noting(name))))
  isOver = true
  assert.ok((await rounds) >= order.length)
  assert.equal(most, 1)
  assert.equal(order.join(''), 'abc'.repeat(5))
})

test('a stop ends it between two parts, and one from before begins nothing', async () => {
  const stop = new AbortController()
  setImmediate(() => setImmediate(() => stop.abort(new RangeError('stopped'))))
  await assert.rejects(inTurns(parts(1_000, 10), stop.signal), { message: 'stopped' })
  let isBegun = false
  const work: Iterator<undefined, number> = {
    next: () => {
      isBegun = true
      return { done: true, value: 1 }
    },
  }
  await assert.rejects(inTurns(work, stop.signal), { message: 'stopped' })
  assert.equal(isBegun, false)
})
