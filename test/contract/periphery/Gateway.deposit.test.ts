// Deposits through a gateway: what arrives is entered, and no more than was asked for; what it costs; what is refused.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getAddress, parseSignature, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { ASSETS, FLOOR_PRICE } from '../../support/contract/fixture.ts'
import { type Contract, depositData, eventsOf, freshStage, GatewayStage } from '../../support/contract/gateway-stage.ts'

const MOST = 2n ** 128n - 1n
const stage = await GatewayStage.start()
const { chain, fixture } = stage
const [alice, bob] = [fixture.account(2), fixture.account(3)]
const each = 10n ** 40n
const plain = await stage.list('PlainToken', [alice, bob], each, [18])
const quiet = await stage.list('QuietToken', [alice], 1_000n)
await freshStage(stage)

const coins = (address: `0x${string}`) => chain.client.getBalance({ address })

describe('deposit', () => {
  it('takes the tokens, enters them on the bridge as the asset that the gateway is, and says so', async () => {
    const receipt = await stage.deposit(plain.gateway, 12_345n, bob, { from: alice })
    const [deposited] = eventsOf(receipt, 'Deposited')
    assert.deepEqual(deposited?.args, { from: getAddress(alice), to: getAddress(bob), amount: 12_345n })
    const [entered] = fixture.events(receipt, 'Entered')
    assert.deepEqual(
      [entered?.args.index, entered?.args.asset, entered?.args.to, entered?.args.amount],
      [0n, getAddress(plain.gateway), getAddress(bob), 12_345n],
    )
    assert.equal(await stage.balance(plain.token, plain.gateway), 12_345n)
    assert.equal(await stage.supply(plain.gateway), 12_345n)
    assert.equal(await fixture.read.laneLength([ASSETS]), 1n)
  })

  it('pays the bridge from what is sent along, gives the rest back as its last act, and keeps no coin', async () => {
    for (const more of [0n, 1n, 10n ** 18n]) {
      const [before, value] = [await coins(alice), (await stage.price()) + more]
      const { gasUsed } = await stage.deposit(plain.gateway, 1n, bob, { from: alice, value })
      assert.equal(await coins(alice), before - (await stage.price()) - gasUsed * chain.baseFee)
      assert.equal(await coins(plain.gateway), 0n)
    }
    const price = await stage.price()
    const short = stage.deposit(plain.gateway, 1n, bob, { from: alice, value: price - 1n })
    await assertReverts(short, 'FeeTooSmall', [price - 1n, price])
  })

  it('pays the surcharge of the lane, which comes with many', async () => {
    for (let i = 0; i < 150; i++) await stage.deposit(plain.gateway, 1n, bob, { from: alice })
    const price = await stage.price()
    assert(price > 10_000n * FLOOR_PRICE)
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: alice, value: price - 1n }), 'FeeTooSmall')
    await stage.deposit(plain.gateway, 1n, bob, { from: alice, value: price })
    assert.equal(await stage.supply(plain.gateway), 151n)
  })

  it('fails as a whole if the depositor takes no coins back, and works if there are none', async () => {
    const puppet = await stage.deploy('Puppet', [], 'test/contract/harness/Puppet.sol')
    await stage.act(plain.token, 'mint', [puppet.address, 10n])
    const approve = encodeFunctionData({
      abi: plain.token.abi,
      functionName: 'approve',
      args: [plain.gateway, 10n],
    })
    await stage.act(puppet, 'act', [plain.token.address, approve])
    await stage.act(puppet, 'set', [1])
    const price = await stage.price()
    const act = (value: bigint) =>
      stage.act(puppet, 'act', [plain.gateway, depositData(4n, bob)], { from: alice, value })
    await assertReverts(act(price + 1n), 'TransferFailed', [getAddress(puppet.address)])
    assert.equal(await stage.supply(plain.gateway), 0n)
    await act(price)
    assert.equal(await stage.supply(plain.gateway), 4n)
  })

  it('takes tokens at their word that answer nothing', async () => {
    await stage.deposit(quiet.gateway, 1_000n, bob, { from: alice })
    assert.equal(await stage.balance(quiet.token, quiet.gateway), 1_000n)
    await assertReverts(stage.deposit(quiet.gateway, 1n, bob, { from: alice }), 'TransferFailed', [getAddress(alice)])
  })

  it('refuses nothing, what the depositor does not have, and what was not allowed', async () => {
    await assertReverts(stage.deposit(plain.gateway, 0n, bob, { from: alice }), 'BelowMinimum', [0n, 1n])
    const poor = fixture.account(9)
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: poor }), 'TransferFailed', [getAddress(poor)])
    await stage.act(plain.token, 'mint', [poor, 1n])
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: poor }), 'TransferFailed', [getAddress(poor)])
  })

  it('refuses recipients by whom nobody could spend it', async () => {
    for (const to of [zeroAddress, fixture.bridge, fixture.token, plain.gateway, plain.token.address]) {
      const call = chain.send(plain.gateway, depositData(1n, to as typeof alice), { from: alice, value: 10n ** 17n })
      await assertReverts(call, 'BadRecipient', [getAddress(to)])
    }
  })

  it('never lets there be more than 2^128 - 1 of the asset', async () => {
    await stage.deposit(plain.gateway, MOST - 5n, bob, { from: alice })
    await assertReverts(stage.deposit(plain.gateway, 6n, bob, { from: bob }), 'AboveMaximum', [6n, 5n])
    await assertReverts(stage.deposit(plain.gateway, MOST, bob, { from: bob }), 'AboveMaximum', [MOST, 5n])
    await stage.deposit(plain.gateway, 5n, bob, { from: bob })
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: bob }), 'AboveMaximum', [1n, 0n])
    assert.equal(await stage.supply(plain.gateway), MOST)
    // What was claimed makes room.
    const block = await stage.final([{ gateway: plain.gateway, to: alice, amount: 100n }])
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: bob }), 'AboveMaximum', [1n, 0n])
    await stage.claim(plain.gateway, block, 0)
    await stage.deposit(plain.gateway, 100n, bob, { from: bob })
    await assertReverts(stage.deposit(plain.gateway, 1n, bob, { from: bob }), 'AboveMaximum', [1n, 0n])
  })

  it('takes tokens of which there are 2^200 as any other, up to that', async () => {
    const huge = await stage.list('PlainToken', [alice], 2n ** 200n, [77])
    await assertReverts(stage.deposit(huge.gateway, 2n ** 200n, bob, { from: alice }), 'AboveMaximum', [
      2n ** 200n,
      MOST,
    ])
    await stage.deposit(huge.gateway, MOST, bob, { from: alice })
    const few = await stage.list('PlainToken', [alice], 3n, [0])
    await stage.deposit(few.gateway, 3n, bob, { from: alice })
  })
})

describe('depositWithPermit', () => {
  const owner = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  const sign = async ({ address, abi }: Contract, value: bigint, deadline: bigint) => {
    const nonce = await chain.client.readContract({ address, abi, functionName: 'nonces', args: [owner.address] })
    const signature = await owner.signTypedData({
      domain: { name: 'Token', version: '1', chainId: 31_337, verifyingContract: address },
      types: {
        Permit: [
          { name: 'owner', type: 'address' },
          { name: 'spender', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
      },
      primaryType: 'Permit',
      message: { owner: owner.address, spender: plain.gateway, value, nonce: BigInt(String(nonce)), deadline },
    })
    const { r, s, yParity } = parseSignature(signature)
    return [27 + yParity, r, s] as const
  }
  const send = async (
    gateway: `0x${string}`,
    args: readonly [bigint, `0x${string}`, bigint, number, `0x${string}`, `0x${string}`],
  ) =>
    stage.note(
      await chain.send(gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'depositWithPermit', args }), {
        value: (await stage.price()) + 7n,
      }),
    )

  it('needs no allowance before, and stands a permit that somebody was quicker to use', async () => {
    await stage.act(plain.token, 'mint', [owner.address, 100n])
    const deadline = chain.time + 100n
    const first = await sign(plain.token, 60n, deadline)
    await send(plain.gateway, [60n, bob, deadline, ...first])
    const second = await sign(plain.token, 40n, deadline)
    const permit = [owner.address, plain.gateway, 40n, deadline, ...second] as const
    await stage.act(plain.token, 'permit', permit, { from: bob })
    await send(plain.gateway, [40n, bob, deadline, ...second])
    assert.equal(await stage.supply(plain.gateway), 100n)
    await stage.act(plain.token, 'mint', [owner.address, 100n])
    await assertReverts(send(plain.gateway, [40n, bob, deadline, ...second]), 'TransferFailed')
  })

  it('is as deposit where the token knows of no permits', async () => {
    const moody = await stage.list('MoodyToken', [fixture.account(0)], 5n)
    await send(moody.gateway, [5n, bob, 0n, 27, `0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`])
    assert.equal(await stage.supply(moody.gateway), 5n)
  })
})
