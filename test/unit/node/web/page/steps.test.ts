// What a wallet is asked for to bring a token in: never more than is needed, and in an order that works.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsOf, type Situation, stepsOf } from '../../../../../node/web/page/wallet/tokens/steps.ts'

const NOTHING: Situation = { isMade: false, allowed: 0n, mustClear: false, hasPermit: false, isAtomic: false }
const MADE: Situation = { ...NOTHING, isMade: true }

test('a gateway is made, allowed and given, each only where it is missing', () => {
  assert.deepEqual(stepsOf(NOTHING, 5n), ['create', 'approve', 'deposit'])
  assert.deepEqual(stepsOf(MADE, 5n), ['approve', 'deposit'])
  assert.deepEqual(stepsOf({ ...MADE, allowed: 4n }, 5n), ['approve', 'deposit'])
  assert.deepEqual(stepsOf({ ...MADE, allowed: 5n }, 5n), ['deposit'])
})

test('an allowance that the token does not change is taken back first, unless it is enough', () => {
  const stubborn = { ...MADE, allowed: 4n, mustClear: true }
  assert.deepEqual(stepsOf(stubborn, 5n), ['clear', 'approve', 'deposit'])
  assert.deepEqual(stepsOf(stubborn, 4n), ['deposit'])
})

test('a signature takes the place of an allowance, and needs no clearing', () => {
  assert.deepEqual(stepsOf({ ...NOTHING, hasPermit: true }, 5n), ['create', 'permit', 'deposit'])
  const stubborn = { ...MADE, allowed: 4n, mustClear: true, hasPermit: true }
  assert.deepEqual(stepsOf(stubborn, 5n), ['permit', 'deposit'])
  assert.deepEqual(stepsOf({ ...MADE, allowed: 5n, hasPermit: true }, 5n), ['deposit'])
})

test('a wallet that sends calls as one is asked once, also where it could sign a permit; of one call there is nothing to bundle', () => {
  assert.deepEqual(stepsOf({ ...NOTHING, isAtomic: true, hasPermit: true }, 5n), ['together'])
  assert.deepEqual(callsOf({ ...NOTHING, isAtomic: true }, 5n), ['create', 'approve', 'deposit'])
  assert.deepEqual(stepsOf({ ...MADE, allowed: 5n, isAtomic: true }, 5n), ['deposit'])
})
