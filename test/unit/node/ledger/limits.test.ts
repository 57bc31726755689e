// What strangers can fill is bounded: waiting files, conflicts, rivals of one output, the dead.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaitingPool } from '../../../../node/ledger/intake/waiting-pool.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')

function item(number: number, source: string, prev: readonly number[] = [], bytes = 100) {
  return { infohash: name(number), prev: prev.map(name), from: ALICE.address, source, bytes, order: number }
}

function name(number: number): Infohash {
  return number.toString(16).padStart(40, '0') as Infohash // 40 hex digits
}

test('a source that is above its share loses its own oldest', () => {
  const pool = new WaitingPool({ count: 8, bytes: 10_000, share: 0.25 })
  for (let i = 1; i <= 2; i++) assert.deepEqual(pool.add(item(i, 'greedy')), [])
  assert.deepEqual(pool.add(item(3, 'other')), [])
  assert.deepEqual(
    pool.add(item(4, 'greedy')).map(({ infohash }) => infohash),
    [name(1)],
  )
  assert.deepEqual(
    [...pool.values()].map(({ order }) => order),
    [2, 3, 4],
  )
})

test('a full pool drops the oldest of the source that fills most, by count or by bytes', () => {
  for (const limits of [
    { count: 4, bytes: 1_000_000, share: 1 },
    { count: 100, bytes: 4_000, share: 1 },
  ]) {
    const pool = new WaitingPool(limits)
    for (let i = 1; i <= 3; i++) pool.add(item(i, 'much', [], 1_000))
    pool.add(item(4, 'little', [], 1_000))
    assert.deepEqual(
      pool.add(item(5, 'third', [], 1_000)).map(({ infohash }) => infohash),
      [name(1)],
    )
    assert.equal(pool.size, 4)
  }
})

test('what is being completed stays, and what nothing is known of has to go', () => {
  const pool = new WaitingPool({ count: 100, bytes: 1_000_000, share: 0.04 })
  pool.add(item(1, 'a', [2]))
  pool.add(item(10, 'a', [90]))
  pool.add(item(2, 'a', [3]))
  pool.add(item(11, 'a', [91]))
  const gone = (added: ReturnType<typeof item>) => pool.add(added).map(({ infohash }) => infohash)
  assert.deepEqual(gone(item(3, 'a', [4])), [name(10)], 'a parent came: the oldest loose one goes')
  assert.deepEqual(gone(item(12, 'a', [92])), [name(11)])
  assert.deepEqual(gone(item(4, 'a', [5])), [name(12)])
  assert.deepEqual(gone(item(13, 'a', [93])), [name(13)], 'there is no room but for the chain')
  assert.equal(pool.room('a'), 0)
  assert.deepEqual(gone(item(5, 'a', [6])), [name(1)], 'a chain that is longer than the share loses its youngest end')
  pool.delete(name(4))
  assert.deepEqual(gone(item(14, 'a', [94])), [])
  assert.deepEqual(gone(item(15, 'a', [95])), [name(5)], 'what its chain has lost is loose again')
})

test('the pool knows who waits for whom until they go', () => {
  const pool = new WaitingPool({ count: 10, bytes: 10_000, share: 1 })
  pool.add(item(1, 'a', [7, 8]))
  pool.add(item(2, 'a', [7]))
  assert.deepEqual([...pool.dependents(name(7))], [name(1), name(2)])
  pool.delete(name(1))
  assert.equal(pool.delete(name(1)), undefined)
  assert.deepEqual([...pool.dependents(name(7))], [name(2)])
  assert.deepEqual([...pool.dependents(name(8))], [])
  assert.equal(pool.nextOrder, 3)
})

test('what is dropped from the pool is dropped from the disk, and a smaller limit at the next start drops more', async () => {
  await using world = await openLedger({ limits: { waitingCount: 4, waitingShare: 1 } })
  const waiting = Array.from({ length: 6 }, (_, i) =>
    pay({ from: ALICE, to: BOB, tokens: 1n, prev: [name(i + 1)], time: i }),
  )
  for (const { file } of waiting) await world.ledger.submit(file, 'peer')
  const ledger = await world.reopen()
  const statuses = waiting.map(({ infohash }) => ledger.status(infohash))
  assert.deepEqual(statuses, ['unknown', 'unknown', 'waiting', 'waiting', 'waiting', 'waiting'])
  assert.equal(ledger.file(waiting[0]?.infohash ?? name(0)), undefined)
  assert.equal(ledger.wanted().length, 4)
})

test('a chain that arrives backwards is accepted as soon as its first link comes, however long it is', async () => {
  await using world = await openLedger({ limits: { waitingShare: 1 } })
  const { ledger } = world
  const line = [pay({ from: OWNER, to: ALICE, tokens: 1n, prev: [GENESIS_INFOHASH] })]
  for (let i = 1; i < 3_000; i++) {
    line.push(pay({ from: OWNER, to: ALICE, tokens: 1n, prev: [line[i - 1]?.infohash ?? GENESIS_INFOHASH] }))
  }
  await Promise.all(line.toReversed().map(({ file }) => ledger.submit(file, 'peer')))
  await ledger.idle()
  assert.equal(ledger.summary().count, 3_001)
  assert.equal(ledger.summary().waiting, 0)
  assert.equal(ledger.balance(ALICE.address).outputs, 3_000)
  assert.equal(ledger.record(line.at(-1)?.infohash ?? GENESIS_INFOHASH).unorderedAncestors, 999, 'counting stops')
})

test('of one output only so many rivals are kept; the others are refused until a block dies', async () => {
  await using world = await openLedger({ limits: { rivals: 3 } })
  const { ledger } = world
  const rivals = Array.from({ length: 5 }, (_, i) =>
    pay({ from: OWNER, to: ALICE, tokens: 1n, prev: [GENESIS_INFOHASH], time: i }),
  )
  const results = []
  for (const { file } of rivals) results.push(await ledger.submit(file, 'peer'))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['accepted', 'conflicting', 'conflicting', 'conflicting', 'conflicting'],
  )
  assert.deepEqual(
    results.map(({ isNew }) => isNew),
    [true, true, true, false, false],
  )
  assert.deepEqual(
    rivals.map(({ infohash }) => ledger.isShared(infohash)),
    [true, true, false, false, false],
  )
  const last = rivals.at(-1)
  assert(last)
  assert.equal(ledger.has(last.infohash), true)
  assert.equal(ledger.file(last.infohash), undefined)
  const child = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [last.infohash] })
  assert.equal((await ledger.submit(child.file, 'peer')).status, 'conflicting')
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, [last])] })
  assert.equal(ledger.status(last.infohash), 'ordered', 'a block is not bound by the limit')
  assert.equal((await ledger.submit(child.file, 'peer')).status, 'accepted')
})

test('so many conflicting newcomers are kept, and displaced ones beyond that', async () => {
  await using world = await openLedger({ limits: { conflicting: 2 } })
  const { ledger } = world
  const first = pay({ from: OWNER, to: ALICE, tokens: 9n, prev: [GENESIS_INFOHASH] })
  const rival = pay({ from: OWNER, to: BOB, tokens: 9n, prev: [GENESIS_INFOHASH] })
  const line = [pay({ from: BOB, to: BOB, tokens: 1n, prev: [rival.infohash] })]
  for (let i = 0; i < 3; i++) line.push(pay({ from: BOB, to: BOB, tokens: 1n, prev: [line[i]?.infohash ?? name(0)] }))
  for (const { file } of [first, rival, ...line]) await ledger.submit(file, 'peer')
  assert.equal(ledger.summary().conflicting, 2)
  const own = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [first.infohash] })
  await ledger.submit(own.file, 'peer')
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, [rival])] })
  assert.equal(ledger.status(own.infohash), 'conflicting')
  assert.notEqual(ledger.file(own.infohash), undefined)
})

test('the dead are kept on record in a ring', async () => {
  await using world = await openLedger({ limits: { dead: 3 } })
  const { ledger } = world
  const line = [pay({ from: OWNER, to: ALICE, tokens: 1n, prev: [GENESIS_INFOHASH] })]
  for (let i = 0; i < 5; i++)
    line.push(pay({ from: OWNER, to: ALICE, tokens: 1n, prev: [line[i]?.infohash ?? name(0)] }))
  for (const { file } of line) await ledger.submit(file, 'peer')
  const winner = block('a', 1n, [pay({ from: OWNER, to: BOB, tokens: 1n, prev: [GENESIS_INFOHASH] })])
  await ledger.setBranch({ final: winner.id, blocks: [winner] })
  const kept = line.filter(({ infohash }) => ledger.record(infohash).isDead)
  assert.equal(kept.length, 3)
  for (const { infohash } of line) {
    const isKept = kept.some((one) => one.infohash === infohash)
    assert.equal(ledger.file(infohash) !== undefined, isKept)
    assert.equal(ledger.isShared(infohash), false)
  }
  const { items } = await ledger.history(ALICE.address)
  assert.equal(items.length, 3)
  assert.equal((await ledger.arrivals()).items.length, 1 + 3 + 1)
})
