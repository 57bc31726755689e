// The line a minute of a node: what it says, and that it never is in the way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, type LogLevel } from '../../../node/log.ts'
import { parseHash } from '../../../node/protocol/ids.ts'
import { describePulse, Pulse } from '../../../node/pulse.ts'

const id = parseHash(`0x${'ab'.repeat(32)}`)
const status = {
  at: 1_800_000_000_000,
  startedAt: 1_799_999_000_000,
  bridge: {
    state: 'live' as const,
    ethereumBlock: 123n,
    ethereumTime: 1_799_999_990,
    tip: { id, height: 7n },
    final: { id, height: 5n },
  },
  endpoints: [],
  behind: { blocks: 0n, seconds: 10 },
  peers: { outgoing: 1, incoming: 1, agreeing: 2, inStep: 2, otherBranch: 0 },
  confirmation: { count: 9, weight: 3_000n, fingerprint: id, block: id, state: id },
  transactions: { held: 9, unordered: 3, waiting: 0, wanted: 0 },
  memoryBytes: 1,
}

function logOf(level: LogLevel) {
  const lines: string[] = []
  const log = createLogger({ level, json: false, colors: false }, { write: (line) => void lines.push(line) })
  return { log, lines }
}

test('a node says once a minute in one line how it does', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = logOf('info')
  {
    using _pulse = new Pulse(log, () => status)
    t.mock.timers.tick(59_999)
    assert.deepEqual(lines, [])
    t.mock.timers.tick(60_001)
  }
  t.mock.timers.tick(600_000)
  assert.equal(lines.length, 2)
  assert.match(
    lines[0] ?? '',
    /INFO: in step with 2 of 2 peers, Ethereum block 123, height 7, final 5, 3 in no block\n$/,
  )
})

test('it is quiet at the level of warnings, and asks nobody then', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = logOf('warn')
  let asked = 0
  using _pulse = new Pulse(log, () => {
    asked++
    return status
  })
  t.mock.timers.tick(300_000)
  assert.deepEqual([lines, asked], [[], 0])
})

test('a look that fails is a minute without a line', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = logOf('info')
  let asked = 0
  using _pulse = new Pulse(log, () => {
    asked++
    if (asked === 1) throw new Error('the network does not run')
    return status
  })
  t.mock.timers.tick(120_000)
  assert.equal(lines.length, 1)
})

test('it says what keeps the node from following Ethereum', () => {
  const bridge = (state: 'unknown' | 'syncing' | 'dead') => ({ ...status.bridge, state })
  const one = { ...status, peers: { outgoing: 1, incoming: 0, agreeing: 0, inStep: 0, otherBranch: 0 } }
  const late = { blocks: 12n, seconds: 150 }
  assert.equal(
    describePulse({
      ...one,
      bridge: bridge('unknown'),
      behind: late,
      transactions: { ...one.transactions, waiting: 2 },
    }),
    'in step with 0 of 1 peer, Ethereum block 123 (12 blocks, 150 s behind), cannot see Ethereum now, height 7, final 5, 3 in no block, 2 without ancestors',
  )
  assert.match(describePulse({ ...one, bridge: bridge('dead') }), /, the bridge is dead, /)
  assert.match(describePulse({ ...one, bridge: bridge('syncing') }), /, reading, /)
  assert.equal(
    describePulse({ ...one, bridge: { state: 'off' } }),
    'in step with 0 of 1 peer, no Ethereum, 3 in no block',
  )
  assert.equal(
    describePulse({ ...one, bridge: { state: 'syncing' } }),
    'in step with 0 of 1 peer, Ethereum not read yet, 3 in no block',
  )
})

test('it says how many peers are on another branch, and that there are none', () => {
  const peers = { outgoing: 3, incoming: 1, agreeing: 2, inStep: 2, otherBranch: 1 }
  assert.match(describePulse({ ...status, peers }), /^in step with 2 of 4 peers \(1 on another branch\), /)
  const nobody = { outgoing: 0, incoming: 0, agreeing: 0, inStep: 0, otherBranch: 0 }
  assert.match(describePulse({ ...status, peers: nobody }), /^no peers, /)
})

test('what else has changed is a line of its own', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = logOf('info')
  const changes = ['a peer is elsewhere', undefined]
  using _pulse = new Pulse(
    log,
    () => status,
    () => changes.shift(),
  )
  t.mock.timers.tick(120_000)
  assert.equal(lines.length, 3)
  assert.match(lines[1] ?? '', /INFO: a peer is elsewhere\n$/)
})
