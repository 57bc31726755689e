// When a node is ready.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STUCK_SECONDS, unreadyOf } from '../../../../node/metrics/readiness.ts'
import { ZERO_HASH } from '../../../../node/protocol/ids.ts'

const behind = { blocks: 0n, seconds: 10 }
const codes = (status: Parameters<typeof unreadyOf>[0]) => unreadyOf(status).map(({ code }) => code)

test('a node in step with Ethereum is ready, and so is one that has none to be in step with', () => {
  assert.deepEqual(codes({ bridge: { state: 'live' }, behind }), [])
  assert.deepEqual(codes({ bridge: { state: 'off' } }), [])
})

test('it says why it is not', () => {
  assert.deepEqual(codes({ bridge: { state: 'syncing' } }), ['syncing'])
  assert.deepEqual(codes({ bridge: { state: 'dead' }, behind }), ['bridge-dead'])
  assert.deepEqual(unreadyOf({ bridge: { state: 'unknown', problem: 'two endpoints differ' }, behind }), [
    { code: 'cannot-see', what: 'it does not trust what it sees of Ethereum: two endpoints differ' },
  ])
  const old = { blocks: 0n, seconds: STUCK_SECONDS + 1 }
  assert.deepEqual(codes({ bridge: { state: 'live' }, behind: old }), ['ethereum-old'])
  const beginning = { step: 'ledger', block: ZERO_HASH } as const
  assert.deepEqual(codes({ bridge: { state: 'syncing', beginning } }), ['beginning', 'syncing'])
})
