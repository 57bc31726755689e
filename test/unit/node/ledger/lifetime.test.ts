// Starting, stopping, listening, and what happens to work that is under way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Level } from 'level'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import {
  block,
  GENESIS,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  OWNER,
  openLedger,
  pay,
  person,
  RULES,
  SILENT,
  settled,
} from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const toAlice = pay({ from: OWNER, to: ALICE, tokens: 1_000n, prev: [GENESIS_INFOHASH] })
const toBob = pay({ from: OWNER, to: BOB, tokens: 1_000n, prev: [GENESIS_INFOHASH] })
const aliceToBob = pay({ from: ALICE, to: BOB, tokens: 400n, prev: [toAlice.infohash] })

test('listeners hear net changes after they are on disk', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const heard: string[] = []
  const name = new Map([
    [toAlice.infohash, 'toAlice'],
    [toBob.infohash, 'toBob'],
    [aliceToBob.infohash, 'aliceToBob'],
  ])
  const end = ledger.subscribe(({ transactions, shared, tip }) => {
    for (const { infohash, before, after } of transactions) heard.push(`${name.get(infohash)}: ${before} > ${after}`)
    for (const infohash of shared) heard.push(`shared ${name.get(infohash)}`)
    if (tip !== undefined) heard.push(`tip ${tip.height}`)
  })
  await ledger.submit(aliceToBob.file, 'peer')
  await ledger.submit(toAlice.file, 'peer')
  await settled(ledger, () => ledger.status(aliceToBob.infohash) === 'accepted')
  await ledger.submit(toBob.file, 'peer')
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, [toBob])] })
  end()
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.deepEqual(heard, [
    'aliceToBob: unknown > waiting',
    'toAlice: unknown > accepted',
    'aliceToBob: waiting > accepted',
    'shared toAlice',
    'shared aliceToBob',
    'toBob: unknown > conflicting',
    'shared toBob',
    'toBob: conflicting > ordered',
    'toAlice: accepted > conflicting',
    'aliceToBob: accepted > conflicting',
    'tip 1',
  ])
})

test('a ledger refuses another network`s database, a second opening, and work when it is closed', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const other = {
    database: world.folder,
    rules: { ...RULES, chain: 1n },
    genesis: GENESIS,
    log: SILENT,
    clock: () => 0,
  }
  await assert.rejects(new Ledger(other).start(), { code: 'database-in-use' })
  await ledger.stop()
  await ledger.stop()
  await assert.rejects(new Ledger(other).start(), { code: 'other-network' })
  await assert.rejects(ledger.submit(toAlice.file, 'peer'), { code: 'ledger-closed' })
  await assert.rejects(ledger.start(), { code: 'ledger-closed' })
  assert.throws(() => ledger.status(toAlice.infohash), { code: 'ledger-closed' })
})

test('a listener that throws harms nobody', async () => {
  await using world = await openLedger()
  const heard: number[] = []
  world.ledger.subscribe(() => {
    throw new Error('a careless listener')
  })
  world.ledger.subscribe(({ transactions }) => heard.push(transactions.length))
  assert.equal((await world.ledger.submit(toAlice.file, 'peer')).status, 'accepted')
  assert.deepEqual(heard, [1])
})

test('of the same file and of two rivals submitted at once exactly one is new and accepted', async () => {
  await using world = await openLedger()
  const files = [toAlice, toAlice, toBob, toAlice, toBob].map(({ file }) => file)
  const results = await Promise.all(files.map((file) => world.ledger.submit(file, 'peer')))
  assert.deepEqual(
    results.map(({ status, isNew }) => `${status} ${isNew}`),
    ['accepted true', 'accepted false', 'conflicting true', 'accepted false', 'conflicting false'],
  )
})

test('stopping finishes what was submitted; what it leaves waiting is judged after the next start', async () => {
  await using world = await openLedger()
  const line = [toAlice]
  for (let i = 0; i < 300; i++) {
    line.push(pay({ from: OWNER, to: BOB, tokens: 1n, prev: [line.at(-1)?.infohash ?? GENESIS_INFOHASH] }))
  }
  await Promise.all(line.slice(1).map(({ file }) => world.ledger.submit(file, 'peer')))
  const first = world.ledger.submit(toAlice.file, 'peer')
  const ledger = await world.reopen()
  assert.equal((await first).status, 'accepted')
  await ledger.idle()
  assert.equal(ledger.summary().count, 302)
  assert.equal(ledger.summary().waiting, 0)
})

test('a disk that refuses a write ends the ledger, and a restart goes on from what was written', async () => {
  await using world = await openLedger()
  await world.ledger.submit(toAlice.file, 'peer')
  await world.ledger.stop()
  const level = new Level(world.folder)
  const full = new Error('no space is left')
  const ledger = new Ledger({ database: level, rules: RULES, genesis: GENESIS, log: SILENT, clock: () => 0 })
  await ledger.start()
  await ledger.idle()
  const batch = level.batch
  Object.assign(level, { batch: () => Promise.reject(full) })
  await assert.rejects(ledger.submit(aliceToBob.file, 'peer'), { code: 'ledger-failed', cause: full })
  // Also once there is space again: what is in memory is not what is on disk.
  Object.assign(level, { batch })
  await assert.rejects(ledger.submit(toBob.file, 'peer'), { code: 'ledger-failed' })
  await ledger.stop()
  await level.close()
  const again = await world.reopen()
  assert.equal(again.status(toAlice.infohash), 'accepted')
  assert.equal((await again.submit(aliceToBob.file, 'peer')).status, 'accepted')
})

test('a lost row is called damage, not guessed around', async () => {
  await using world = await openLedger()
  await world.ledger.submit(toAlice.file, 'peer')
  await world.ledger.stop()
  const level = new Level(world.folder)
  await level.del(`t${toAlice.infohash}`)
  const common = { rules: RULES, genesis: GENESIS, log: SILENT, clock: () => 0 }
  const ledger = new Ledger({ database: level, ...common })
  await ledger.start()
  await assert.rejects(ledger.submit(toBob.file, 'peer'), { code: 'ledger-damaged' })
  await ledger.stop()
  await level.del('b000000000000')
  await assert.rejects(new Ledger({ database: level, ...common }).start(), { code: 'ledger-damaged' })
  await level.close()
})
