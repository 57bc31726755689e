// Races told one by one: who wins when somebody tries each trick at its best moment. Long, for there are many tricks.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hash, keyOf, ZERO_KEY } from '../../../node/protocol/ids.ts'
import type { TestBlock } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR } from '../../support/contract/fixture.ts'
import { FEE, freshForEach, raceWords } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('harness')
const { chain, genesis, read, wttx } = fixture
const start = await freshForEach(fixture)

const MINUTE = 60n
const [alice, _bob, _carol] = [fixture.account(1), fixture.account(2), fixture.account(3)]

const { steps, at, heavy, light } = raceWords(fixture, start)
const flagsOf = async (block: TestBlock) => (await read.blocks([keyOf(block.id)])).flags

describe('a block without rivals', () => {
  it('is final 24 hours after its publication, not a second before, and pays its miner', async () => {
    const block = await fixture.extend(genesis, { steps, miner: alice })
    at(24n, -1n)
    await assertReverts(fixture.finalize(block), 'TooEarly', [start + 25n * HOUR])
    at(24n)
    const receipt = await fixture.finalize(block)
    const [event] = fixture.events(receipt, 'BlockFinalized')
    assert.deepEqual([event?.args.id, event?.args.miner.toLowerCase(), event?.args.fee], [block.id, alice, FEE])
    assert.equal(await wttx.balanceOf([alice]), FEE)
    assert.equal(await read.finalBlock(), block.id)
    assert.equal(await read.finalHeight(), 1n)
    await assertReverts(fixture.finalize(block), 'NotChildOfFinal', [block.id])
    await assertReverts(fixture.refute(block), 'AlreadyFinal', [block.id])
  })

  it('makes its child final in turn, by the clock of the child, and only in turn', async () => {
    const parent = await fixture.extend(genesis)
    at(1n)
    const child = await fixture.extend(parent)
    at(48n)
    await assertReverts(fixture.finalize(child), 'NotChildOfFinal', [child.id])
    await fixture.finalize(parent)
    await fixture.finalize(child)
    assert.equal(await read.finalHeight(), 2n)
  })

  it('waits for its own 24 hours when its only sibling is refuted', async () => {
    const bad = await fixture.extend(genesis)
    at(11n)
    const good = await fixture.extend(genesis, {}, { rival: true })
    at(23n)
    await fixture.refute(bad)
    at(35n, -1n)
    await assertReverts(fixture.finalize(good), 'TooEarly')
    at(35n)
    await fixture.finalize(good)
  })
})

describe('siblings', () => {
  it('name the latest before them, so nobody forks by accident, nor beside what he has not seen', async () => {
    const first = await fixture.extend(genesis)
    await assertReverts(fixture.publish(genesis, fixture.draft(genesis)), 'SiblingExists', [keyOf(first.id)])
    at(1n)
    const second = await fixture.extend(genesis, {}, { beside: first.id })
    at(2n)
    const third = fixture.draft(genesis)
    for (const beside of [first.id, genesis.id, third.id]) {
      await assertReverts(fixture.publish(genesis, third, { beside }), 'SiblingExists', [keyOf(second.id)])
    }
    // Who came after it is not who stood there when the author looked.
    await fixture.refute(second)
    await assertReverts(fixture.publish(genesis, third, { beside: second.id }), 'SiblingExists', [keyOf(first.id)])
    await fixture.publish(genesis, third, { beside: first.id })
  })

  it('may be named where there are none any more: then it is an only child', async () => {
    const first = await fixture.extend(genesis)
    await fixture.refute(first)
    const block = await fixture.extend(genesis, {}, { beside: first.id })
    assert.equal(await flagsOf(block), 0)
  })

  it('never come in one second, not even where those before them died in it', async () => {
    const first = await fixture.extend(genesis)
    const { id: beside } = first
    const draft = fixture.draft(genesis)
    await assertReverts(fixture.publish(genesis, draft, { beside }), 'SameSecond', [keyOf(beside)])
    at(0n, 1n)
    await fixture.publish(genesis, draft, { beside })
    const another = fixture.draft(genesis)
    await assertReverts(fixture.publish(genesis, another, { beside: draft.id }), 'SameSecond', [keyOf(draft.id)])
    await fixture.refute(first)
    await assertReverts(fixture.publish(genesis, another, { beside: draft.id }), 'SameSecond', [keyOf(draft.id)])
    await fixture.refute(draft)
    await fixture.publish(genesis, another)
  })

  it('come with exactly the work of the first', async () => {
    await fixture.extend(genesis, light(genesis))
    for (const draft of [{}, heavy(genesis)]) {
      const other = fixture.draft(genesis, draft)
      await assertReverts(fixture.publish(genesis, other, { rival: true }), 'RivalWorkDiffers')
    }
    await fixture.extend(genesis, light(genesis), { rival: true })
  })

  it('come until the first is twelve hours old, to the second', async () => {
    const first = await fixture.extend(genesis)
    at(12n, -1n)
    const back = await chain.snapshot()
    await fixture.extend(genesis, {}, { rival: true })
    await back()
    at(12n)
    await assertReverts(fixture.publish(genesis, fixture.draft(genesis), { rival: true }), 'RaceClosed', [
      keyOf(first.id),
    ])
  })

  it('that are refuted leave the next as the first, whose clock counts, and never an earlier one', async () => {
    const first = await fixture.extend(genesis)
    at(5n)
    const second = await fixture.extend(genesis, {}, { rival: true })
    at(6n)
    const third = await fixture.extend(genesis, {}, { rival: true })
    await fixture.refute(second)
    assert.equal(await read.firstChild([keyOf(genesis.id)]), keyOf(first.id))
    await fixture.refute(first)
    assert.equal(await read.firstChild([keyOf(genesis.id)]), keyOf(third.id))
    at(18n, -1n)
    const fourth = await fixture.extend(genesis, {}, { rival: true })
    await fixture.refute(fourth)
    await fixture.refute(third)
    assert.equal(await read.firstChild([keyOf(genesis.id)]), ZERO_KEY)
    at(40n)
    assert.equal(await flagsOf(await fixture.extend(genesis)), 0)
  })

  it('can be refuted in any order, at the same price however many there are', async () => {
    const many = [await fixture.extend(genesis)]
    for (let i = 0; i < 40; i++) many.push(await fixture.extend(genesis, {}, { rival: true }))
    const [first, ...rivals] = many
    assert(first)
    // The first one last: with all that stood behind it gone, nothing has to be stepped over.
    for (const block of [...rivals.slice(0, 20), ...rivals.slice(20).reverse(), first]) {
      const { gasUsed } = await fixture.refute(block)
      assert(gasUsed < 100_000n)
    }
    assert.equal(await read.firstChild([keyOf(genesis.id)]), ZERO_KEY)
  })
})

describe('a race', () => {
  it('is won by the heaviest branch 48 hours after the first', async () => {
    const first = await fixture.extend(genesis, light(genesis))
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    const child = await fixture.extend(rival)
    await fixture.nominate(genesis, child)
    at(48n, -1n)
    await assertReverts(fixture.finalize(rival), 'TooEarly', [start + 49n * HOUR])
    at(48n)
    await assertReverts(fixture.finalize(first), 'NotOnNominatedBranch', [first.id, keyOf(child.id)])
    await fixture.finalize(rival)
  })

  it('needs a nomination that has stood for an hour', async () => {
    const first = await fixture.extend(genesis)
    const rival = await fixture.extend(genesis, {}, { rival: true })
    const child = await fixture.extend(rival)
    at(48n)
    await assertReverts(fixture.finalize(first), 'NominationNeeded', [keyOf(genesis.id)])
    await fixture.nominate(genesis, first)
    at(48n, 30n * MINUTE)
    const receipt = await fixture.nominate(genesis, child)
    assert.deepEqual(fixture.events(receipt, 'Nominated')[0]?.args, {
      parent: keyOf(genesis.id),
      block_: keyOf(child.id),
    })
    assert.deepEqual(await read.slotOf([keyOf(genesis.id)]), [keyOf(child.id), Number(chain.time)])
    at(49n)
    await assertReverts(fixture.finalize(rival), 'TooEarly', [start + HOUR * 50n + 30n * MINUTE])
    at(49n, 30n * MINUTE)
    await fixture.finalize(rival)
  })

  it('takes no block published more than 22 hours after the first', async () => {
    await fixture.extend(genesis, light(genesis))
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    at(22n)
    const inTime = await fixture.extend(rival)
    at(22n, 1n)
    const late = await fixture.extend(inTime)
    await assertReverts(fixture.nominate(genesis, late), 'NotEligible', [keyOf(genesis.id), keyOf(late.id)])
    await fixture.nominate(genesis, inTime)
  })

  it('is not won by children that were dumped after the window, however heavy', async () => {
    const first = await fixture.extend(genesis, light(genesis))
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    await fixture.nominate(genesis, first)
    at(22n, 1n)
    let tip = rival
    for (let i = 0; i < 8; i++) tip = await fixture.extend(tip, heavy(tip))
    await assertReverts(fixture.nominate(genesis, tip), 'NotEligible')
    at(48n)
    await fixture.finalize(first)
  })

  it('can be won with children dumped in the last second, if they are the heaviest then', async () => {
    const first = await fixture.extend(genesis, light(genesis))
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    await fixture.nominate(genesis, first)
    at(22n)
    const child = await fixture.extend(rival)
    await fixture.nominate(genesis, child)
    at(48n)
    await fixture.finalize(rival)
  })

  it('counts work, not blocks: an empty heavier branch beats a longer lighter one', async () => {
    const first = await fixture.extend(genesis, { ...light(genesis), steps })
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    at(5n)
    const long = await fixture.extend(first, { steps })
    at(6n)
    const heavier = await fixture.extend(rival, heavy(rival))
    at(7n)
    const longer = await fixture.extend(long, { steps })
    await fixture.nominate(genesis, longer)
    await fixture.nominate(genesis, heavier)
    await assertReverts(fixture.nominate(genesis, longer), 'NotHeavier', [keyOf(longer.id), keyOf(heavier.id)])
    at(48n)
    await fixture.finalize(rival)
  })

  it('goes to the earlier of two branches with the same work', async () => {
    const first = await fixture.extend(genesis, light(genesis))
    at(0n, 1n)
    const second = await fixture.extend(genesis, light(genesis), { rival: true })
    await fixture.nominate(genesis, second)
    await fixture.nominate(genesis, first)
    await assertReverts(fixture.nominate(genesis, second), 'NotHeavier', [keyOf(second.id), keyOf(first.id)])
    await assertReverts(fixture.nominate(genesis, first), 'NotHeavier', [keyOf(first.id), keyOf(first.id)])
  })

  it('goes to the smaller key of two branches with the same work in the same second, which siblings never are', async () => {
    const first = await fixture.extend(genesis)
    const rival = await fixture.extend(genesis, {}, { rival: true })
    const pair = [await fixture.extend(first), await fixture.extend(rival)]
    const [small, large] = pair.toSorted((a, b) => (keyOf(a.id) < keyOf(b.id) ? -1 : 1))
    assert(small && large)
    await fixture.nominate(genesis, large)
    await fixture.nominate(genesis, small)
    await assertReverts(fixture.nominate(genesis, large), 'NotHeavier', [keyOf(large.id), keyOf(small.id)])
  })

  it('goes on without those who were refuted: their slot is free for a lighter one', async () => {
    const first = await fixture.extend(genesis, light(genesis))
    const rival = await fixture.extend(genesis, light(genesis), { rival: true })
    at(10n)
    const child = await fixture.extend(rival)
    const grandchild = await fixture.extend(child, heavy(child))
    await fixture.nominate(genesis, grandchild)
    at(30n)
    await fixture.refute(child)
    assert.equal(await read.isEligible([keyOf(genesis.id), keyOf(grandchild.id)]), false)
    await assertReverts(fixture.nominate(genesis, grandchild), 'NotEligible')
    at(48n)
    await assertReverts(fixture.finalize(rival), 'NominationNeeded')
    await fixture.nominate(genesis, first)
    at(49n)
    await fixture.finalize(first)
  })

  it('that loses all but one child by refutation needs no nomination', async () => {
    const first = await fixture.extend(genesis)
    const rival = await fixture.extend(genesis, {}, { rival: true })
    await fixture.nominate(genesis, rival)
    at(47n)
    await fixture.refute(rival)
    await fixture.finalize(first)
  })

  it('can be nominated before its parent is final', async () => {
    const parent = await fixture.extend(genesis)
    at(1n)
    const first = await fixture.extend(parent)
    const rival = await fixture.extend(parent, {}, { rival: true })
    const winner = BigInt(first.id) < BigInt(rival.id) ? first : rival
    await fixture.nominate(parent, winner)
    at(49n)
    await fixture.finalize(parent)
    await fixture.finalize(winner)
  })

  it('takes only descendants', async () => {
    const parent = await fixture.extend(genesis)
    at(1n)
    const child = await fixture.extend(parent)
    const unknown: Hash = `0x${'77'.repeat(32)}` as Hash
    const nothing: Hash = `0x${'0'.repeat(64)}` as Hash
    for (const [above, below] of [
      [parent.id, parent.id],
      [child.id, parent.id],
      [parent.id, genesis.id],
      [parent.id, unknown],
      [unknown, child.id],
      // Nothing stands on nothing, though the parent of what there is not is nothing too.
      [nothing, unknown],
      [nothing, genesis.id],
    ] as const) {
      await assertReverts(fixture.nominate({ id: above }, { id: below }), 'NotEligible', [keyOf(above), keyOf(below)])
    }
  })
})

describe('the age of a parent', () => {
  it('is at most 14 days, to the second, unless it is final: what it did has to be there for everybody to look at', async () => {
    const days = 24n * HOUR
    const parent = await fixture.extend(genesis)
    const { publishedAt } = await read.blocks([keyOf(parent.id)])
    const oldest = BigInt(publishedAt) + 14n * days
    const back = await chain.snapshot()
    chain.time = oldest
    await fixture.extend(parent)
    await back()
    chain.time = oldest + 1n
    await assertReverts(fixture.publish(parent, fixture.draft(parent)), 'OldParent', [parent.id])
    await fixture.finalize(parent)
    chain.time += 1_000n * days
    await fixture.extend(parent)
  })
})

describe('the height above the final block', () => {
  it('is at most 128, nominated over its whole length within the gas of a transaction', async () => {
    await fixture.extend(genesis, heavy(genesis))
    const other = await fixture.extend(genesis, heavy(genesis), { rival: true })
    let tip = other
    // One right after the other, so their targets halve down to the hardest.
    for (let height = 2; height <= 128; height++) tip = await fixture.extend(tip)
    assert.equal(tip.header.height, 128n)
    await assertReverts(fixture.publish(tip, fixture.draft(tip)), 'TooFarAhead', [128n, 0n])
    const { gasUsed } = await fixture.nominate(genesis, tip)
    assert(gasUsed < 1_000_000n, `${gasUsed}`)
    at(48n)
    const receipt = await fixture.finalize(other)
    assert(receipt.gasUsed < 1_000_000n, `${receipt.gasUsed}`)
    await fixture.extend(tip)
  })

  it('is never below: a parent that lost is refused', async () => {
    const first = await fixture.extend(genesis)
    const rival = await fixture.extend(genesis, {}, { rival: true })
    const winner = BigInt(first.id) < BigInt(rival.id) ? first : rival
    const loser = winner === first ? rival : first
    await fixture.nominate(genesis, winner)
    at(48n)
    await fixture.finalize(winner)
    await assertReverts(fixture.publish(loser, fixture.draft(loser)), 'StaleParent', [loser.id])
    await assertReverts(fixture.publish(genesis, fixture.draft(genesis), { rival: true }), 'StaleParent', [genesis.id])
  })
})
