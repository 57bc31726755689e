// A ledger that begins at a final block: what the snapshot holds can be spent, what is older is welcome and never needed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { LedgerBlock } from '../../../../node/ledger/types.ts'
import type { Output } from '../../../../node/protocol/state.ts'
import {
  block,
  depositOf,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  hashOf,
  OWNER,
  openLedger,
  pay,
  person,
  request,
} from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const toAlice = pay({ from: OWNER, to: ALICE, tokens: 1_000n, prev: [GENESIS_INFOHASH] })
const aliceToBob = pay({ from: ALICE, to: BOB, tokens: 400n, prev: [toAlice.infohash] })
const leave = request(ALICE, [aliceToBob.infohash], 600n)
const deposit = { kind: 'deposit', gross: 2_000n, to: BOB.address } as const
const deposited = depositOf(0n, deposit)
const one = block('one', 1n, [{ index: 0n, entry: deposit }, toAlice, aliceToBob, leave])
const bobToAlice = pay({ from: BOB, to: ALICE, tokens: 150n, prev: [aliceToBob.infohash] })
const bobAgain = pay({ from: BOB, to: OWNER, tokens: 160n, prev: [aliceToBob.infohash] })
const depositToAlice = pay({ from: BOB, to: ALICE, tokens: 1_980n, prev: [deposited.infohash] })
const old = [toAlice, aliceToBob, leave]

/** What a node that replayed everything holds after block one. */
async function snapshotOf(): Promise<{ at: LedgerBlock; outputs: Output[] }> {
  await using full = await openLedger()
  await full.ledger.setBranch({ final: one.id, blocks: [one] })
  const outputs = (await Promise.all([OWNER, ALICE, BOB].map(({ address }) => full.ledger.outputs(address)))).flat()
  const { final: at } = full.ledger.branch()
  return { at, outputs: outputs.map(({ infohash, owner, value }) => ({ infohash, owner, value })) }
}

function money(ledger: Ledger) {
  return [OWNER, ALICE, BOB].map(({ address }) => ledger.balance(address))
}

test('a ledger that waits for its snapshot takes nothing, and everything afterwards', async () => {
  const { at, outputs } = await snapshotOf()
  await using world = await openLedger()
  const { ledger } = world
  ledger.hold()
  await assert.rejects(ledger.submit(bobToAlice.file, 'rpc'), { code: 'ledger-beginning', retry: true })
  assert.equal(ledger.has(bobToAlice.infohash), false)
  await ledger.loadSnapshot(at, outputs)
  ledger.release()
  assert.equal((await ledger.submit(bobToAlice.file, 'rpc')).status, 'accepted')
})

test('a snapshot`s outputs can be spent and ordered without their transactions', async () => {
  const { at, outputs } = await snapshotOf()
  await using full = await openLedger()
  await full.ledger.setBranch({ final: one.id, blocks: [one] })
  await using world = await openLedger({ limits: { batchRows: 3 } })
  assert.equal((await world.ledger.submit(bobToAlice.file, 'peer')).status, 'waiting')
  await world.ledger.loadSnapshot(at, outputs)
  await world.ledger.idle()
  const ledger = await world.reopen()
  assert.equal(ledger.status(bobToAlice.infohash), 'accepted')
  await full.ledger.submit(bobToAlice.file, 'peer')
  assert.deepEqual(money(ledger), money(full.ledger))
  assert.deepEqual(ledger.summary().unordered, full.ledger.summary().unordered)
  assert.deepEqual(ledger.branch(), full.ledger.branch())
  assert.equal((await ledger.submit(bobAgain.file, 'peer')).status, 'conflicting')
  for (const one of [ledger, full.ledger]) {
    await one.submit(bobAgain.file, 'peer')
    await one.submit(depositToAlice.file, 'peer')
    const [candidate] = await one.candidates()
    assert.equal(candidate?.infohash, bobToAlice.infohash)
    assert(candidate.coinAge > 0n, 'the age of a snapshot`s output counts from its block')
    const two = block('two', 2n, [bobAgain])
    await one.setBranch({ final: GENESIS_BLOCK === at.id ? at.id : one.branch().final.id, blocks: [two] })
    assert.equal(one.status(bobToAlice.infohash), 'conflicting')
    await one.setBranch({ final: at.id, blocks: [] })
    assert.equal(one.status(bobToAlice.infohash), 'accepted')
    await one.setBranch({ final: two.id, blocks: [two] })
  }
  assert.deepEqual(money(ledger), money(full.ledger))
})

test('files of before the snapshot are taken as final where the snapshot or a descendant proves it, in any order', async () => {
  const { at, outputs } = await snapshotOf()
  for (const order of [old, old.toReversed(), [aliceToBob, toAlice, leave]]) {
    await using world = await openLedger()
    const { ledger } = world
    await ledger.loadSnapshot(at, outputs)
    const before = money(ledger)
    for (const { file } of order) await ledger.submit(file, 'peer')
    await ledger.idle()
    await ledger.depositEntry(0n, deposit)
    assert.deepEqual(money(ledger), before, 'nothing is counted twice')
    assert.equal(ledger.status(toAlice.infohash), 'final')
    assert.equal(ledger.status(aliceToBob.infohash), 'final')
    assert.equal(ledger.status(deposited.infohash), 'final')
    // A request of everything leaves nothing that proves it.
    assert.equal(ledger.status(leave.infohash), 'conflicting')
    assert.equal(ledger.summary().count, 4)
    assert.equal(ledger.summary().waiting, 0)
    await ledger.submit(bobToAlice.file, 'peer')
    assert.equal(ledger.status(bobToAlice.infohash), 'accepted')
    assert.deepEqual(ledger.pathToFinal(bobToAlice.infohash), { missing: [], unordered: [], complete: true })
  }
})

test('a double spend of what was spent before the snapshot never stands', async () => {
  const { at, outputs } = await snapshotOf()
  await using world = await openLedger()
  const { ledger } = world
  await ledger.loadSnapshot(at, outputs)
  const late = pay({ from: OWNER, to: BOB, tokens: 3n, prev: [GENESIS_INFOHASH] })
  const submission = await ledger.submit(late.file, 'peer')
  assert.equal(submission.status, 'conflicting')
  assert.equal(ledger.record(late.infohash).isDead, true)
  const child = pay({ from: BOB, to: ALICE, tokens: 1n, prev: [late.infohash] })
  assert.equal((await ledger.submit(child.file, 'peer')).status, 'conflicting')
})

test('a snapshot with genesis` own output keeps it', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const at = { id: hashOf('empty'), height: 3n, publishedAt: 1_767_240_000 }
  await ledger.loadSnapshot(at, await ledger.outputs(OWNER.address))
  assert.equal((await ledger.submit(toAlice.file, 'peer')).status, 'accepted')
  assert.equal(ledger.branch().final.height, 3n)
})

test('a snapshot is for an empty ledger', async () => {
  const { at, outputs } = await snapshotOf()
  await using world = await openLedger()
  await world.ledger.submit(toAlice.file, 'peer')
  await assert.rejects(world.ledger.loadSnapshot(at, outputs), { code: 'ledger-not-empty' })
  assert.equal(world.ledger.status(toAlice.infohash), 'accepted')
})

test('a crash while a snapshot is loaded leaves an empty ledger or a loaded one', async () => {
  const { at, outputs } = await snapshotOf()
  let sawEmpty = 0
  for (let batches = 0, isDone = false; !isDone; batches++) {
    await using world = await openLedger({ limits: { batchRows: 1 } })
    await world.crash(batches, async (ledger) => {
      await ledger.loadSnapshot(at, outputs)
      isDone = true
    })
    if (world.ledger.branch().final.height === 0n) {
      sawEmpty++
      assert.equal(world.ledger.balance(BOB.address).final, 0n)
      await world.ledger.loadSnapshot(at, outputs)
    }
    assert.equal(world.ledger.balance(BOB.address).final, 2_380n)
    assert.equal(world.ledger.balance(OWNER.address).outputs, 1)
  }
  assert(sawEmpty > 2)
})

test('of an output of before the snapshot it is known whether it is there, and what spends it', async () => {
  const { at, outputs } = await snapshotOf()
  await using world = await openLedger()
  const { ledger } = world
  await ledger.loadSnapshot(at, outputs)
  const { infohash } = aliceToBob
  assert.deepEqual(ledger.output(BOB.address, infohash), { infohash, status: 'final', value: 400n })
  await ledger.submit(bobToAlice.file, 'peer')
  const spent = { infohash, status: 'final', value: 400n, spentBy: bobToAlice.infohash } as const
  assert.deepEqual(ledger.output(BOB.address, infohash), spent)
  for (const { file } of old.toReversed()) await ledger.submit(file, 'peer')
  await ledger.idle()
  assert.deepEqual(ledger.output(BOB.address, infohash), spent)
  // Alice's was spent before: by what nobody can show who does not know of the blocks before.
  assert.deepEqual(ledger.output(ALICE.address, infohash), { infohash, status: 'final' })
})
