// The queue: deposits and forced transactions, and that no block gets around them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { countsOf, entryHash, nextQueueHash, type QueueEntry } from '../../../node/protocol/queue.ts'
import {
  appliedStep,
  depositStep,
  enteredStep,
  largestTake,
  packedBytes,
  transactionStep,
  voidStep,
} from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { DEPOSITS, Fixture, FORCED, HOUR } from '../../support/contract/fixture.ts'
import { freshForEach, fund } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('harness')
const { chain, wttx } = fixture
const { holder, payee, base, forceMany } = await fund(fixture)
await freshForEach(fixture)

const voids = (packed: readonly Uint8Array[]) => packed.map((bytes) => voidStep(fixture.forceFee(bytes), bytes))

describe('a block and the queue', () => {
  const amount = 10_050n
  const entries: readonly QueueEntry[] = [{ kind: 'deposit', gross: amount, to: payee }]

  it('credits 99% of a deposit on the TTX side, and the rest to its miner', async () => {
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    const before = base.header.supply
    const miner = fixture.account(1)
    const held = await wttx.balanceOf([miner])
    const block = await fixture.extendFinal(base, { steps: [depositStep(amount, payee)] })
    assert.equal(block.header.supply, before + amount - 100n)
    assert.equal((await wttx.balanceOf([miner])) - held, 100n)
    assert.equal(block.header.lanes.deposits.hash, nextQueueHash(ZERO_HASH, entryHash(entries[0] as QueueEntry)))
  })

  it('pays no fee of a forced transaction for a deposit, however large it is', async () => {
    // A step of a forced transaction has its fee where that of a deposit has the upper half of its amount.
    const large = 4n * 2n ** 64n
    await fixture.approve(large, holder)
    await fixture.deposit(large, payee, holder)
    const block = await fixture.extendFinal(base, { steps: [depositStep(large, payee)] })
    assert.equal(block.header.queueFees, 0n)
    assert.equal(await fixture.read.owed([fixture.account(1)]), 0n)
  })

  it('may pass over entries younger than an hour, and not a second older', async () => {
    const packed = await forceMany(2)
    fixture.pass(HOUR - 1n)
    const back = await chain.snapshot()
    await fixture.extend(base)
    await back()
    fixture.pass(1n)
    await assertReverts(fixture.publish(base, fixture.draft(base)), 'QueueIgnored', [FORCED, 0n])
    await assertReverts(
      fixture.publish(base, fixture.draft(base, { steps: voids(packed.slice(0, 1)) })),
      'QueueIgnored',
      [FORCED, 1n],
    )
    await fixture.extend(base, { steps: voids(packed) })
  })

  it('may stop at the first young one', async () => {
    const [old] = await forceMany(1)
    assert(old)
    fixture.pass(HOUR)
    await fixture.force([packedBytes({ payee, seed: 7 })])
    await fixture.extend(base, { steps: voids([old]) })
  })

  it('is ready to consume 128 entries of a lane, and no block has to take or may take more', async () => {
    const packed = await forceMany(130)
    fixture.pass(HOUR)
    const publish = (count: number) =>
      fixture.publish(base, fixture.draft(base, { steps: voids(packed.slice(0, count)) }))
    await assertReverts(publish(127), 'QueueIgnored', [FORCED, 127n])
    await assertReverts(publish(129), 'QueueOverrun', [FORCED, 129n, 128n])
    const block = await fixture.extend(base, { steps: voids(packed.slice(0, 128)) })
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(block, fixture.draft(block)), 'QueueIgnored', [FORCED, 128n])
    const next = await fixture.extend(block, { steps: voids(packed.slice(128)) })
    assert.equal(next.header.lanes.forced.count, 130n)
  })

  it('of the largest entries in all lanes still fits into a block and a transaction', async () => {
    const packed = Array.from({ length: 128 }, (_, seed) => largestTake(seed))
    for (let i = 0; i < 128; i += 32) await fixture.force(packed.slice(i, i + 32))
    await fixture.approve(128n * amount, holder)
    for (let i = 0; i < 128; i++) await fixture.deposit(amount, payee, holder)
    for (let i = 0; i < 128; i++) await fixture.enter(amount, payee, holder)
    fixture.pass(HOUR)
    const deposits = packed.map(() => depositStep(amount, payee))
    const entries = packed.map(() => enteredStep(fixture.enterFee(), amount, payee, holder))
    const forced = packed.map((bytes) => appliedStep(fixture.forceFee(bytes), bytes))
    const block = await fixture.extend(base, { steps: [...deposits, ...entries, ...forced] })
    assert.deepEqual(countsOf(block.header.lanes), { deposits: 128n, assets: 128n, forced: 128n })
  })

  it('has to consume what is due in one lane, however many wait in another', async () => {
    const packed = await forceMany(130)
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    fixture.pass(HOUR)
    const flood = voids(packed.slice(0, 128))
    const credit = depositStep(amount, payee)
    await assertReverts(fixture.publish(base, fixture.draft(base, { steps: flood })), 'QueueIgnored', [DEPOSITS, 0n])
    await assertReverts(fixture.publish(base, fixture.draft(base, { steps: [credit] })), 'QueueIgnored', [FORCED, 0n])
    await fixture.extend(base, { steps: [credit, ...flood] })
  })

  it('goes lane by lane', async () => {
    const [forced] = await forceMany(1)
    assert(forced)
    await fixture.approve(2n * amount, holder)
    for (let i = 0; i < 2; i++) await fixture.deposit(amount, payee, holder)
    const [late] = voids([forced])
    assert(late)
    const credit = depositStep(amount, payee)
    for (const [steps, at] of [
      [[late, credit], 1n],
      [[credit, late, credit], 2n],
    ] as const) {
      await assertReverts(fixture.publish(base, fixture.draft(base, { steps })), 'QueueStepTooLate', [at])
    }
    const block = await fixture.extend(base, { steps: [credit, late] })
    assert.deepEqual(countsOf(block.header.lanes), { deposits: 1n, assets: 0n, forced: 1n })
    await fixture.extend(block, { steps: [credit] })
  })

  it('cannot consume what is not there', async () => {
    const packed = packedBytes({ payee })
    const block = fixture.draft(base, { steps: voids([packed]) })
    await assertReverts(fixture.publish(base, block), 'QueueOverrun', [FORCED, 1n, 0n])
    const credit = fixture.draft(base, { steps: [depositStep(10n ** 24n, payee)] })
    await assertReverts(fixture.publish(base, credit), 'QueueOverrun', [DEPOSITS, 1n, 0n])
  })

  it('consumes the entries as they are, in their order, with their fee', async () => {
    const [first, second] = await forceMany(2)
    assert(first && second)
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    const fee = fixture.forceFee(first)
    const [credit, one, two] = [depositStep(amount, payee), voidStep(fee, first), appliedStep(fee, second)]
    const wrong = [
      { steps: [credit, two, one], problem: [FORCED, 2n] },
      { steps: [credit, voidStep(fee + 1n, first), two], problem: [FORCED, 2n] },
      { steps: [credit, one, appliedStep(fee, first)], problem: [FORCED, 2n] },
      { steps: [depositStep(amount + 1n, payee), one, two], problem: [DEPOSITS, 1n] },
      { steps: [depositStep(amount, holder), one, two], problem: [DEPOSITS, 1n] },
      { steps: [credit, two], problem: [FORCED, 1n] },
    ]
    for (const { steps, problem } of wrong) {
      await assertReverts(fixture.publish(base, fixture.draft(base, { steps })), 'QueueMismatch', problem)
    }
    await fixture.extend(base, { steps: [credit, one, two] })
  })

  it('has its entries first', async () => {
    const packed = await forceMany(2)
    const plain = transactionStep({ payee })
    const [first, second] = voids(packed)
    assert(first && second)
    const tooLate = fixture.draft(base, { steps: [plain, first] })
    await assertReverts(fixture.publish(base, tooLate), 'QueueStepTooLate', [1n])
    const between = fixture.draft(base, { steps: [first, plain, second] })
    await assertReverts(fixture.publish(base, between), 'QueueStepTooLate', [2n])
    await fixture.extend(base, { steps: [first, second, plain] })
  })

  it('is carried by every branch, from where its parent stood', async () => {
    const packed = await forceMany(3)
    const [first, second, third] = voids(packed)
    assert(first && second && third)
    const one = await fixture.extend(base, { steps: [first] })
    const two = await fixture.extend(base, { steps: [first, second] }, { rival: true })
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(two, fixture.draft(two)), 'QueueIgnored', [FORCED, 2n])
    await assertReverts(fixture.publish(one, fixture.draft(one, { steps: [first, second] })), 'QueueMismatch')
    await fixture.extend(one, { steps: [second, third] })
    await fixture.extend(two, { steps: [third] })
  })
})
