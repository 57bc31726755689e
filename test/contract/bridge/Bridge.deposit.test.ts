// Ways into the queue: deposits, with and without a permit, and forced transactions.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { entryHash, nextQueueHash } from '../../../node/protocol/queue.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { appliedStep, packedBytes, toHex, transactionStep, voidStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { DEPOSITS, Fixture, FORCED, HOUR, MIN_DEPOSIT } from '../../support/contract/fixture.ts'
import { freshForEach, fund } from '../../support/contract/fresh.ts'

const GWEI = 10n ** 9n
const HOLDINGS = 99n * 10n ** 18n
const fixture = await Fixture.deploy('harness')
const { chain, read, wttx } = fixture
const { holder, payee, base, forceMany } = await fund(fixture)
const start = await freshForEach(fixture)

describe('deposit', () => {
  it('burns the whole amount and makes an entry', async () => {
    const amount = 12_345n
    await fixture.approve(amount, holder)
    const supply = await wttx.totalSupply()
    const [event] = fixture.events(await fixture.deposit(amount, payee, holder), 'Deposited')
    assert.deepEqual(
      { ...event?.args, from: event?.args.from.toLowerCase(), to: event?.args.to.toLowerCase() },
      { index: 0n, from: holder, to: payee, amount, time: Number(chain.time) },
    )
    assert.equal(await wttx.balanceOf([holder]), HOLDINGS - amount)
    assert.equal(await wttx.totalSupply(), supply - amount)
    assert.equal(await wttx.balanceOf([fixture.bridge]), 0n)
    assert.equal(await read.laneLength([DEPOSITS]), 1n)
    const hash = nextQueueHash(ZERO_HASH, entryHash({ kind: 'deposit', gross: amount, to: payee }))
    assert.deepEqual(await read.laneEntry([DEPOSITS, 0n]), [hash, Number(chain.time)])
  })

  it('needs the allowance of the holder, and the money', async () => {
    await assertReverts(fixture.deposit(MIN_DEPOSIT, payee, holder), 'ERC20InsufficientAllowance')
    await fixture.approve(2n * HOLDINGS, holder)
    await assertReverts(fixture.deposit(HOLDINGS + 1n, payee, holder), 'ERC20InsufficientBalance')
    await fixture.approve(2n ** 256n - 1n, holder)
    await assertReverts(fixture.deposit(2n ** 128n, payee, holder), 'SafeCastOverflowedUintDowncast')
    assert.equal(await read.laneLength([DEPOSITS]), 0n)
  })

  it('has a minimum', async () => {
    await fixture.approve(HOLDINGS, holder)
    await assertReverts(fixture.deposit(MIN_DEPOSIT - 1n, payee, holder), 'BelowMinimum', [
      MIN_DEPOSIT - 1n,
      MIN_DEPOSIT,
    ])
    await fixture.deposit(MIN_DEPOSIT, payee, holder)
  })

  it('goes to nobody who could never spend it', async () => {
    await fixture.approve(HOLDINGS, holder)
    for (const to of [ZERO_ADDRESS, fixture.bridge, fixture.token]) {
      await assertReverts(fixture.deposit(MIN_DEPOSIT, to, holder), 'BadRecipient')
    }
  })
})

describe('depositWithPermit', () => {
  const deadline = start + 10n * HOUR
  const sign = (value: bigint) => fixture.signPermit(value, deadline)

  it('needs no other transaction', async () => {
    await fixture.depositWithPermit([MIN_DEPOSIT, payee, deadline, ...(await sign(MIN_DEPOSIT))], holder)
    assert.equal(await wttx.balanceOf([holder]), HOLDINGS - MIN_DEPOSIT)
    assert.equal(await wttx.allowance([holder, fixture.bridge]), 0n)
    assert.equal(await read.laneLength([DEPOSITS]), 1n)
  })

  it('goes through where somebody used the permit before', async () => {
    const [v, r, s] = await sign(MIN_DEPOSIT)
    await fixture.permit([holder, fixture.bridge, MIN_DEPOSIT, deadline, v, r, s], payee)
    await fixture.depositWithPermit([MIN_DEPOSIT, payee, deadline, v, r, s], holder)
    assert.equal(await read.laneLength([DEPOSITS]), 1n)
  })

  it('takes nothing with the permit of somebody else, of another amount, or too late', async () => {
    const signed = await sign(MIN_DEPOSIT)
    const wanted = 'ERC20InsufficientAllowance'
    await assertReverts(fixture.depositWithPermit([MIN_DEPOSIT, payee, deadline, ...signed], payee), wanted)
    await assertReverts(fixture.depositWithPermit([MIN_DEPOSIT + 1n, payee, deadline, ...signed], holder), wanted)
    chain.time = deadline + 1n
    await assertReverts(fixture.depositWithPermit([MIN_DEPOSIT, payee, deadline, ...signed], holder), wanted)
  })
})

describe('force', () => {
  it('makes an entry for each transaction, with its bytes in the event', async () => {
    const packed = [packedBytes({ payee }), packedBytes({ payee, inputs: 8, memo: 140, request: true })]
    const events = fixture.events(await fixture.force(packed, { from: holder }), 'Forced')
    for (const [i, event] of events.entries()) {
      const { index, from, transaction, time } = event.args
      assert.deepEqual([index, from.toLowerCase(), time], [BigInt(i), holder, Number(chain.time)])
      assert.equal(transaction, toHex(packed[i] ?? new Uint8Array()))
      assert.equal(event.args.fee, fixture.forceFee(packed[i] ?? new Uint8Array()))
    }
    let hash = ZERO_HASH
    for (const [i, bytes] of packed.entries()) {
      hash = nextQueueHash(hash, entryHash({ kind: 'forced', fee: toGwei(fixture.forceFee(bytes)), packed: bytes }))
      assert.deepEqual(await read.laneEntry([FORCED, BigInt(i)]), [hash, Number(chain.time)])
    }
  })

  it('costs 5,000 gas and 64 a byte at the base fee, at the floor if that is higher, rounded up to gwei', async () => {
    const packed = [packedBytes({ payee }), packedBytes({ payee, seed: 1, memo: 3 })]
    assert.deepEqual(
      packed.map(({ length }) => length),
      [127, 130],
    )
    for (const [baseFee, fees] of [
      [0n, [13_128n, 13_320n]],
      [7n, [13_128n, 13_320n]],
      [GWEI, [13_128n, 13_320n]],
      [GWEI + 1n, [13_129n, 13_321n]],
      [GWEI + 75_000n, [13_129n, 13_321n]],
      [GWEI + 76_000n, [13_129n, 13_322n]],
      [12_345_678_901n, [162_075n, 164_445n]],
    ] as const) {
      chain.baseFee = baseFee
      const least = (fees[0] + fees[1]) * GWEI
      await assertReverts(fixture.force(packed, { value: least - 1n }), 'FeeTooSmall', [least - 1n, least])
      const events = fixture.events(await fixture.force(packed, { value: least }), 'Forced')
      assert.deepEqual(
        events.map(({ args }) => args.fee),
        fees,
      )
    }
    assert.equal(await read.owed([holder]), 0n)
  })

  it('gives back what was too much', async () => {
    const packed = packedBytes({ payee })
    const due = fixture.forceFee(packed) * GWEI
    const held = await chain.client.getBalance({ address: fixture.bridge })
    const receipt = await fixture.force([packed], { from: payee, value: due + 12_345n })
    assert.equal(await chain.client.getBalance({ address: fixture.bridge }), held + due)
    assert.deepEqual(fixture.events(receipt, 'Owed'), [])
    assert.equal(await read.owed([payee]), 0n)
    await fixture.force([], { from: payee, value: 5n })
    assert.equal(await chain.client.getBalance({ address: fixture.bridge }), held + due)
    await assertReverts(fixture.withdraw(payee), 'NothingOwed')
  })

  it('takes exactly what has the shape of a packed transaction', async () => {
    const good = packedBytes({ payee, memo: 3 })
    const long = new Uint8Array(good.length + 1)
    long.set(good)
    const wrong = [
      new Uint8Array(),
      good.subarray(0, -1),
      long,
      good.with(0, 0x20),
      good.with(1, 141),
      transactionStep({ payee }),
    ]
    for (const [i, bytes] of wrong.entries()) {
      const packed = Array.from({ length: i }, () => good)
      await assertReverts(fixture.force([...packed, bytes, good]), 'MalformedTransaction', [BigInt(i)])
    }
  })

  it('pays the miner of the final block that consumes it, applied or void', async () => {
    const [first, second] = await forceMany(2)
    assert(first && second)
    const fee = fixture.forceFee(first)
    const block = await fixture.extendFinal(base, { steps: [appliedStep(fee, first), voidStep(fee, second)] })
    assert.equal(await read.owed([fixture.account(1)]), 2n * fee * GWEI)
    assert.equal(block.header.queueFees, 2n * fee)
  })
})
