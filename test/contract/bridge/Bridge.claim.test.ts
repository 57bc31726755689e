// Claims: who is paid what, once, and every proof that must not pay.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, parseAbi } from 'viem'
import { genesisState } from '../../../node/protocol/genesis.ts'
import { parseInfohash } from '../../../node/protocol/ids.ts'
import { balanceOf, entryKey, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { encodeOpening } from '../../../node/protocol/tree.ts'
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
const membersAbi = parseAbi(['function join(bytes sealedHeader, bytes opening)'])
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
        { block_: block.id, index: BigInt(i), to: alice, amount: net },
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
    assert.equal(await read.isClaimed([block.id, 0n]), false)
    await fixture.claim(block, proofOf(block, 0))
    assert.equal(await read.isClaimed([block.id, 0n]), true)
    await assertReverts(fixture.claim(block, proofOf(block, 0)), 'AlreadyClaimed', [block.id, 0n])
    // The same request at another place is another one.
    await fixture.claim(block, proofOf(block, 1))
    assert.equal(await wttx.balanceOf([alice]), 1_980n)
  })

  it('finds every step of blocks of 1 to 9 and of 500 steps', async () => {
    let parent = genesis
    for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 500]) {
      const steps = Array.from({ length: count }, (_, seed) => request(100n, seed))
      const block = await fixture.extendFinal(parent, { steps })
      const indices = count < 10 ? steps.keys() : [0, 1, 249, 250, 251, 255, 256, 498, 499]
      for (const index of indices) {
        await fixture.claim(block, proofOf(block, index))
        assert.equal(await read.isClaimed([block.id, BigInt(index)]), true)
        assert.equal(await read.isClaimed([block.id, BigInt(index) + 1n]), false)
      }
      assert.equal(await read.isClaimed([block.id, 10_000n]), false)
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

  it('refuses indices behind the last step, the padding among them', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [request(1_000n), request(1_000n, 1), plain()] })
    const proof = proofOf(block, 2)
    for (const index of [3n, 4n, 2n ** 256n - 1n]) {
      await assertReverts(fixture.claim(block, { ...proof, index }), 'NoSuchStep', [index, 3n])
    }
    await assertReverts(fixture.claim(genesis, proof), 'NoSuchStep', [2n, 0n])
  })

  it('refuses every proof with one thing changed', async () => {
    const block = await fixture.extendFinal(genesis, {
      steps: [request(1_000n), request(2_000n, 1), request(3_000n, 2)],
    })
    const good = proofOf(block, 1)
    const [below, above] = good.siblings
    assert(below && above)
    const wrong: (typeof good)[] = [
      { ...good, index: 0n },
      { ...good, index: 2n },
      { ...good, step: proofOf(block, 0).step },
      { ...good, step: toHex(request(2_001n, 1)) },
      { ...good, step: `${good.step}00` },
      { ...good, step: '0x' },
      { ...good, state: someHash(99) },
      { ...good, siblings: [] },
      { ...good, siblings: [below] },
      { ...good, siblings: [below, above, someHash(1)] },
      { ...good, siblings: [above, below] },
      { ...good, siblings: [someHash(1), above] },
    ]
    for (const proof of wrong) await assertReverts(fixture.claim(block, proof), 'BadProof', [proof.index, 2n])
    await fixture.claim(block, good)
  })

  it('refuses an inner node that is passed off as a leaf', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [request(1_000n), request(2_000n, 1)] })
    const [leaf] = proofOf(block, 1).siblings
    assert(leaf)
    const step = proofOf(block, 0).step
    await assertReverts(fixture.claim(block, { index: 0n, step, state: leaf, siblings: [] }), 'BadProof')
  })

  it('refuses steps that ask for nothing: payments, deposits, voids', async () => {
    await fixture.force([packedBytes({ payee: alice, request: true, tokens: 5_000n })])
    const forced = packedBytes({ payee: alice, request: true, tokens: 5_000n })
    const first = await fixture.extendFinal(genesis, {
      steps: [voidStep(fixture.forceFee(), forced), request(10_000n, 1, bob), plain()],
    })
    await assertReverts(fixture.claim(first, proofOf(first, 0)), 'NotRequest', [0n])
    await assertReverts(fixture.claim(first, proofOf(first, 2)), 'NotRequest', [2n])
    await fixture.claim(first, proofOf(first, 1))
    await fixture.approve(MIN_DEPOSIT, bob)
    await fixture.deposit(MIN_DEPOSIT, alice, bob)
    const second = await fixture.extendFinal(first, { steps: [depositStep(MIN_DEPOSIT, alice)] })
    await assertReverts(fixture.claim(second, proofOf(second, 0)), 'NotRequest', [0n])
  })

  it('pays a forced request', async () => {
    const packed = packedBytes({ payee: alice, request: true, tokens: 5_000n })
    await fixture.force([packed])
    const block = await fixture.extendFinal(genesis, { steps: [appliedStep(fixture.forceFee(), packed)] })
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
    const bad = { ...proofOf(block, 1), state: someHash(99) }
    await assertReverts(fixture.claimMany(block, [proofOf(block, 0), bad]), 'BadProof', [1n, 1n])
    assert.equal(await read.isClaimed([block.id, 0n]), false)
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
      assert.equal(await read.balanceAt([sealedHex(block), owner, opening(owner)]), balanceOf(state, owner))
    }
    for (let i = 0; i < 20; i++) {
      const owner = accountOf(`stranger ${i}`).address
      assert.equal(await read.balanceAt([sealedHex(block), owner, opening(owner)]), 0n)
    }
  })

  it('reads genesis', async () => {
    const within = genesisState(genesisTransaction)
    assert.equal(
      await read.balanceAt([sealedHex(genesis), founder.address, opening(founder.address, within)]),
      10n ** 27n,
    )
  })

  it('refuses the opening of another account, of another state, and one byte too many', async () => {
    const block = await fixture.extendFinal(genesis, { steps: [plain()], states: [stateRoot(state)] })
    const [owner, other] = owners
    assert(owner && other)
    const call = (text: `0x${string}`) => chain.call(read.balanceAt([sealedHex(block), owner, text]))
    await assertReverts(call(opening(other)), 'BadWitness')
    await assertReverts(call(opening(owner, genesisState(genesisTransaction))), 'BadWitness')
    await assertReverts(call(`${opening(owner)}00`), 'BadWitness')
    await assertReverts(call('0x'), 'BadWitness')
    const pending = await fixture.extend(block)
    await assertReverts(chain.call(read.balanceAt([sealedHex(pending), owner, opening(owner)])), 'NotFinal', [
      pending.id,
    ])
  })

  it('is all that a contract needs to let holders of TTX in', async () => {
    const rich = { infohash: infohash(1), owner: alice, value: 500n }
    const poor = { infohash: infohash(2), owner: bob, value: 499n }
    const within = stateOf([rich, poor])
    const block = await fixture.extendFinal(genesis, { steps: [plain()], states: [stateRoot(within)] })
    const members = await chain.deploy('contracts/examples/Members.sol/Members.json', [fixture.bridge, 500n])
    const join = (header: `0x${string}`, from: typeof alice) => {
      const args = [header, opening(from, within)] as const
      return chain.send(members, encodeFunctionData({ abi: membersAbi, functionName: 'join', args }), { from })
    }
    await join(sealedHex(block), alice)
    await assertReverts(join(sealedHex(block), bob), 'TooPoor', [499n, 500n])
    await assertReverts(join(sealedHex(genesis), alice), 'NotNewest', [genesis.id])
  })
})
