// Other assets on the bridge, in blocks with true states and in both modes: balances, requests, issuances, and the judge of all these.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyStep } from '../../../node/protocol/apply.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction, type EnteredEntry } from '../../../node/protocol/queue.ts'
import { entryKey, ofAsset, stateRoot } from '../../../node/protocol/state.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { encodeOpening } from '../../../node/protocol/tree.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { accountOf } from '../../../scripts/assure/models/world.ts'
import { blobPostOf, publishBlobs } from '../../support/contract/blob-stage.ts'
import { leafProofOf, proofOf, toHex } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { founder, genesisTransaction, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'
import { Stage, type Tip } from '../../support/contract/stage.ts'
import { assertDies, assertRight, bringOut, requestTo, transfer } from '../../support/contract/verdicts.ts'

const DAY = 24n * HOUR
const GENESIS = genesisInfohash(genesisTransaction)
const stage = await Stage.start('blobs')
const { fixture, rules } = stage
const { chain, read, wttx } = fixture
const genesis = stage.tip
await freshForEach(fixture)

/** Everything as it was: the stage is for all tests, the chain is not. */
const begin = () => {
  stage.tip = genesis
  stage.queue.length = 0
}
const [alice, bob] = [accountOf('alice'), accountOf('bob')]
const recipient = fixture.account(5)
const [contract, other] = [fixture.account(7), fixture.account(8)]
const TTX = [0, `0x${'00'.repeat(20)}`] as const
const entered = (asset: Address) => [2, asset] as const
const issued = (asset: Infohash) => [3, `0x${asset}`] as const
/** The infohash of what entry `index` of the lane of assets becomes. */
const depositOf = (index: number) => {
  const entries = stage.queue.filter((entry): entry is EnteredEntry => entry.kind === 'entered')
  const entry = entries[index]
  assert(entry)
  return infohashOf(encodeTransaction(depositTransaction(rules, BigInt(index), entry)))
}
const balanceAt = (
  { block, state }: Tip,
  owner: Address,
  [kind, id]: readonly [number, `0x${string}`],
  asset?: Address | Infohash,
) => {
  const opening = toHex(encodeOpening(state, entryKey(ofAsset({ owner }, asset))))
  return chain.call(read.balanceAt([sealedHex(block), owner, kind, id, opening]))
}
const request = (to: Address, asset: Address): Omit<TransactionBody, 'tokens' | 'time' | 'prev'> => ({
  ...requestTo(stage, to),
  asset,
})

describe('other assets', () => {
  it('are entered, paid, asked for and issued, and no proof says that a block of these is wrong', async () => {
    begin()
    const { infohash: funds } = await bringOut(stage, GENESIS)
    const entry = await stage.enter(1_000n, alice.address, contract)
    const more = await stage.enter(500n, alice.address, other)
    const first = await assertRight(stage, [entry, more])
    // A deposit and a forced transaction beside it, so that no two lanes have gone equally far.
    const credit = await stage.deposit(2_000n, bob.address, fixture.account(0))
    const again = await stage.enter(70n, bob.address, contract)
    const gift = transfer(stage, alice, { to: bob.address, tokens: 400n, asset: contract, prev: [depositOf(0)] })
    const fee = await stage.force(gift.packed)
    const applied = concat(Uint8Array.of(2), encodeUint(fee, 8), gift.packed)
    const issuance = transfer(stage, founder, {
      to: alice.address,
      tokens: 9n,
      issuance: true,
      memo: 'FOO 0',
      prev: [funds],
    })
    const out = transfer(stage, bob, { ...request(recipient, contract), tokens: 30n, prev: [gift.infohash] })
    const share = transfer(stage, alice, {
      to: bob.address,
      tokens: 4n,
      asset: issuance.infohash,
      prev: [issuance.infohash],
    })
    const second = await assertRight(stage, [credit, again, applied, issuance.step, out.step, share.step])

    const { infohash: foo } = issuance
    for (const [tip, owner, name, asset, balance] of [
      [first, alice, entered(contract), contract, 1_000n],
      [first, alice, entered(other), other, 500n],
      [first, bob, entered(contract), contract, 0n],
      [second, alice, entered(contract), contract, 600n],
      [second, bob, entered(contract), contract, 440n],
      [second, alice, entered(other), other, 500n],
      [second, alice, issued(foo), foo, 5n],
      [second, bob, issued(foo), foo, 4n],
      [second, bob, TTX, undefined, 1_980n],
      [second, alice, TTX, undefined, 0n],
    ] as const)
      assert.equal(await balanceAt(tip, owner.address, name, asset), balance)
    // The opening of one asset says nothing about another.
    await assertReverts(balanceAt(second, alice.address, entered(other), contract), 'BadWitness')
    await assertReverts(balanceAt(second, alice.address, TTX, contract), 'BadWitness')
    await assertReverts(balanceAt(second, alice.address, [3, contract], contract), 'BadWitness')
    const { header } = second.block
    assert.deepEqual([header.requestCount, header.fee], [1, 20n])
    assert.equal(header.supply, first.block.header.supply + 1_980n)
  })

  it('take the number of their entry from their own lane: a block that numbers them otherwise is wrong', async () => {
    begin()
    await bringOut(stage, GENESIS)
    const first = await assertRight(stage, [await stage.enter(1n, alice.address, contract)])
    assert.equal(first.block.header.lanes.assets.count, 1n)
    const credit = await stage.deposit(2_000n, bob.address, fixture.account(0))
    const entry = await stage.enter(70n, bob.address, contract)
    const [afterCredit] = stage.statesOf([credit])
    assert(afterCredit)
    // As if it were numbered by the place of its step, behind the deposit.
    const told = applyStep(rules, afterCredit, 2n, entry).state
    const block = await stage.publish(stage.draft([credit, entry], [afterCredit, told].map(stateRoot)))
    await assertDies(stage, block, 1, 'WrongState')
  })
})

describe('a block with requests of several assets', () => {
  it('pays those of TTX in both modes, and only tells of the others', async () => {
    begin()
    const first = transfer(stage, founder, { ...requestTo(stage, recipient), tokens: 1_000n, prev: [GENESIS] })
    const entry = await stage.enter(1_000n, alice.address, contract)
    await stage.extend([entry, first.step], { isFinal: true })
    const out = transfer(stage, alice, { ...request(recipient, contract), tokens: 30n, prev: [depositOf(0)] })
    const second = transfer(stage, founder, { ...requestTo(stage, recipient), tokens: 3_000n, prev: [first.infohash] })
    const more = await stage.enter(5n, bob.address, other)
    const steps = [more, out.step, second.step]
    const { block, whole } = await publishBlobs(stage, blobPostOf(stage, steps))
    assert.equal(whole.requests.length, 59 + 39)
    fixture.pass(DAY)
    await fixture.finalize(block)
    const posted = { ...block, steps }
    assert.equal(block.header.fee, 30n)
    assert.equal(block.header.queueFees, fixture.enterFee())
    await assertReverts(fixture.claim(block, proofOf(posted, 1)), 'BadProof')
    const { number, leaf, siblings } = leafProofOf(posted, 1)
    assert.equal(number, 1n)
    const [miner, earns] = await read.requestOf([sealedHex(block), number, leaf, siblings])
    assert.deepEqual([miner.toLowerCase(), earns], [block.seal.miner, true])
    await fixture.claim(block, proofOf(posted, 2))
    assert.equal(await wttx.balanceOf([recipient]), 2_970n)
  })
})
