// The queue: deposits and forced transactions, and that no block gets around them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { entryHash, nextQueueHash, type QueueEntry } from '../../../node/protocol/queue.ts'
import { appliedStep, depositStep, packedBytes, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR } from '../../support/contract/fixture.ts'
import { freshForEach, fund } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('harness')
const { chain, wttx } = fixture
const { holder, payee, base, forceMany } = await fund(fixture)
await freshForEach(fixture)

const voids = (packed: readonly Uint8Array[]) => packed.map((bytes) => voidStep(fixture.forceFee(), bytes))

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
    assert.equal(block.header.queueHash, nextQueueHash(ZERO_HASH, entryHash(entries[0] as QueueEntry)))
  })

  it('may pass over entries younger than an hour, and not a second older', async () => {
    const packed = await forceMany(2)
    fixture.pass(HOUR - 1n)
    const back = await chain.snapshot()
    await fixture.extend(base)
    await back()
    fixture.pass(1n)
    await assertReverts(fixture.publish(base, fixture.draft(base)), 'QueueIgnored', [0n])
    await assertReverts(
      fixture.publish(base, fixture.draft(base, { steps: voids(packed.slice(0, 1)) })),
      'QueueIgnored',
      [1n],
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

  it('is ready to consume 125 entries, and no block has to take or may take more', async () => {
    const packed = await forceMany(130)
    fixture.pass(HOUR)
    const publish = (count: number) =>
      fixture.publish(base, fixture.draft(base, { steps: voids(packed.slice(0, count)) }))
    await assertReverts(publish(124), 'QueueIgnored', [124n])
    await assertReverts(publish(126), 'QueueOverrun', [126n, 125n])
    const block = await fixture.extend(base, { steps: voids(packed.slice(0, 125)) })
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(block, fixture.draft(block)), 'QueueIgnored', [125n])
    const next = await fixture.extend(block, { steps: voids(packed.slice(125)) })
    assert.equal(next.header.queueCount, 130n)
  })

  it('of the largest entries still fits into a block and a transaction', async () => {
    const packed = Array.from({ length: 125 }, (_, seed) => packedBytes({ payee, inputs: 8, memo: 140, seed }))
    for (let i = 0; i < 125; i += 25) await fixture.force(packed.slice(i, i + 25))
    fixture.pass(HOUR)
    await fixture.extend(base, { steps: packed.map((bytes) => appliedStep(fixture.forceFee(), bytes)) })
  })

  it('cannot consume what is not there', async () => {
    const packed = packedBytes({ payee })
    const block = fixture.draft(base, { steps: voids([packed]) })
    await assertReverts(fixture.publish(base, block), 'QueueOverrun', [1n, 0n])
    const credit = fixture.draft(base, { steps: [depositStep(10n ** 24n, payee)] })
    await assertReverts(fixture.publish(base, credit), 'QueueOverrun', [1n, 0n])
  })

  it('consumes the entries as they are, in their order, with their fee', async () => {
    const [first, second] = await forceMany(2)
    assert(first && second)
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    const fee = fixture.forceFee()
    const good = [voidStep(fee, first), appliedStep(fee, second), depositStep(amount, payee)]
    const wrong = [
      [good[1], good[0], good[2]],
      [voidStep(fee + 1n, first), good[1], good[2]],
      [good[0], appliedStep(fee, first), good[2]],
      [good[0], good[1], depositStep(amount + 1n, payee)],
      [good[0], good[1], depositStep(amount, holder)],
      [good[0], good[1], voidStep(fee, first)],
    ]
    for (const list of wrong) {
      const steps = list.filter((step) => step !== undefined)
      await assertReverts(fixture.publish(base, fixture.draft(base, { steps })), 'QueueMismatch', [3n])
    }
    await fixture.extend(base, { steps: good })
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
    await assertReverts(fixture.publish(two, fixture.draft(two)), 'QueueIgnored', [2n])
    await assertReverts(fixture.publish(one, fixture.draft(one, { steps: [first, second] })), 'QueueMismatch')
    await fixture.extend(one, { steps: [second, third] })
    await fixture.extend(two, { steps: [third] })
  })
})
