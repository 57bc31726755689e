// Coins that are in the bridge: bonds, fees of forced transactions and what was paid too much wait until they are fetched.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, parseAbi } from 'viem'
import { parseAddress } from '../../../node/protocol/ids.ts'
import { appliedStep, packedBytes, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

const GWEI = 10n ** 9n
const receiversAbi = parseAbi([
  'function fetch(address bridge)',
  'function set(bool burnsGas, bool takes)',
  'function attempts() view returns (uint256)',
])
const fixture = await Fixture.deploy('harness')
const { chain, genesis, read, wttx } = fixture
const start = await freshForEach(fixture)

const miner = fixture.account(1)
const balanceOf = (address: `0x${string}`) => chain.client.getBalance({ address })
const deploy = async (name: string) =>
  parseAddress(await chain.deploy(`test/contract/harness/Receivers.sol/${name}.json`, []))
const fetchAs = (receiver: `0x${string}`) =>
  chain.send(receiver, encodeFunctionData({ abi: receiversAbi, functionName: 'fetch', args: [fixture.bridge] }))

describe('a bond', () => {
  it('is released 48 hours after publication, final or not, to the miner, whoever paid it or asks', async () => {
    const block = await fixture.extend(
      genesis,
      { miner },
      { from: fixture.account(7), value: fixture.bond() + 5n * GWEI },
    )
    fixture.pass(48n * HOUR - 1n)
    await assertReverts(fixture.withdrawBond(block), 'TooEarly', [start + 49n * HOUR])
    fixture.pass(1n)
    const [event] = fixture.events(await fixture.withdrawBond(block), 'BondReleased')
    assert.deepEqual(
      [event?.args.id, event?.args.miner.toLowerCase(), event?.args.bond],
      [block.id, miner, fixture.bond() / GWEI + 5n],
    )
    await assertReverts(fixture.withdrawBond(block), 'NoBond', [block.id])
    const before = await balanceOf(miner)
    const receipt = await fixture.withdraw(miner)
    assert.equal((await balanceOf(miner)) - before, fixture.bond() + 5n * GWEI - receipt.gasUsed * chain.baseFee)
    const [withdrawn] = fixture.events(receipt, 'Withdrawn')
    assert.equal(withdrawn?.args.amount, fixture.bond() + 5n * GWEI)
    assert.equal(await balanceOf(fixture.bridge), 0n)
  })

  it('that was copied from the mempool goes to the miner all the same', async () => {
    const block = fixture.draft(genesis, { miner })
    const thief = fixture.account(8)
    await fixture.publish(genesis, block, { from: thief })
    await assertReverts(fixture.publish(genesis, block, { from: miner }), 'AlreadyPublished')
    fixture.pass(48n * HOUR)
    await fixture.withdrawBond(block)
    assert.equal(await read.owed([miner]), fixture.bond())
    assert.equal(await read.owed([thief]), 0n)
  })

  it('is there only once a block is', async () => {
    await assertReverts(fixture.withdrawBond(fixture.draft(genesis)), 'UnknownBlock')
    await assertReverts(fixture.withdrawBond(genesis), 'NoBond', [genesis.id])
  })
})

describe('withdraw', () => {
  const earn = async (earner: typeof miner) => {
    const packed = packedBytes({ payee: miner })
    await fixture.force([packed])
    const steps = [
      appliedStep(fixture.forceFee(packed), packed),
      transactionStep({ payee: miner, request: true, tokens: 10_000n, seed: 1 }),
    ]
    return fixture.extendFinal(genesis, { miner: earner, steps })
  }

  it('pays what is owed once, even to who asks again while being paid', async () => {
    const reentrant = await deploy('Reentrant')
    await earn(reentrant)
    // Somebody else's money, which must stay.
    await fixture.force([packedBytes({ payee: miner })], { value: 10n ** 18n })
    const fee = fixture.forceFee(packedBytes({ payee: miner })) * GWEI
    assert.equal(await read.owed([reentrant]), fee)
    const held = await balanceOf(fixture.bridge)
    await fetchAs(reentrant)
    assert.equal(await balanceOf(reentrant), fee)
    assert.equal(await balanceOf(fixture.bridge), held - fee)
    const attempts = await chain.client.readContract({
      abi: receiversAbi,
      address: reentrant,
      functionName: 'attempts',
    })
    assert.equal(attempts, 1n)
  })

  it('cannot be spoiled, nor can finality, by receivers that refuse money or burn gas', async () => {
    const stubborn = await deploy('Stubborn')
    const set = (burnsGas: boolean, takes: boolean) =>
      chain.send(stubborn, encodeFunctionData({ abi: receiversAbi, functionName: 'set', args: [burnsGas, takes] }))
    const block = await earn(stubborn)
    assert.equal(await wttx.balanceOf([stubborn]), 100n)
    fixture.pass(24n * HOUR)
    await fixture.withdrawBond(block)
    const owed = await read.owed([stubborn])
    assert.equal(owed, fixture.bond() + fixture.forceFee(packedBytes({ payee: miner })) * GWEI)
    await assertReverts(fetchAs(stubborn), 'TransferFailed', [getAddress(stubborn)])
    await set(true, true)
    await assert.rejects(fetchAs(stubborn))
    assert.equal(await read.owed([stubborn]), owed)
    await set(false, true)
    await fetchAs(stubborn)
    assert.equal(await balanceOf(stubborn), owed)
  })

  it('is the only way out, and there is no way in but by the calls that say what the money is for', async () => {
    await assert.rejects(chain.send(fixture.bridge, '0x', { value: 1n }))
    await assert.rejects(chain.send(fixture.bridge, '0x12345678'))
  })
})
