// Reorganisations: partial rivals, long lines of descendants, many blocks at once, and crashes between any two batches.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ledger } from '../../../../node/ledger/ledger.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { block, GENESIS_BLOCK, GENESIS_INFOHASH, OWNER, openLedger, pay, person } from './world.ts'

const ALICE = person('alice')
const BOB = person('bob')

/** Each spends the change of the one before. */
function chain(first: Infohash, length: number, time = 0): VerifiedTransaction[] {
  const made: VerifiedTransaction[] = []
  for (let i = 0; i < length; i++) {
    const prev = [made.at(-1)?.infohash ?? first]
    made.push(pay({ from: OWNER, to: ALICE, tokens: 1n, prev, time: time + i }))
  }
  return made
}

async function submitAll(ledger: Ledger, transactions: readonly VerifiedTransaction[]): Promise<void> {
  await Promise.all(transactions.map(({ file }) => ledger.submit(file, 'peer')))
}

test('a rival of one input gives way to the junior rival of another input, and comes back', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const one = pay({ from: OWNER, to: ALICE, tokens: 100n, prev: [GENESIS_INFOHASH] })
  const two = pay({ from: OWNER, to: ALICE, tokens: 100n, prev: [one.infohash] })
  const both = pay({ from: ALICE, to: BOB, tokens: 200n, prev: [one.infohash, two.infohash] })
  const onlySecond = pay({ from: ALICE, to: BOB, tokens: 50n, prev: [two.infohash] })
  const onlyFirst = pay({ from: ALICE, to: BOB, tokens: 60n, prev: [one.infohash] })
  await submitAll(ledger, [one, two, both, onlySecond, onlyFirst])
  const statuses = () => [both, onlySecond, onlyFirst].map(({ infohash }) => ledger.status(infohash))
  assert.deepEqual(statuses(), ['accepted', 'conflicting', 'conflicting'])
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, [one, onlyFirst])] })
  assert.deepEqual(statuses(), ['conflicting', 'accepted', 'ordered'])
  assert.equal(ledger.balance(BOB.address).accepted, 50n)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.deepEqual(statuses(), ['accepted', 'conflicting', 'conflicting'])
  assert.equal(ledger.balance(BOB.address).accepted, 200n)
})

test('a line of descendants longer than a batch falls with its ancestor and rises with it', async () => {
  await using world = await openLedger({ limits: { batchRows: 200 } })
  const { ledger } = world
  const line = chain(GENESIS_INFOHASH, 600)
  const rival = pay({ from: OWNER, to: BOB, tokens: 5n, prev: [GENESIS_INFOHASH] })
  await submitAll(ledger, line)
  const before = ledger.summary()
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('a', 1n, [rival])] })
  assert.equal(ledger.summary().conflicting, 600)
  assert.equal(ledger.summary().count, 2)
  assert.equal(ledger.balance(ALICE.address).outputs, 0)
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.deepEqual({ ...ledger.summary(), conflicting: 0 }, { ...before, weight: ledger.summary().weight })
  const unshared: Infohash[] = []
  ledger.subscribe((change) => unshared.push(...change.unshared))
  await ledger.setBranch({ final: block('a', 1n, []).id, blocks: [block('a', 1n, [rival])] })
  assert.deepEqual(unshared.toSorted(), line.map(({ infohash }) => infohash).toSorted())
  assert.equal(ledger.summary().conflicting, 0)
  assert.equal(ledger.record(line.at(-1)?.infohash ?? GENESIS_INFOHASH).isDead, true)
})

test('a branch of many blocks is undone and replaced at any depth', async () => {
  await using world = await openLedger()
  const { ledger } = world
  const ours = chain(GENESIS_INFOHASH, 20)
  const theirs = chain(ours[9]?.infohash ?? GENESIS_INFOHASH, 20, 1_000)
  const blocksOf = (name: string, line: readonly VerifiedTransaction[]) =>
    line.map((transaction, i) => block(`${name}${i}`, BigInt(i + 1), [transaction]))
  const one = blocksOf('x', ours)
  const other = [...one.slice(0, 10), ...blocksOf('y', theirs).map((b) => ({ ...b, height: b.height + 10n }))]
  await submitAll(ledger, ours)
  for (const blocks of [one, other, one, [], other, other.slice(0, 5), one]) {
    await ledger.setBranch({ final: GENESIS_BLOCK, blocks })
    assert.deepEqual(
      ledger.branch().blocks.map(({ id }) => id),
      blocks.map(({ id }) => id),
    )
  }
  assert.equal(ledger.status(ours[19]?.infohash ?? GENESIS_INFOHASH), 'ordered')
  assert.equal(ledger.status(theirs[0]?.infohash ?? GENESIS_INFOHASH), 'conflicting')
  let reads = 0
  const lazy = one.map((b) => ({
    ...b,
    get steps() {
      reads++
      return b.steps
    },
  }))
  await ledger.setBranch({ final: one[4]?.id ?? GENESIS_BLOCK, blocks: lazy })
  assert.equal(reads, 0, 'steps of blocks that are there are not read')
  assert.equal(ledger.branch().final.height, 5n)
  await ledger.setBranch({ final: one[4]?.id ?? GENESIS_BLOCK, blocks: one.slice(5, 7) })
  assert.equal(ledger.branch().blocks.length, 2)
  // The bridge is followed again from its beginning: what is final here stays so.
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: one })
  await ledger.setBranch({ final: one[2]?.id ?? GENESIS_BLOCK, blocks: one })
  assert.deepEqual([ledger.branch().final.height, ledger.branch().blocks.length], [5n, 15])
  await assert.rejects(ledger.setBranch({ final: GENESIS_BLOCK, blocks: [block('z', 1n, [])] }), { code: 'bad-branch' })
})

test('a crash between any two batches of a long reorganisation leaves a ledger that agrees once it is led there again', async () => {
  const line = chain(GENESIS_INFOHASH, 12)
  const rival = pay({ from: OWNER, to: BOB, tokens: 5n, prev: [GENESIS_INFOHASH] })
  const late = pay({ from: BOB, to: ALICE, tokens: 2n, prev: [rival.infohash] })
  const old = block('old', 1n, line.slice(0, 4))
  const branch = { final: block('new', 1n, []).id, blocks: [block('new', 1n, [rival]), block('newer', 2n, [late])] }
  const lead = async (ledger: Ledger) => {
    await submitAll(ledger, line)
    await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [old] })
  }
  const facts = (ledger: Ledger) => ({
    summary: ledger.summary(),
    dead: line.map(({ infohash }) => ledger.record(infohash).isDead),
    money: [OWNER, ALICE, BOB].map(({ address }) => ledger.balance(address)),
    branch: ledger.branch(),
  })
  await using plain = await openLedger()
  await lead(plain.ledger)
  await plain.ledger.setBranch(branch)
  const expected = facts(plain.ledger)
  assert.deepEqual(
    expected.dead,
    line.map(() => true),
  )
  let batches = 0
  for (let isDone = false; !isDone; batches++) {
    await using world = await openLedger({ limits: { batchRows: 1 } })
    await lead(world.ledger)
    await world.crash(batches, async (ledger) => {
      await ledger.setBranch(branch)
      isDone = true
    })
    const left = world.ledger.branch()
    if (left.final.height === 1n) {
      await world.ledger.idle()
      assert.deepEqual(
        facts(world.ledger).dead,
        expected.dead,
        `after ${batches} batches: what is final buries its rivals`,
      )
    }
    await world.ledger.setBranch(branch)
    assert.deepEqual(facts(world.ledger), expected, `after ${batches} batches`)
  }
  assert(batches > 10, `a reorganisation of ${batches} batches proves little`)
})

test('a long branch that fails in the middle ends at the last block that applied', async () => {
  await using world = await openLedger({ limits: { batchRows: 1 } })
  const { ledger } = world
  const line = chain(GENESIS_INFOHASH, 3)
  await submitAll(ledger, line)
  const rival = pay({ from: OWNER, to: BOB, tokens: 5n, prev: [GENESIS_INFOHASH] })
  const impossible = pay({ from: ALICE, to: BOB, tokens: 1n, prev: [line[0]?.infohash ?? GENESIS_INFOHASH] })
  const blocks = [block('a', 1n, [rival]), block('b', 2n, [impossible])]
  await assert.rejects(ledger.setBranch({ final: GENESIS_BLOCK, blocks }), { code: 'bad-branch' })
  assert.deepEqual(
    ledger.branch().blocks.map(({ height }) => height),
    [1n],
  )
  assert.equal(ledger.status(rival.infohash), 'ordered')
  assert.deepEqual(
    line.map(({ infohash }) => ledger.status(infohash)),
    ['conflicting', 'conflicting', 'conflicting'],
  )
  await ledger.setBranch({ final: GENESIS_BLOCK, blocks: [] })
  assert.deepEqual(
    line.map(({ infohash }) => ledger.status(infohash)),
    ['accepted', 'accepted', 'accepted'],
  )
})
