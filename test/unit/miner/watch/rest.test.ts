// Rests between refutations: they grow, and end in time, whatever one endpoint says of the time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { possibleTimes, restMs } from '../../../../miner/watch/rest.ts'
import type { Endpoint } from '../../../../node/ethereum/sending/endpoint.ts'
import { LIES } from '../../../support/sending/lies.ts'
import { MadeUpChain } from '../../../support/sending/made-up-chain.ts'

const DAY = 86_400
const MINUTE_MS = 60_000
const signal = new AbortController().signal

test('what costs gas rests for 15 seconds, then for twice as long each time, and is then tried at no cost at a quicker pace', () => {
  const paid = [1, 2, 3, 4].map((failures) => restMs({ failures, tries: 0 }, [DAY]))
  assert.deepEqual(paid, [15_000, 30_000, 60_000, 120_000])
  const free = [1, 2, 3, 4, 5, 100].map((tries) => restMs({ failures: 7, tries }, [DAY]))
  assert.deepEqual(free, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  assert.equal(restMs({ failures: 0, tries: 0 }, [DAY]), 0)
})

test('no rest is longer than an eighth of what is left, however often it was in vain', () => {
  for (const left of [DAY, 3_600, 600, 60, 10]) {
    for (const failures of [1, 5, 10, 40, 10_000]) {
      assert.ok(restMs({ failures, tries: 0 }, [left]) <= left * 125, `after ${failures} with ${left} s left`)
    }
  }
  // To the last second, and not without a pause.
  assert.equal(restMs({ failures: 10, tries: 0 }, [1]), 1_000)
})

test('past the deadline it rests for some minutes, and never for good', () => {
  for (const failures of [1, 10, 100, 10_000]) {
    const rest = restMs({ failures, tries: 0 }, [-DAY])
    assert.ok(rest > 0 && rest <= 10 * MINUTE_MS, `${rest} after ${failures}`)
  }
})

test('of several clocks the most urgent one counts', () => {
  assert.equal(restMs({ failures: 20, tries: 0 }, [DAY, 80, 2 * DAY]), 10_000)
  assert.equal(restMs({ failures: 20, tries: 0 }, [-5, 80]), 10_000)
  assert.equal(restMs({ failures: 20, tries: 0 }, [-5, DAY]), 10 * MINUTE_MS)
})

test('a day of refutations in vain costs some sixty of them, and each hour past the deadline six', () => {
  const TRY = 24
  const count = (from: number, to: number, before: number) => {
    let tries = 0
    for (let now = from; now < to; tries++)
      now += TRY + restMs({ failures: before + tries + 1, tries: 0 }, [DAY - now]) / 1_000
    return tries
  }
  const day = count(0, DAY, 0)
  assert.ok(day > 40 && day <= 64, `${day} in a day`)
  assert.ok(count(DAY, DAY + 3_600, day) <= 6)
})

test('an endpoint that contradicts our clock tells no time, unless all of them do', async () => {
  const chain = new MadeUpChain()
  const nowMs = 1_000 * Number(chain.time)
  const now = Number(chain.time)
  const times = async (...endpoints: readonly Endpoint[]) => await possibleTimes(endpoints, nowMs, signal)
  const honest = chain.endpoint('honest')
  const past = chain.endpoint('past', LIES['is at block 1'])
  const future = chain.endpoint('future', LIES['is far in the future'])
  assert.deepEqual(await times(honest, past, future), [now, now + 1])
  assert.deepEqual(await times(past), [now, 2])
  assert.deepEqual(await times(past, future), [now, 2, 10 ** 11])
  assert.deepEqual(await times(chain.endpoint('silent', LIES['is silent'])), [now])
  assert.deepEqual(await times(), [now])
})
