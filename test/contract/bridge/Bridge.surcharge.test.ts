// What entries of the queue cost on top when many came before them: per lane, whatever the base fee, burned, and never a wei more than that.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, parseAbi } from 'viem'
import { parseAddress } from '../../../node/protocol/ids.ts'
import { emptyAfter, surchargeOf } from '../../../node/protocol/lane-price.ts'
import { toTime } from '../../../node/protocol/units.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { packedBytes, toHex } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { DEPOSITS, Fixture, FORCED, HOUR } from '../../support/contract/fixture.ts'
import { freshForEach, fund } from '../../support/contract/fresh.ts'

const GWEI = 10n ** 9n
const ZEROS = new Uint8Array(127)
const forceAbi = parseAbi(['function force(address bridge, bytes[] transactions) payable'])
const fixture = await Fixture.deploy('harness')
const { chain, read } = fixture
const { holder, payee } = await fund(fixture)
await freshForEach(fixture)

const held = () => chain.client.getBalance({ address: fixture.bridge })
/** As the contract says it now. */
const surcharge = async (lane: number, entries: bigint) => {
  await chain.mine()
  return read.surcharge([lane, entries])
}
const zeros = (count: number) => Array.from({ length: count }, () => ZEROS)
const feeOfZeros = () => fixture.forceFee(ZEROS) * GWEI

describe('the surcharge', () => {
  it('is nothing for 145 entries that come at once, and then grows with each', async () => {
    await fixture.force(zeros(100), { value: 100n * feeOfZeros() })
    await fixture.force(zeros(45), { value: 45n * feeOfZeros() })
    const first = await surcharge(FORCED, 1n)
    assert.ok(first > 0n)
    const value = feeOfZeros() + first
    await assertReverts(fixture.force(zeros(1), { value: value - 1n }), 'FeeTooSmall', [value - 1n, value])
    await fixture.force(zeros(1), { value })
    assert.ok((await surcharge(FORCED, 1n)) > first)
  })

  it('is that of the spec, at any time and for any number of entries', async () => {
    const random = randomOf(7)
    let emptyAt = toTime(0n)
    for (let round = 0; round < 60; round++) {
      chain.time += BigInt(Math.floor(random() ** 4 * 20_000))
      chain.baseFee = BigInt(Math.floor(random() * 50e9))
      const count = 1 + Math.floor(random() * 60)
      const expected = surchargeOf(emptyAt, toTime(chain.time), BigInt(count)) * GWEI
      assert.equal(await surcharge(FORCED, BigInt(count)), expected)
      const value = BigInt(count) * feeOfZeros() + expected
      await assertReverts(fixture.force(zeros(count), { value: value - 1n }), 'FeeTooSmall')
      const before = await held()
      await fixture.force(zeros(count), { value: value + BigInt(round) })
      assert.equal((await held()) - before, value)
      emptyAt = emptyAfter(emptyAt, toTime(chain.time), BigInt(count))
    }
  })

  it('of one lane is not felt in another, and passes by itself', async () => {
    for (let i = 0; i < 4; i++) await fixture.force(zeros(100))
    assert.equal(await surcharge(DEPOSITS, 100n), 0n)
    const amount = 10n ** 18n
    await fixture.approve(amount, holder)
    await fixture.deposit(amount, payee, holder)
    const after = 4n * 100n * 100n
    fixture.pass(after - 14_400n - 100n)
    assert.ok((await surcharge(FORCED, 1n)) > 0n)
    fixture.pass(100n)
    assert.equal(await surcharge(FORCED, 1n), 0n)
  })

  it('of a deposit is paid by who deposits, goes to nobody, and what is too much comes back', async () => {
    const amount = 10n ** 16n
    await fixture.approve(200n * amount, holder)
    for (let i = 0; i < 145; i++) await fixture.deposit(amount, payee, holder)
    const due = await surcharge(DEPOSITS, 1n)
    assert.ok(due > 0n)
    await assertReverts(fixture.deposit(amount, payee, holder), 'FeeTooSmall', [0n, due])
    const [before, owed] = [await held(), await read.owed([holder])]
    await fixture.deposit(amount, payee, holder, due + 10n ** 18n)
    assert.equal((await held()) - before, due)
    assert.equal(await read.owed([holder]), owed)
    const deadline = chain.time + HOUR
    const signed = await fixture.signPermit(amount, deadline)
    await assertReverts(fixture.depositWithPermit([amount, payee, deadline, ...signed], holder), 'FeeTooSmall')
    await fixture.depositWithPermit([amount, payee, deadline, ...signed], holder, 10n ** 18n)
  })
})

describe('a contract that forces', () => {
  const deploy = async (name: string) =>
    parseAddress(await chain.deploy(`test/contract/harness/Receivers.sol/${name}.json`, []))
  const forceAs = (receiver: `0x${string}`, packed: readonly Uint8Array[], value: bigint) => {
    const args = [fixture.bridge, packed.map(toHex)] as const
    return chain.send(receiver, encodeFunctionData({ abi: forceAbi, functionName: 'force', args }), { value })
  }

  it('and takes no coins has to send exactly what is due', async () => {
    const stubborn = await deploy('Stubborn')
    const packed = [packedBytes({ payee })]
    const due = fixture.forceFee(packed[0] ?? ZEROS) * GWEI
    await assertReverts(forceAs(stubborn, packed, due + 1n), 'TransferFailed', [getAddress(stubborn)])
    await forceAs(stubborn, packed, due)
  })

  it('once more while it gets something back pays for both', async () => {
    const repeated = await deploy('Repeated')
    const packed = [packedBytes({ payee })]
    const due = fixture.forceFee(packed[0] ?? ZEROS) * GWEI
    const before = await held()
    await forceAs(repeated, packed, 2n * due)
    assert.equal((await held()) - before, 2n * due)
    assert.equal(await read.laneLength([FORCED]), 2n)
    await assert.rejects(forceAs(repeated, packed, 2n * due - 1n))
  })
})
