// Long work in parts: it ends, and everything else has its turn in the meantime.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from '../../../../miner/watch/turns.ts'

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
