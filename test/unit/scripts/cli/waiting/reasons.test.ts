// Why something waits, in words: what is searched, who searches it as far as that can be known, what would help, and what would not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNIT } from '../../../../../node/protocol/rules.ts'
import { EXAMPLES } from '../../../../../node/rpc/examples.ts'
import { describeLook } from '../../../../../scripts/cli/waiting/looks.ts'
import { type Reasons, reasonRows } from '../../../../../scripts/cli/waiting/reasons.ts'
import { exampleReport } from '../../../../support/miner/example-report.ts'

const NOW = 1_800_000_000
const infohash = 'c12fe1c06b'.repeat(4)
const waiting = { requests: 1, fee: UNIT / 2n, entries: 0, payments: 2 }
const next = { ...EXAMPLES.bridge_next.result, height: 20n, hashes: 220_000_000n, easesAt: NOW + 600, waiting }
const miner = exampleReport({ pid: 4_711, hashesPerSecond: 940_000, expectedSeconds: 234 })
const request: Reasons = { next, miner: undefined, isDevnet: false, kind: 'request', infohash }

const rowsOf = (reasons: Partial<Reasons>) => Object.fromEntries(reasonRows({ ...request, ...reasons }, NOW))

test('a request is told what the search takes, that time makes it easier, and that force would not', () => {
  assert.deepEqual(rowsOf({ cost: '0.0005' }), {
    'next block': '20: 220 MH expected, 3 min at 1 MH/s',
    'called for':
      'by 1 request, with fees of 0.5 TTX; a block costs its miner 0.0005 ETH of gas and more, so that some wait for more fees',
    miner: 'none of this data folder says what it does, and nobody can know whether others search',
    'would help': 'time: from 2027-01-15 08:10:00 UTC (in 10 min) on the search gets twice as easy with each 15 min',
    'would not': '"ttx force": it makes miners take what their blocks leave out, and finds no block',
  })
  assert.match(rowsOf({ isDevnet: true })['would help'] ?? '', /\("ttx devnet skip 2h" lets that pass at once\)/)
})

test('a miner of this machine is quoted: what it searches and how fast, or why it rests', () => {
  assert.equal(
    rowsOf({ miner })['miner'],
    'process 4711 on this machine searches block 20 and makes 940 kH/s, needs 3 min on average, from any moment on',
  )
  const resting = exampleReport({ pid: 4_711, state: 'resting', because: 'fees do not exceed the gas' })
  assert.equal(
    rowsOf({ miner: resting })['miner'],
    'process 4711 on this machine is resting: fees do not exceed the gas',
  )
})

test('payments alone are told that nothing calls for a block, and what would', () => {
  const idle = { ...next, waiting: { ...waiting, requests: 0, fee: 0n } }
  const rows = rowsOf({ next: idle, kind: 'payment' })
  assert.deepEqual(Object.keys(rows), ['next block', 'miner', 'would help', 'would not'])
  assert.match(rows['would help'] ?? '', new RegExp(`"ttx force ${infohash}", or a miner with --payments-wait`))
  const busy = rowsOf({ kind: 'payment' })
  assert.match(busy['would not'] ?? '', /"ttx force"/)
})

test('one line has what is waited for, the times as spans of a clock that goes on, and the miner', () => {
  const ordered = { status: 'ordered', waitingFor: 'its block', earliest: NOW + 7_200, latest: NOW + 9_000 } as const
  assert.equal(
    describeLook({ ...ordered, ethereumTime: NOW }, undefined, 3_600, NOW + 3_600),
    'ordered: waits for its block, at the earliest in 1 h (2027-01-15 10:00:00 UTC), at the latest in 1 h 30 min (2027-01-15 10:30:00 UTC)',
  )
  assert.equal(
    describeLook({ ...ordered, latest: NOW + 7_200, ethereumTime: NOW }, undefined, 0, NOW - 86_400),
    "ordered: waits for its block, at the earliest in 2 h (2027-01-15 10:00:00 UTC on Ethereum's clock)",
    'a devnet whose time was skipped',
  )
  assert.equal(
    describeLook({ status: 'accepted', waitingFor: 'a miner to find block 20', next, ethereumTime: NOW }, miner),
    'accepted: waits for a miner to find block 20, 220 MH expected, 3 min at 1 MH/s, the miner here makes 940 kH/s, needs 3 min on average, from any moment on',
  )
  assert.equal(
    describeLook({ status: 'accepted', waitingFor: 'a miner to find block 20', relayBits: 12 }, undefined),
    'accepted: waits for a miner to find block 20, and other nodes may refuse it ("ttx status" says why), so that it may not get to a miner',
  )
  assert.match(describeLook({ ...ordered, away: 'no node answers' }, miner), /^the node is away: no node answers$/)
})
