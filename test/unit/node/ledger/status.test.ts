// Each way from one status to another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { SUPPLY } from '../../../../node/protocol/rules.ts'
import { encodeTransaction } from '../../../../node/protocol/transaction.ts'
import {
  block,
  depositOf,
  GENESIS,
  GENESIS_BLOCK,
  GENESIS_INFOHASH,
  OWNER,
  openLedger,
  pay,
  person,
  request,
  settled,
} from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')
const toAlice = pay({ from: OWNER, to: ALICE, tokens: 1_000n, prev: [GENESIS_INFOHASH] })
const toBob = pay({ from: OWNER, to: BOB, tokens: 1_000n, prev: [GENESIS_INFOHASH] })
const aliceToBob = pay({ from: ALICE, to: BOB, tokens: 400n, prev: [toAlice.infohash] })

test('a valid payment of a known output is accepted and kept', async () => {
  await using world = await openLedger()
  assert.deepEqual(await world.ledger.submit(toAlice.file, 'peer'), {
    infohash: toAlice.infohash,
    status: 'accepted',
    isNew: true,
    missing: [],
    rivals: [],
  })
  assert.equal((await world.ledger.submit(toAlice.file, 'peer')).isNew, false)
  const ledger = await world.reopen()
  assert.equal(ledger.status(toAlice.infohash), 'accepted')
  assert.deepEqual(ledger.file(toAlice.infohash), toAlice.file)
  assert.deepEqual(ledger.balance(ALICE.address), {
    accepted: 1_000n,
    ordered: 0n,
    final: 0n,
    pendingOut: 0n,
    outputs: 1,
  })
  assert.deepEqual(ledger.balance(OWNER.address), {
    accepted: SUPPLY - 1_000n,
    ordered: 0n,
    final: 0n,
    pendingOut: SUPPLY,
    outputs: 1,
  })
  assert.equal(ledger.summary().count, 2)
})

test('genesis is final, and submitting it changes nothing', async () => {
  await using world = await openLedger()
  const submission = await world.ledger.submit(encodeTransaction(GENESIS), 'peer')
  assert.equal(submission.status, 'final')
  assert.equal(submission.isNew, false)
})

test('a transaction without its parent waits, names it, survives a restart and is accepted when the parent comes', async () => {
  await using world = await openLedger()
  const waiting = await world.ledger.submit(aliceToBob.file, 'peer')
  assert.equal(waiting.status, 'waiting')
  assert.deepEqual(waiting.missing, [toAlice.infohash])
  const ledger = await world.reopen()
  assert.equal(ledger.status(aliceToBob.infohash), 'waiting')
  assert.deepEqual(ledger.wanted(), [toAlice.infohash])
  assert.deepEqual(ledger.record(aliceToBob.infohash).missing, [toAlice.infohash])
  await ledger.submit(toAlice.file, 'peer')
  await settled(ledger, () => ledger.status(aliceToBob.infohash) === 'accepted')
  assert.equal(ledger.summary().waiting, 0)
})

test('the second spender of an output conflicts and names its rival, and so does its child', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.submit(toAlice.file, 'peer')
  const second = await ledger.submit(toBob.file, 'peer')
  assert.equal(second.status, 'conflicting')
  assert.deepEqual(second.rivals, [toAlice.infohash])
  const child = pay({ from: BOB, to: ALICE, tokens: 5n, prev: [toBob.infohash] })
  const third = await ledger.submit(child.file, 'peer')
  assert.equal(third.status, 'conflicting')
  assert.deepEqual(third.rivals, [toAlice.infohash])
  assert.deepEqual(ledger.record(toAlice.infohash).rivals, [toBob.infohash])
  assert.deepEqual(
    (await ledger.conflicts()).map((record) => record.infohash),
    [toBob.infohash, child.infohash],
  )
  assert.equal(ledger.balance(BOB.address).accepted, 0n)
  assert.equal(ledger.isShared(toBob.infohash), true, 'the first rival is evidence')
  assert.equal(ledger.isShared(child.infohash), false)
})

test('an overspend, a stranger`s output and what descends from an invalid transaction are invalid', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.submit(toAlice.file, 'peer')
  const overspend = pay({ from: ALICE, to: BOB, tokens: 1_001n, prev: [toAlice.infohash] })
  const stranger = pay({ from: BOB, to: BOB, tokens: 1n, prev: [toAlice.infohash] })
  const child = pay({ from: BOB, to: ALICE, tokens: 1n, prev: [overspend.infohash] })
  assert.equal((await ledger.submit(child.file, 'peer')).status, 'waiting')
  for (const [bad, reason] of [
    [overspend, 'Overspend'],
    [stranger, 'MissingInput'],
  ] as const) {
    for (let again = 0; again < 2; again++) {
      await assert.rejects(ledger.submit(bad.file, 'peer'), (error) => {
        assert(error instanceof RuleError)
        assert.equal(error.code, 'invalid-transaction')
        assert.equal(error.facts['reason'], reason)
        return true
      })
    }
    assert.equal(ledger.status(bad.infohash), 'invalid')
    assert.equal(ledger.has(bad.infohash), true)
    assert.equal(ledger.file(bad.infohash), undefined)
  }
  await settled(ledger, () => ledger.status(child.infohash) === 'invalid')
  assert.equal(ledger.summary().waiting, 0)
  const reopened = await world.reopen()
  assert.equal(reopened.status(overspend.infohash), 'unknown')
})

test('what is no transaction is refused by its form', async () => {
  await using world = await openLedger()
  const { ledger } = world
  for (const file of [new Uint8Array(20_000), new TextEncoder().encode('{}'), new Uint8Array()]) {
    await assert.rejects(ledger.submit(file, 'peer'), { name: 'RuleError', code: 'bad-transaction-file' })
  }
  const forged = toBob.file.slice()
  const at = new TextDecoder().decode(forged).indexOf('"tokens":"1000"') + 10
  forged[at] = 0x32
  await assert.rejects(ledger.submit(forged, 'peer'), { name: 'RuleError', code: 'invalid-transaction' })
})

test('ordered beats first-seen, final buries the rival, and a dying block gives back what was first', async () => {
  await using world = await openLedger()
  let { ledger } = world
  await ledger.submit(toAlice.file, 'peer')
  await ledger.submit(aliceToBob.file, 'peer')
  const before = ledger.summary()
  const rival = block('a', 1n, [toBob])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [rival] })
  assert.equal(ledger.status(toBob.infohash), 'ordered')
  assert.equal(ledger.status(toAlice.infohash), 'conflicting')
  assert.equal(ledger.status(aliceToBob.infohash), 'conflicting')
  assert.deepEqual(ledger.record(toBob.infohash).block, { id: rival.id, height: 1n, step: 0 })
  assert.deepEqual(ledger.balance(BOB.address), {
    accepted: 0n,
    ordered: 1_000n,
    final: 0n,
    pendingOut: 0n,
    outputs: 1,
  })
  assert.equal(ledger.balance(ALICE.address).accepted, 0n)

  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.equal(ledger.status(toBob.infohash), 'conflicting')
  assert.equal(ledger.status(toAlice.infohash), 'accepted')
  assert.equal(ledger.status(aliceToBob.infohash), 'accepted')
  assert.equal(ledger.summary().fingerprint, before.fingerprint)

  await ledger.setBranch({ final: rival.id, blocks: [rival] })
  ledger = await world.reopen()
  assert.equal(ledger.status(toBob.infohash), 'final')
  assert.equal(ledger.status(aliceToBob.infohash), 'conflicting')
  assert.equal(ledger.record(aliceToBob.infohash).isDead, true)
  assert.deepEqual(ledger.record(aliceToBob.infohash).rivals, [toBob.infohash])
  assert.deepEqual(await ledger.conflicts(), [])
  assert.equal(ledger.balance(BOB.address).final, 1_000n)
  assert.deepEqual(ledger.branch(), { final: { id: rival.id, height: 1n, publishedAt: rival.publishedAt }, blocks: [] })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] }) // the bridge is followed again: final stays final
  assert.equal(ledger.status(toBob.infohash), 'final')
  const other = { final: GENESIS_BLOCK, blocks: [block('b', 1n, [toAlice])] }
  await assert.rejects(ledger.setBranch(other), { code: 'bad-branch' })
  const late = pay({ from: OWNER, to: ALICE, tokens: 7n, prev: [GENESIS_INFOHASH] })
  const submission = await ledger.submit(late.file, 'peer')
  assert.equal(submission.status, 'conflicting')
  assert.deepEqual(submission.rivals, [toBob.infohash])
  assert.equal(ledger.file(late.infohash), undefined, 'what lost for good is not kept')
})

test('of deposits only those of the queue are kept, whoever hands in the file of another one', async () => {
  await using world = await openLedger()
  const entry = { kind: 'deposit', gross: 70_007n, to: BOB.address } as const
  const queued = depositOf(3n, entry)
  await world.ledger.depositEntry(3n, entry)
  const strangers = [
    depositOf(3n, { ...entry, gross: 70_008n }),
    depositOf(3n, { ...entry, to: ALICE.address }),
    depositOf(2n, entry),
    depositOf(4n, entry),
    depositOf(2n ** 64n - 1n, entry),
  ]
  for (const { file, infohash } of strangers) {
    const refused = { name: 'OperationError', code: 'deposit-not-queued', retry: true, facts: { infohash } }
    await assert.rejects(world.ledger.submit(file, 'rpc'), refused)
    await assert.rejects(world.ledger.submit(file, '10.0.0.1'), refused, 'the second time says the same')
  }
  assert.deepEqual(await world.ledger.submit(queued.file, 'rpc'), {
    ...{ infohash: queued.infohash, status: 'waiting', isNew: false, missing: [], rivals: [] },
  })
  assert.equal(world.ledger.summary().waiting, 0)
  const ledger = await world.reopen()
  for (const { infohash } of strangers) {
    assert.equal(ledger.status(infohash), 'unknown')
    assert.equal(ledger.file(infohash), undefined)
  }
  assert.deepEqual(ledger.file(queued.infohash), queued.file)
})

test('a deposit waits for a block; what spends it waits with it and goes back when the block dies', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const entry = { kind: 'deposit', gross: 2_000n, to: ALICE.address } as const
  const { infohash, file } = depositOf(0n, entry)
  const spend = pay({ from: ALICE, to: BOB, tokens: 500n, prev: [infohash] })
  assert.deepEqual((await ledger.submit(spend.file, 'peer')).missing, [infohash])
  await assert.rejects(ledger.submit(file, 'peer'), { code: 'deposit-not-queued' }, 'a file proves no deposit')
  assert.equal((await ledger.depositEntry(0n, entry)).isNew, true)
  assert.equal((await ledger.depositEntry(0n, entry)).isNew, false)
  await settled(ledger, () => ledger.summary().waiting === 0)
  assert.equal(ledger.status(infohash), 'waiting')
  assert.equal(ledger.status(spend.infohash), 'waiting')
  assert.deepEqual(ledger.record(spend.infohash).missing, [])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('d', 1n, [{ index: 0n, entry }])] })
  assert.equal(ledger.status(infohash), 'ordered')
  assert.equal(ledger.status(spend.infohash), 'accepted')
  assert.deepEqual(ledger.balance(ALICE.address), {
    accepted: 1_480n,
    ordered: 0n,
    final: 0n,
    pendingOut: 1_980n,
    outputs: 1,
  })
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.equal(ledger.status(infohash), 'waiting')
  assert.equal(ledger.status(spend.infohash), 'waiting')
  assert.equal(ledger.balance(ALICE.address).outputs, 0)
  const foreign = new TextEncoder().encode(new TextDecoder().decode(file).replace('"31337"', '"1"'))
  await assert.rejects(ledger.submit(foreign, 'peer'), { code: 'not-signed' })
})

test('a branch that does not apply changes nothing', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.submit(toAlice.file, 'peer')
  const unknownInput = pay({ from: BOB, to: ALICE, tokens: 1n, prev: [toBob.infohash] })
  const overspend = pay({ from: OWNER, to: BOB, tokens: SUPPLY + 1n, prev: [GENESIS_INFOHASH] })
  const cases = [
    [block('x', 1n, [toBob, toAlice])],
    [block('x', 1n, [unknownInput])],
    [block('x', 1n, [overspend])],
    [block('x', 2n, [toBob])],
    [block('x', 1n, [toBob]), block('y', 3n, [])],
  ]
  const before = ledger.summary()
  for (const blocks of cases) {
    await assert.rejects(ledger.setBranch({ final: GENESIS_BLOCK, blocks }), (error) => {
      assert(error instanceof OperationError)
      assert.equal(error.code, 'bad-branch')
      return true
    })
    assert.deepEqual(ledger.summary(), before)
    assert.equal(ledger.status(toAlice.infohash), 'accepted')
    assert.deepEqual(ledger.branch().blocks, [])
  }
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  await assert.rejects(ledger.setBranch({ final: block('z', 1n, []).id, blocks: [] }), { code: 'bad-branch' })
})

test('a request pays nobody here and is pending until a block orders it', async () => {
  await using world = await openLedger()
  const { ledger } = world
  await ledger.submit(toAlice.file, 'peer')
  const leave = request(ALICE, [toAlice.infohash], 300n)
  await ledger.submit(leave.file, 'peer')
  const [pending] = await ledger.pendingRequests()
  assert.deepEqual(
    { infohash: pending?.infohash, from: pending?.from, tokens: pending?.tokens },
    { infohash: leave.infohash, from: ALICE.address, tokens: 300n },
  )
  assert.equal(ledger.balance(ALICE.address).accepted, 700n)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('r', 1n, [toAlice, leave])] })
  assert.deepEqual(await ledger.pendingRequests(), [])
  assert.deepEqual(await ledger.candidates(), [])
})
