// Claims: who is paid what, once, and every proof that must not pay.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { parseInfohash, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { balanceOf, entryKey, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { encodeOpening } from '../../../node/protocol/tree.ts'
import { toBaseUnits } from '../../../node/protocol/units.ts'
import { accountOf, randomOf } from '../../../scripts/assure/models/world.ts'
import {
  appliedStep,
  depositStep,
  packedBytes,
  proofOf,
  someHash,
  toHex,
  transactionStep,
  voidStep,
} from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, founder, genesisTransaction, HOUR, MIN_DEPOSIT, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

const fixture = await Fixture.deploy('bridge')
const { chain, genesis, read, wttx } = fixture
await freshForEach(fixture)

const [miner, alice, bob] = [fixture.account(1), fixture.account(5), fixture.account(6)]
/** Its kind and asset. */
const TTX = [0, `0x${'00'.repeat(20)}`] as const
const infohash = (seed: number) => parseInfohash(someHash(seed).slice(2, 42))
const request = (tokens: bigint, seed = 0, payee = alice) => transactionStep({ payee, request: true, tokens, seed })
const plain = (seed = 0) => transactionStep({ payee: alice, seed })

describe('claim', () => {
  it('pays 99% to the recipient, whoever calls, and rounds in favour of the recipient', async () => {
    const amounts = [100n, 199n, 250n, 12_345n, 10n ** 24n]
    const block = await fixture.extendFinal(genesis, { steps: amounts.map((tokens, seed) => request(tokens, seed)) })
    let sum = 0n
    for (const [i, amount] of amounts.entries()) {
      const net = amount - amount / 100n
      const [event] = fixture.events(await fixture.claim(block, proofOf(block, i)), 'Claimed')
      assert.deepEqual(
        { ...event?.args, to: event?.args.to.toLowerCase() },
        { block_: block.id, number: BigInt(i), to: alice, amount: net },
      )
      sum += net
    }
    assert.equal(await wttx.balanceOf([alice]), sum)
    assert.equal(
      await wttx.balanceOf([miner]),
      amounts.reduce((total, amount) => total + amount / 100n, 0n),
    )
  })

  it('pays each request once', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [request(1_000n), request(1_000n)] })
    assert.equal(await read.isClaimed([0n]), false)
    await fixture.claim(block, proofOf(block, 0))
    assert.equal(await read.isClaimed([0n]), true)
    await assertReverts(fixture.claim(block, proofOf(block, 0)), 'AlreadyClaimed', [0n])
    // The same request at another place is another one.
    await fixture.claim(block, proofOf(block, 1))
    assert.equal(await wttx.balanceOf([alice]), 1_980n)
  })

  it('finds every request of blocks of 1 to 9 and of 500, by numbers that go on from block to block and past words of 256', async () => {
    let parent = genesis
    let first = 0n
    for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 500]) {
      const steps = Array.from({ length: count }, (_, seed) => request(100n, seed))
      const block = await fixture.extendFinal(parent, { steps })
      // 45 requests came before: words end behind the ones at 210 and 466.
      const indices = count < 10 ? steps.keys() : [0, 1, 210, 211, 255, 256, 466, 467, 499]
      for (const index of indices) {
        const number = first + BigInt(index)
        assert.equal(await read.isClaimed([number]), false)
        const [event] = fixture.events(await fixture.claim(block, proofOf(block, index)), 'Claimed')
        assert.equal(event?.args.number, number)
        assert.equal(await read.isClaimed([number]), true)
        assert.equal(await read.isClaimed([number + 1n]), false)
      }
      first += BigInt(count)
      assert.equal(await read.isClaimed([10_000n]), false)
      parent = block
      fixture.pass(HOUR)
    }
  })

  it('waits until the block is final', async () => {
    const block = await fixture.extend(genesis, { steps: [request(1_000n)] })
    await assertReverts(fixture.claim(block, proofOf(block, 0)), 'NotFinal', [block.id])
    const unknown = fixture.draft(block, { steps: [request(1_000n)] })
    await assertReverts(fixture.claim(unknown, proofOf(unknown, 0)), 'NotFinal', [unknown.id])
  })

  it('stays possible long after other blocks became final', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [request(1_000n)] })
    const next = await fixture.extendFinal(block)
    fixture.pass(1_000n * HOUR)
    await fixture.extendFinal(next)
    await fixture.claim(block, proofOf(block, 0))
  })

  it('refuses numbers that are not those of the block, the padding among them', async () => {
    const steps = [request(1_000n), plain(), request(1_000n, 1), request(1_000n, 2)]
    const below = await fixture.extendFinal(genesis, { steps })
    const block = await fixture.extendFinal(below, { steps })
    const proof = proofOf(block, 3)
    assert.equal(proof.number, 5n)
    for (const number of [0n, 2n, 6n, 7n, 2n ** 64n + 5n, 2n ** 256n - 1n]) {
      await assertReverts(fixture.claim(block, { ...proof, number }), 'NoSuchRequest', [number, 3n, 3n])
    }
    await assertReverts(fixture.claim(below, proof), 'NoSuchRequest', [5n, 0n, 3n])
    await assertReverts(fixture.claim(genesis, proofOf(below, 0)), 'NoSuchRequest', [0n, 0n, 0n])
  })

  it('refuses every proof with one thing changed', async () => {
    const block = await fixture.extendFinal(genesis, {
      steps: [request(1_000n), request(2_000n, 1), request(3_000n, 2)],
    })
    const good = proofOf(block, 1)
    const [below, above] = good.siblings
    assert(below && above)
    const wrong: (typeof good)[] = [
      { ...good, number: 0n },
      { ...good, number: 2n },
      { ...good, step: 0 },
      { ...good, step: 2 ** 32 - 1 },
      { ...good, to: bob },
      { ...good, to: ZERO_ADDRESS },
      { ...good, amount: toBaseUnits(2_001n) },
      { ...good, amount: toBaseUnits(0n) },
      { ...good, amount: toBaseUnits(2n ** 128n - 1n) },
      { ...good, siblings: [] },
      { ...good, siblings: [below] },
      { ...good, siblings: [below, above, someHash(1)] },
      { ...good, siblings: [above, below] },
      { ...good, siblings: [someHash(1), above] },
      { ...good, siblings: [below, someHash(1)] },
    ]
    for (const proof of wrong) await assertReverts(fixture.claim(block, proof), 'BadProof', [proof.number, 2n])
    assert.equal(await wttx.totalSupply(), 60n)
    await fixture.claim(block, good)
  })

  it('refuses steps that ask for nothing: payments, deposits, voids', async () => {
    const forced = packedBytes({ payee: alice, request: true, tokens: 5_000n })
    await fixture.force([forced])
    const first = await fixture.extendFinal(genesis, {
      steps: [voidStep(fixture.forceFee(forced), forced), request(10_000n, 1, bob), plain()],
    })
    const good = proofOf(first, 1)
    const asVoid = { ...good, step: 0, to: alice, amount: toBaseUnits(5_000n) }
    await assertReverts(fixture.claim(first, asVoid), 'BadProof', [0n, 0n])
    await assertReverts(fixture.claim(first, { ...good, number: 1n, step: 2 }), 'NoSuchRequest', [1n, 0n, 1n])
    await fixture.claim(first, good)
    await fixture.approve(MIN_DEPOSIT, bob)
    await fixture.deposit(MIN_DEPOSIT, alice, bob)
    const second = await fixture.extendFinal(first, { steps: [depositStep(MIN_DEPOSIT, alice)] })
    const asDeposit = { number: 1n, step: 0, to: alice, amount: toBaseUnits(MIN_DEPOSIT), siblings: [] }
    await assertReverts(fixture.claim(second, asDeposit), 'NoSuchRequest', [1n, 1n, 0n])
  })

  it('pays nothing that only another branch asks for, and each number once, whatever that branch has there', async () => {
    const ours = await fixture.extend(genesis, { steps: [request(1_000n), request(3_000n, 1)] })
    const theirs = fixture.draft(genesis, { steps: [request(9_000n, 2, bob)], target: ours.header.target })
    await fixture.publish(genesis, theirs, { rival: true })
    fixture.pass(23n * HOUR)
    await fixture.nominate(genesis, ours)
    fixture.pass(25n * HOUR)
    await fixture.finalize(ours)
    await assertReverts(fixture.claim(theirs, proofOf(theirs, 0)), 'NotFinal', [theirs.id])
    await assertReverts(fixture.claim(ours, proofOf(theirs, 0)), 'BadProof', [0n, 1n])
    await fixture.claim(ours, proofOf(ours, 0))
    await assertReverts(fixture.claim(theirs, proofOf(theirs, 0)), 'NotFinal', [theirs.id])
    assert.deepEqual([await wttx.balanceOf([alice]), await wttx.balanceOf([bob])], [990n, 0n])
  })

  it('pays a forced request', async () => {
    const packed = packedBytes({ payee: alice, request: true, tokens: 5_000n })
    await fixture.force([packed])
    const block = await fixture.extendFinal(genesis, { steps: [appliedStep(fixture.forceFee(packed), packed)] })
    await fixture.claim(block, proofOf(block, 0))
    assert.equal(await wttx.balanceOf([alice]), 4_950n)
  })
})

describe('claimMany', () => {
  it('pays all that is not yet paid, so that nobody can spoil a batch by being faster', async () => {
    const steps = Array.from({ length: 20 }, (_, seed) => request(1_000n, seed))
    const block = await fixture.extendFinal(genesis, { steps })
    await fixture.claim(block, proofOf(block, 7))
    const receipt = await fixture.claimMany(
      block,
      [...steps.keys(), 3].map((index) => proofOf(block, index)),
    )
    assert.equal(fixture.events(receipt, 'Claimed').length, 19)
    assert.equal(await wttx.balanceOf([alice]), 20n * 990n)
    const again = await fixture.claimMany(block, [proofOf(block, 0)])
    assert.equal(again.logs.length, 0)
  })

  it('refuses the whole batch for one bad proof', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [request(1_000n), request(1_000n, 1)] })
    const bad = { ...proofOf(block, 1), to: bob }
    await assertReverts(fixture.claimMany(block, [proofOf(block, 0), bad]), 'BadProof', [1n, 1n])
    assert.equal(await read.isClaimed([0n]), false)
    await assertReverts(fixture.claimMany(fixture.draft(block), []), 'NotFinal')
  })
})

describe('balanceAt', () => {
  const random = randomOf(7)
  const owners = Array.from({ length: 40 }, (_, i) => accountOf(`owner ${i}`).address)
  const state = stateOf(
    owners.flatMap((owner, i) =>
      [0, 1].map((k) => ({ infohash: infohash(100 * i + k), owner, value: 1n + BigInt(Math.floor(random() * 1e9)) })),
    ),
  )
  const opening = (owner: (typeof owners)[number], within = state) => toHex(encodeOpening(within, entryKey({ owner })))

  it('proves what accounts had in a final block, and what others had not', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [plain()], states: [stateRoot(state)] })
    for (const owner of owners) {
      assert.equal(await read.balanceAt([sealedHex(block), owner, ...TTX, opening(owner)]), balanceOf(state, owner))
    }
    for (let i = 0; i < 20; i++) {
      const owner = accountOf(`stranger ${i}`).address
      assert.equal(await read.balanceAt([sealedHex(block), owner, ...TTX, opening(owner)]), 0n)
    }
  })

  it('reads genesis', async () => {
    const within = genesisState(genesisTransaction)
    assert.equal(
      await read.balanceAt([sealedHex(genesis), founder.address, ...TTX, opening(founder.address, within)]),
      10n ** 27n,
    )
  })

  it('refuses the opening of another account, of another state, and one byte too many', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [plain()], states: [stateRoot(state)] })
    const [owner, other] = owners
    assert(owner && other)
    const call = (text: `0x${string}`) => chain.call(read.balanceAt([sealedHex(block), owner, ...TTX, text]))
    await assertReverts(call(opening(other)), 'BadWitness')
    await assertReverts(call(opening(owner, genesisState(genesisTransaction))), 'BadWitness')
    await assertReverts(call(`${opening(owner)}00`), 'BadWitness')
    await assertReverts(call('0x'), 'BadWitness')
    const pending = await fixture.extend(block)
    await assertReverts(chain.call(read.balanceAt([sealedHex(pending), owner, ...TTX, opening(owner)])), 'NotFinal', [
      pending.id,
    ])
  })
})
