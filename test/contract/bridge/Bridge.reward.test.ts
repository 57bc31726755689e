// What a race pays: who earns fees, who gets the bond back, and who loses it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address, Hash } from '../../../node/protocol/ids.ts'
import { packedBytes, proofOf } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR } from '../../support/contract/fixture.ts'
import { FEE, freshForEach, raceWords } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('harness')
const { genesis, read, wttx } = fixture
const start = await freshForEach(fixture)

const [alice, bob, carol, dave] = [1, 2, 3, 4].map((i) => fixture.account(i)) as [Address, Address, Address, Address]
const GWEI = 10n ** 9n

const { recipient, steps, at, heavy, light } = raceWords(fixture, start)

describe('what racing pays', () => {
  /** A race that `rival` wins over `first`, with `child` and `last`, which came while the race was open; `later` came when nothing could change it. */
  const displace = async () => {
    const first = await fixture.extend(genesis, { ...light(genesis), steps, miner: alice })
    const rival = await fixture.extend(genesis, { ...light(genesis), steps, miner: bob }, { rival: true })
    const other = await fixture.extend(genesis, { ...light(genesis), steps, miner: carol }, { rival: true })
    at(20n)
    const child = await fixture.extend(rival, { steps, miner: bob })
    await fixture.nominate(genesis, child)
    at(22n)
    const last = await fixture.extend(child, { steps, miner: carol })
    at(22n, 1n)
    const later = await fixture.extend(last, { steps, miner: dave })
    at(48n, 2n) // when the bond of the last rival could be had
    const [event] = fixture.events(await fixture.finalize(rival), 'BlockFinalized')
    assert.equal(event?.args.fee, 0n)
    return { first, rival, other, child, last, later }
  }

  it('is nothing for who displaced the first, nor for what was built on it while the race was open', async () => {
    const { rival, child, last, later } = await displace()
    assert.equal(await read.unpaidUntil(), start + 23n * HOUR)
    for (const block of [child, last, later]) await fixture.finalize(block)
    for (const miner of [alice, bob, carol]) assert.equal(await wttx.balanceOf([miner]), 0n)
    assert.equal(await wttx.balanceOf([dave]), FEE)
    // What the miner does not get is not the recipient's either: else displacing would pay for those who request much.
    for (const [i, block] of [rival, child, last, later].entries()) {
      await fixture.claim(block, proofOf(block, 0))
      assert.equal(await wttx.balanceOf([recipient]), BigInt(i + 1) * 99n * FEE)
    }
  })

  it('is no fee of forced transactions either', async () => {
    const packed = packedBytes({ payee: recipient })
    await fixture.force([packed])
    const fee = fixture.forceFee(packed)
    const step = new Uint8Array([2, ...new Uint8Array(8), ...packed])
    new DataView(step.buffer).setBigUint64(1, fee)
    await fixture.extend(genesis, { ...light(genesis), steps: [step], miner: alice })
    const rival = await fixture.extend(genesis, { ...light(genesis), steps: [step], miner: bob }, { rival: true })
    await fixture.nominate(genesis, await fixture.extend(rival))
    at(48n)
    await fixture.finalize(rival)
    assert.equal(await read.owed([bob]), 0n)
  })

  it('is no bond for any rival of a block that stands, the one that won included', async () => {
    const { first, rival, other, child } = await displace()
    await assertReverts(fixture.withdrawBond(child), 'TooEarly', [start + 69n * HOUR])
    at(70n)
    for (const block of [rival, other]) await assertReverts(fixture.withdrawBond(block), 'BondForfeited', [block.id])
    await fixture.withdrawBond(first)
    assert.equal(await read.owed([alice]), fixture.bond())
    await fixture.withdrawBond(child)
    assert.equal(await read.owed([bob]), fixture.bond())
  })

  it('is the bond back for the winner, once the block that it displaced is proved wrong', async () => {
    const { first, rival, other } = await displace()
    await assertReverts(fixture.withdrawBond(rival), 'BondForfeited', [rival.id])
    await fixture.refute(first, carol)
    await fixture.withdrawBond(rival)
    assert.equal(await read.owed([bob]), fixture.bond({ rival: true }))
    await assertReverts(fixture.withdrawBond(other), 'BondForfeited', [other.id])
  })

  it('is the bond back for who came beside a wrong block and was displaced himself', async () => {
    const bad = await fixture.extend(genesis)
    const good = await fixture.extend(genesis, { miner: alice }, { rival: true })
    const rival = await fixture.extend(genesis, { miner: bob }, { rival: true })
    await fixture.refute(bad)
    await fixture.nominate(genesis, await fixture.extend(rival))
    at(48n, 2n)
    await fixture.finalize(rival)
    await fixture.withdrawBond(good)
    assert.equal(await read.owed([alice]), fixture.bond({ rival: true }))
    await assertReverts(fixture.withdrawBond(rival), 'BondForfeited', [rival.id])
  })

  it('is no bond for a rival that lost to the first, but for those who built on it', async () => {
    const first = await fixture.extend(genesis, { ...light(genesis), miner: alice })
    const rival = await fixture.extend(genesis, { ...light(genesis), miner: bob }, { rival: true })
    at(1n)
    const onRival = await fixture.extend(rival, { miner: carol })
    const rivalOnRival = await fixture.extend(rival, { miner: bob }, { rival: true })
    const onFirst = await fixture.extend(first, heavy(first))
    await fixture.nominate(genesis, onFirst)
    at(49n, 1n)
    await assertReverts(fixture.withdrawBond(rival), 'RaceOpen', [rival.id])
    await assertReverts(fixture.withdrawBond(rivalOnRival), 'RaceOpen', [rivalOnRival.id])
    await fixture.finalize(first)
    await assertReverts(fixture.withdrawBond(rival), 'BondForfeited', [rival.id])
    // The death of an ancestor forfeits nothing.
    await fixture.withdrawBond(onRival)
    await fixture.withdrawBond(rivalOnRival)
    assert.equal(await read.owed([carol]), fixture.bond())
    assert.equal(await read.owed([bob]), fixture.bond({ rival: true }))
  })

  it('is the bond back, and the fee, for a rival whose first was refuted', async () => {
    const first = await fixture.extend(genesis, { steps, miner: alice })
    const rival = await fixture.extend(genesis, { steps, miner: bob }, { rival: true })
    at(12n)
    await fixture.refute(first, carol)
    at(24n, 1n)
    await fixture.finalize(rival)
    assert.equal(await wttx.balanceOf([bob]), FEE)
    at(48n, 1n)
    await fixture.withdrawBond(rival)
    assert.equal(await read.owed([bob]), fixture.bond({ rival: true }))
    await assertReverts(fixture.withdrawBond(rival), 'NoBond', [rival.id])
  })

  it('is half of a bad bond for who refuted it; the other half stays here for ever', async () => {
    const block = await fixture.extend(genesis, { miner: alice }, { value: fixture.bond() + GWEI })
    const receipt = await fixture.refute(block, carol)
    const reward = fixture.bond() / GWEI / 2n
    assert.deepEqual(fixture.events(receipt, 'BlockRefuted')[0]?.args.reward, reward)
    assert.equal(await read.owed([carol]), reward * GWEI)
    assert.equal(await read.owed([alice]), 0n)
    at(48n)
    await assertReverts(fixture.withdrawBond(block), 'NoBond')
    await assertReverts(fixture.refute(block), 'BlockIsRefuted', [block.id])
    await assertReverts(fixture.finalize(block), 'BlockIsRefuted', [block.id])
    await assertReverts(fixture.publish(block, fixture.draft(block)), 'BlockIsRefuted', [block.id])
    await assertReverts(fixture.publish(genesis, block), 'AlreadyPublished', [block.id])
    await assertReverts(fixture.refute({ id: `0x${'77'.repeat(32)}` as Hash }), 'UnknownBlock')
  })
})
