// The way into the queue for other assets: who may enter what for how much, and that blocks consume these entries as they are.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, parseAbi } from 'viem'
import { parseAddress, ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { countsOf, entryHash, nextQueueHash } from '../../../node/protocol/queue.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { depositStep, enteredStep, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { ASSETS, DEPOSITS, Fixture, FORCED, HOUR } from '../../support/contract/fixture.ts'
import { freshForEach, fund } from '../../support/contract/fresh.ts'

const GWEI = 10n ** 9n
const MOST = 2n ** 128n - 1n
const enterAbi = parseAbi(['function enter(address bridge, uint256 amount, address to) payable'])
const fixture = await Fixture.deploy('harness')
const { chain, read } = fixture
const { holder, payee, base, forceMany } = await fund(fixture)
await freshForEach(fixture)

const [one, other] = [fixture.account(7), fixture.account(8)]
const held = () => chain.client.getBalance({ address: fixture.bridge })

describe('enter', () => {
  it('makes an entry of the asset that is its caller, whoever that is', async () => {
    let hash = ZERO_HASH
    for (const [i, from] of [one, other, one].entries()) {
      const amount = 1_000n + BigInt(i)
      const [event, ...more] = fixture.events(await fixture.enter(amount, payee, from), 'Entered')
      assert.deepEqual(more, [])
      assert(event)
      const { asset, to, ...rest } = event.args
      const fee = fixture.enterFee()
      assert.deepEqual([asset.toLowerCase(), to.toLowerCase()], [from, payee])
      assert.deepEqual(rest, { index: BigInt(i), amount, fee, time: Number(chain.time) })
      hash = nextQueueHash(hash, entryHash({ kind: 'entered', fee: toGwei(fee), amount, to: payee, asset: from }))
      assert.deepEqual(await read.laneEntry([ASSETS, BigInt(i)]), [hash, Number(chain.time)])
    }
    const lengths = await Promise.all([DEPOSITS, ASSETS, FORCED].map((lane) => read.laneLength([lane])))
    assert.deepEqual(lengths, [0n, 3n, 0n])
  })

  it('takes 1 to 2^128 - 1 units', async () => {
    await assertReverts(fixture.enter(0n, payee, one), 'BelowMinimum', [0n, 1n])
    for (const amount of [MOST + 1n, 2n ** 256n - 1n])
      await assertReverts(fixture.enter(amount, payee, one), 'SafeCastOverflowedUintDowncast')
    for (const amount of [1n, MOST, MOST]) await fixture.enter(amount, payee, one)
    assert.equal(await read.laneLength([ASSETS]), 3n)
  })

  it('goes to nobody who could never spend it', async () => {
    for (const to of [ZERO_ADDRESS, fixture.bridge, fixture.token])
      await assertReverts(fixture.enter(7n, to, one), 'BadRecipient')
    await fixture.enter(7n, one, one)
  })

  it('costs 10,000 gas at the base fee, at the floor if that is higher, rounded up to gwei', async () => {
    for (const [baseFee, fee] of [
      [0n, 10_000n],
      [GWEI, 10_000n],
      [GWEI + 1n, 10_001n],
      [GWEI + 100_000n, 10_001n],
      [GWEI + 100_001n, 10_002n],
      [12_345_678_901n, 123_457n],
    ] as const) {
      chain.baseFee = baseFee
      const least = fee * GWEI
      await assertReverts(fixture.enter(1n, payee, one, least - 1n), 'FeeTooSmall', [least - 1n, least])
      const [event] = fixture.events(await fixture.enter(1n, payee, one, least), 'Entered')
      assert.equal(event?.args.fee, fee)
    }
  })

  it('pays the surcharge of its lane, which no other lane feels, and gets back what is too much', async () => {
    for (let i = 0; i < 145; i++) await fixture.enter(1n, payee, one)
    await chain.mine()
    const due = fixture.enterFee() * GWEI + (await read.surcharge([ASSETS, 1n]))
    assert(due > fixture.enterFee() * GWEI)
    assert.equal(await read.surcharge([DEPOSITS, 100n]), 0n)
    assert.equal(await read.surcharge([FORCED, 100n]), 0n)
    await assertReverts(fixture.enter(1n, payee, other, due - 1n), 'FeeTooSmall', [due - 1n, due])
    const before = await held()
    await fixture.enter(1n, payee, other, due + 12_345n)
    assert.equal((await held()) - before, due)
    assert.equal(await read.owed([other]), 0n)
  })

  it('of a contract that takes no coins costs exactly what is due, and the contract is the asset', async () => {
    const stubborn = parseAddress(await chain.deploy('test/contract/harness/Receivers.sol/Stubborn.json', []))
    const due = fixture.enterFee() * GWEI
    const enter = (value: bigint) => {
      const args = [fixture.bridge, 5n, payee] as const
      return chain.send(stubborn, encodeFunctionData({ abi: enterAbi, functionName: 'enter', args }), { value })
    }
    await assertReverts(enter(due + 1n), 'TransferFailed')
    const [event] = fixture.events(await enter(due), 'Entered')
    assert.equal(event?.args.asset.toLowerCase(), stubborn.toLowerCase())
  })
})

describe('a block and the entries of assets', () => {
  it('pays its miner what they came with, and nothing of them is TTX', async () => {
    await fixture.enter(MOST, payee, one)
    await fixture.enter(7n, payee, other)
    const fee = fixture.enterFee()
    const steps = [enteredStep(fee, MOST, payee, one), enteredStep(fee, 7n, payee, other)]
    const minted = await fixture.wttx.totalSupply()
    const { header } = await fixture.extendFinal(base, { steps })
    assert.deepEqual([header.supply, header.fee, header.queueFees], [base.header.supply, 0n, 2n * fee])
    assert.equal(await read.owed([fixture.account(1)]), 2n * fee * GWEI)
    assert.equal(await fixture.wttx.totalSupply(), minted)
  })

  it('consumes them as they are, in their order', async () => {
    await fixture.enter(10n, payee, one)
    await fixture.enter(20n, holder, other)
    const fee = fixture.enterFee()
    const [first, second] = [enteredStep(fee, 10n, payee, one), enteredStep(fee, 20n, holder, other)]
    const wrong = [
      [second, first],
      [enteredStep(fee + 1n, 10n, payee, one), second],
      [enteredStep(fee, 11n, payee, one), second],
      [enteredStep(fee, 10n, holder, one), second],
      [enteredStep(fee, 10n, payee, other), second],
      [first, first],
    ]
    for (const steps of wrong)
      await assertReverts(fixture.publish(base, fixture.draft(base, { steps })), 'QueueMismatch', [ASSETS, 2n])
    await assertReverts(fixture.publish(base, fixture.draft(base, { steps: [first, second, first] })), 'QueueOverrun', [
      ASSETS,
      3n,
      2n,
    ])
    const block = await fixture.extend(base, { steps: [first] })
    await fixture.extend(block, { steps: [second] })
  })

  it('has to consume them within an hour, whatever waits in the other lanes', async () => {
    const forced = await forceMany(1)
    await fixture.enter(10n, payee, one)
    const entry = enteredStep(fixture.enterFee(), 10n, payee, one)
    const voids = forced.map((packed) => voidStep(fixture.forceFee(packed), packed))
    fixture.pass(HOUR)
    await assertReverts(fixture.publish(base, fixture.draft(base, { steps: voids })), 'QueueIgnored', [ASSETS, 0n])
    await assertReverts(fixture.publish(base, fixture.draft(base, { steps: [entry] })), 'QueueIgnored', [FORCED, 0n])
    await fixture.extend(base, { steps: [entry, ...voids] })
  })

  it('has them behind the deposits and before what was forced', async () => {
    const amount = 10_000n
    const [packed] = await forceMany(1)
    assert(packed)
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    await fixture.enter(10n, payee, one)
    const credit = depositStep(amount, payee)
    const entry = enteredStep(fixture.enterFee(), 10n, payee, one)
    const late = voidStep(fixture.forceFee(packed), packed)
    for (const [steps, at] of [
      [[entry, credit, late], 1n],
      [[credit, late, entry], 2n],
      [[credit, transactionStep({ payee }), entry], 2n],
    ] as const)
      await assertReverts(fixture.publish(base, fixture.draft(base, { steps })), 'QueueStepTooLate', [at])
    const block = await fixture.extend(base, { steps: [credit, entry, late, transactionStep({ payee })] })
    assert.deepEqual(countsOf(block.header.lanes), { deposits: 1n, assets: 1n, forced: 1n })
  })
})
