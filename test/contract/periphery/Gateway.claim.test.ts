// Claims at a gateway: who is paid what, once, by which proofs, and what the miner of the block may draw.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress } from 'viem'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { encodeAsset } from '../../../node/protocol/asset.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { type Address, toBytes, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { toBaseUnits } from '../../../node/protocol/units.ts'
import { proofOf, someHash, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts, Reverted } from '../../support/contract/chain.ts'
import { HOUR, sealedHex } from '../../support/contract/fixture.ts'
import {
  assertBacked,
  eventsOf,
  type Final,
  freshStage,
  GatewayStage,
  type Leaving,
} from '../../support/contract/gateway-stage.ts'

const stage = await GatewayStage.start()
const { chain, fixture } = stage
const [miner, alice, bob, carol] = [1, 2, 3, 4].map((i) => fixture.account(i)) as [Address, Address, Address, Address]
const ALL = 10n ** 30n
const { token, gateway } = await stage.list('PlainToken', [alice], ALL, [18])
const other = await stage.list('PlainToken', [alice], ALL, [18])
await stage.deposit(gateway, ALL, alice, { from: alice })
await stage.deposit(other.gateway, ALL, alice, { from: alice })
await freshStage(stage)

const leaving = (amount: bigint, to = bob, of = gateway): Leaving => ({ gateway: of, to, amount })
const claimWith = (block: Final, change: Partial<ReturnType<Final['proof']>>, index = 0, of = gateway) => {
  const args = [sealedHex(block.block), { ...block.proof(index), ...change }] as const
  return chain.send(of, encodeFunctionData({ abi: gatewayAbi, functionName: 'claim', args }))
}

describe('claim', () => {
  it('pays all but a hundredth to the recipient, whoever calls, and owes that to the miner of the block', async () => {
    const amounts = [1n, 99n, 100n, 199n, 12_345n, 10n ** 24n]
    const block = await stage.final(amounts.map((amount) => leaving(amount)))
    let [paid, fees] = [0n, 0n]
    for (const [i, amount] of amounts.entries()) {
      const receipt = await stage.claim(gateway, block, i, { from: carol })
      const [net, fee] = [amount - amount / 100n, amount / 100n]
      const [claimed] = eventsOf(receipt, 'Claimed')
      const expected = { block_: block.block.id, number: BigInt(i), to: getAddress(bob), amount: net }
      assert.deepEqual(claimed?.args, expected)
      const owed = eventsOf(receipt, 'Owed').map(({ args }) => args)
      assert.deepEqual(owed, fee === 0n ? [] : [{ account: getAddress(miner), amount: fee }])
      paid += net
      fees += fee
    }
    assert.equal(await stage.balance(token, bob), paid)
    assert.equal(await stage.owed(gateway, miner), fees)
    assert.equal(await stage.supply(gateway), ALL - paid - fees)
    await assertBacked(stage, token, gateway, { owed: [miner] })
  })

  it('pays each request once', async () => {
    const block = await stage.final([leaving(1_000n), leaving(1_000n)])
    const { number } = block.proof(0)
    assert.equal(await stage.isClaimed(gateway, number), false)
    await stage.claim(gateway, block, 0)
    assert.equal(await stage.isClaimed(gateway, number), true)
    await assertReverts(stage.claim(gateway, block, 0), 'AlreadyClaimed', [number])
    await stage.claim(gateway, block, 1)
    assert.equal(await stage.balance(token, bob), 1_980n)
  })

  it('keeps the numbers of many blocks apart, past words of 256', async () => {
    const first = await stage.final(Array.from({ length: 250 }, () => leaving(100n)))
    fixture.pass(HOUR)
    const second = await stage.final(Array.from({ length: 20 }, () => leaving(100n)))
    for (const [block, index, number] of [
      [first, 0, 0n],
      [first, 249, 249n],
      [second, 0, 250n],
      [second, 5, 255n],
      [second, 6, 256n],
      [second, 19, 269n],
    ] as const) {
      assert.equal(block.proof(index).number, number)
      assert.equal(await stage.isClaimed(gateway, number), false)
      await stage.claim(gateway, block, index)
      assert.equal(await stage.isClaimed(gateway, number), true)
      assert.equal(await stage.isClaimed(gateway, number + 1n), false)
    }
    assert.equal(await stage.isClaimed(gateway, 2n ** 256n - 1n), false)
  })

  it('keeps the hundredth forever if the block earned its miner nothing', async () => {
    const block = await stage.unpaid([leaving(1_000n)])
    const receipt = await stage.claim(gateway, block, 0)
    assert.equal(eventsOf(receipt, 'Owed').length, 0)
    assert.deepEqual([await stage.balance(token, bob), await stage.owed(gateway, miner)], [990n, 0n])
    await assertReverts(stage.withdraw(gateway, miner), 'NothingOwed', [getAddress(miner)])
    await assertBacked(stage, token, gateway, { owed: [miner], stuck: 10n })
  })

  it('waits until the block is final', async () => {
    const steps = stage.steps([leaving(1_000n)])
    const pending = await fixture.extend(stage.tip, { steps })
    const proof = proofOf(pending, steps.length - 1)
    const claim = { block: pending, proof: () => proof }
    await assertReverts(stage.claim(gateway, claim, 0), 'NotFinal', [pending.id])
    await assertReverts(stage.claimMany(gateway, claim, [0]), 'NotFinal', [pending.id])
    fixture.pass(24n * HOUR)
    await fixture.finalize(pending)
    await stage.claim(gateway, claim, 0)
  })

  it('refuses every proof with one thing changed, and requests of other assets', async () => {
    const block = await stage.final([
      leaving(1_000n),
      leaving(2_000n),
      leaving(3_000n),
      leaving(4_000n, bob, other.gateway),
    ])
    const [below, above] = block.proof(0).siblings
    assert(below && above)
    const { step } = block.proof(0)
    for (const change of [
      { number: 1n },
      { step: step + 1 },
      { to: alice },
      { to: ZERO_ADDRESS },
      { amount: toBaseUnits(1_001n) },
      { amount: toBaseUnits(0n) },
      { siblings: [] },
      { siblings: [below] },
      { siblings: [below, above, someHash(1)] },
      { siblings: [above, below] },
    ])
      await assertReverts(claimWith(block, change), 'BadProof')
    await assertReverts(claimWith(block, { number: 4n }), 'NoSuchRequest')
    // What another gateway's asset asks for is that one's business.
    await assertReverts(stage.claim(gateway, block, 3), 'BadProof', [3n, 2n])
    await assertReverts(stage.claim(other.gateway, block, 0), 'BadProof', [0n, 2n])
    await stage.claim(other.gateway, block, 3)
    assert.deepEqual([await stage.balance(token, bob), await stage.balance(other.token, bob)], [0n, 3_960n])
    assert.equal(await stage.isClaimed(gateway, 3n), false)
  })

  it('pays no request of TTX, and none of an issued asset or of a kind that there is not', async () => {
    const request = { request: true, payee: bob, tokens: 1_000n }
    const as = (kind: number) => concat(Uint8Array.of(kind), toBytes(gateway))
    const waits = stage.waiting.length
    const steps = [
      ...stage.steps([]),
      transactionStep({ ...request, seed: 1 }),
      transactionStep({ ...request, asset: as(3), seed: 2 }),
      transactionStep({ ...request, asset: as(1), seed: 3 }),
      transactionStep({ ...request, asset: encodeAsset(gateway), seed: 4 }),
    ]
    const block = await fixture.extendFinal(stage.tip, { steps })
    const final = { block, proof: (index: number) => proofOf(block, waits + index) }
    for (const index of [0, 1, 2]) await assertReverts(stage.claim(gateway, final, index), 'BadProof')
    await stage.claim(gateway, final, 3)
    // And the bridge pays nothing of an asset.
    await assertReverts(fixture.claim(block, final.proof(3)), 'BadProof')
  })

  it('never pays more than was entered, not even for a final block that is wrong', async () => {
    const block = await stage.final([leaving(ALL - 5n), leaving(6n), leaving(5n)])
    await stage.act(token, 'mint', [gateway, 1_000n]) // what somebody gave
    await stage.claim(gateway, block, 0)
    await assertReverts(stage.claim(gateway, block, 1), 'SupplyExceeded', [5n, 6n])
    await stage.claim(gateway, block, 2)
    assert.equal(await stage.supply(gateway), 0n)
    // What is owed to the miner is still here, and what is nobody's.
    await stage.withdraw(gateway, miner)
    assert.equal(await stage.balance(token, gateway), 1_000n)
  })
})

describe('claimMany', () => {
  it('pays all that is not yet paid, so that nobody can spoil a batch by being faster', async () => {
    const block = await stage.final(Array.from({ length: 20 }, () => leaving(1_000n)))
    await stage.claim(gateway, block, 7)
    const receipt = await stage.claimMany(gateway, block, [...Array.from({ length: 20 }, (_, i) => i), 3])
    assert.equal(eventsOf(receipt, 'Claimed').length, 19)
    assert.equal(eventsOf(receipt, 'PaymentFailed').length, 0)
    assert.equal(await stage.balance(token, bob), 20n * 990n)
    await assertBacked(stage, token, gateway, { owed: [miner] })
    assert.equal((await stage.claimMany(gateway, block, [0])).logs.length, 0)
  })

  it('refuses the whole batch for one bad proof', async () => {
    const block = await stage.final([leaving(1_000n), leaving(1_000n, bob, other.gateway)])
    await assertReverts(stage.claimMany(gateway, block, [0, 1]), 'BadProof', [1n, 1n])
    assert.equal(await stage.isClaimed(gateway, 0n), false)
  })

  it('passes over what cannot be paid, and says so', async () => {
    const block = await stage.final([leaving(1_000n), leaving(ALL), leaving(2_000n)])
    const receipt = await stage.claimMany(gateway, block, [0, 1, 2])
    const [failed] = eventsOf(receipt, 'PaymentFailed')
    assert.deepEqual(failed?.args, { number: 1n, to: getAddress(bob) })
    assert.deepEqual(await Promise.all([0n, 1n, 2n].map((number) => stage.isClaimed(gateway, number))), [
      true,
      false,
      true,
    ])
  })

  it('never takes a lack of gas for a failure: a payment has what it may take, or the call reverts', async () => {
    const heavy = await stage.list('MoodyToken', [alice], ALL)
    await stage.deposit(heavy.gateway, ALL, alice, { from: alice })
    // It answers 300 kB, so that a payment needs so much gas that a 64th of it is more than the gateway has in reserve.
    // Alone, since a second payment finds much that is warm, and needs less than the first.
    await stage.act(heavy.token, 'set', [7, 0, 0, ZERO_ADDRESS])
    const recipients = Array.from({ length: 4 }, (_, i) => fixture.account(10 + i))
    for (const [of, count, from, to] of [
      [gateway, 4, 30_000n, 150_000n],
      [heavy.gateway, 1, 250_000n, 400_000n],
    ] as const) {
      const block = await stage.final(recipients.map((recipient) => leaving(1_000n, recipient, of)))
      const indices = [0, 1, 2, 3].slice(0, count)
      /** What becomes of a batch with this gas for each payment, and for all. */
      const attempt = async (gasEach: bigint, gas: bigint): Promise<'reverted' | 'paid' | 'passed over'> => {
        const undo = await chain.snapshot()
        const receipt = await stage.claimMany(of, block, indices, gasEach, { gas }).catch(() => undefined)
        await undo()
        if (receipt === undefined) return 'reverted'
        return eventsOf(receipt, 'PaymentFailed').length === 0 ? 'paid' : 'passed over'
      }
      const plenty = 10_000_000n
      const needed = await least(async (gasEach) => (await attempt(gasEach, plenty)) === 'paid', plenty)
      assert(needed > from && needed < to, `a payment needs ${needed}`)
      for (const gasEach of [needed, needed + 1n, 2n * needed]) {
        const enough = await least(async (gas) => (await attempt(gasEach, gas)) !== 'reverted', plenty)
        for (const more of [0n, 1n, 63n, 500n, 5_000n, 50_000n])
          assert.equal(await attempt(gasEach, enough + more), 'paid', `${gasEach} each, ${enough} + ${more} in all`)
      }
    }
    const block = await stage.final([leaving(1_000n)])
    await assert.rejects(stage.claimMany(gateway, block, [0], 40_000_000n), (error) => {
      assert(error instanceof Reverted && error.errorName === 'TooLittleGas')
      const [left, gasEach] = error.args
      assert.equal(gasEach, 40_000_000n)
      return typeof left === 'bigint' && left < 2n ** 24n
    })
    await assertReverts(stage.claimMany(gateway, block, [0], 2n ** 256n - 1n), 'TooLittleGas')
  })

  it('is the only one that calls the payment of one', async () => {
    const payment = { block_: someHash(1), number: 9n, to: bob, amount: 5n, earner: bob }
    const data = encodeFunctionData({ abi: gatewayAbi, functionName: 'pay', args: [payment] })
    await assertReverts(chain.send(gateway, data, { from: bob }), 'NotGateway', [getAddress(bob)])
  })
})

describe('withdraw', () => {
  it('sends to a miner what it is owed, whoever asks, once', async () => {
    const block = await stage.final([leaving(1_000n), leaving(5_000n)], { miner: carol })
    await stage.claimMany(gateway, block, [0, 1])
    const [withdrawn] = eventsOf(await stage.withdraw(gateway, carol), 'Withdrawn')
    assert.deepEqual(withdrawn?.args, { account: getAddress(carol), amount: 60n })
    assert.equal(await stage.balance(token, carol), 60n)
    await assertReverts(stage.withdraw(gateway, carol), 'NothingOwed', [getAddress(carol)])
    await assertBacked(stage, token, gateway, { owed: [carol] })
  })
})

/** The least number up to `most` that passes, where all above it do. */
async function least(passes: (value: bigint) => Promise<boolean>, most: bigint): Promise<bigint> {
  let [below, above] = [0n, most]
  while (above - below > 1n) {
    const middle = (below + above) / 2n
    if (await passes(middle)) above = middle
    else below = middle
  }
  return above
}
