// Calls back into the gateway, and into the bridge, from whatever a gateway calls: the token, those who send, receive, and take coins back.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, type Hex, toFunctionSelector } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { toBaseUnits } from '../../../node/protocol/units.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { sealedHex } from '../../support/contract/fixture.ts'
import {
  assertBacked,
  depositData,
  eventsOf,
  type Final,
  freshStage,
  GAS_EACH,
  GatewayStage,
} from '../../support/contract/gateway-stage.ts'

const LOCKED = toFunctionSelector('ReentrancyGuardReentrantCall()')
const NOT_GATEWAY = toFunctionSelector('NotGateway(address)')
const DONE = '0x00000000'

const stage = await GatewayStage.start()
const { chain, fixture } = stage
const [miner, alice, bob, carol] = [1, 2, 3, 4].map((i) => fixture.account(i)) as [Address, Address, Address, Address]
const hooked = await stage.list('HookedToken', [alice, bob], 10_000n)
const meddling = await stage.list('MeddlingToken', [alice, bob], 10_000n)
const plain = await stage.list('PlainToken', [alice, bob], 10_000n, [18])
const puppet = await stage.deploy('Puppet', [], 'test/contract/harness/Puppet.sol')
await stage.act(hooked.token, 'hook', [puppet.address])
for (const { token, gateway } of [hooked, meddling, plain]) {
  await stage.act(token, 'mint', [puppet.address, 10_000n])
  const data = encodeFunctionData({ abi: token.abi, functionName: 'approve', args: [gateway, 10_000n] })
  await stage.act(puppet, 'act', [token.address, data])
}
await freshStage(stage)

type Call = readonly [target: Address, data: Hex]

/** Where no request is to be claimed. */
const NONE = { number: 0n, step: 0, to: bob, amount: toBaseUnits(1n), siblings: [] }

/** Everything that can be called at a gateway, about a request that is not yet paid. */
function everything(gateway: Address, { block, proof: proofOf }: Final, index: number): Call[] {
  const [header, proof] = [sealedHex(block), proofOf(index)]
  const payment = { block_: someHash(1), number: 9n, to: bob, amount: 5n, earner: bob }
  const permit = [5n, bob, 0n, 27, someHash(1), someHash(2)] as const
  return [
    [gateway, depositData(5n, bob)],
    [gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'depositWithPermit', args: permit })],
    [gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'claim', args: [header, proof] })],
    [gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'claimMany', args: [header, [proof], GAS_EACH] })],
    [gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'withdraw', args: [miner] })],
    [gateway, encodeFunctionData({ abi: gatewayAbi, functionName: 'pay', args: [payment] })],
  ]
}
const REFUSED = [LOCKED, LOCKED, LOCKED, LOCKED, LOCKED, NOT_GATEWAY]
const split = (calls: readonly Call[]) => [calls.map(([target]) => target), calls.map(([, data]) => data)] as const

describe('the sender of a deposit', () => {
  it('cannot deposit within its own deposit, so that 200 tokens are never 300', async () => {
    const block = await stage.final([])
    await stage.deposit(hooked.gateway, 1_000n, bob, { from: alice })
    const calls = everything(hooked.gateway, { ...block, proof: () => NONE }, 0)
    await stage.act(puppet, 'program', split(calls))
    const data = depositData(200n, bob)
    const receipt = await stage.act(puppet, 'act', [hooked.gateway, data], { value: await stage.price() })
    assert.deepEqual(await stage.ask(puppet, 'answersOf'), REFUSED)
    assert.equal(fixture.events(receipt, 'Entered').length, 1)
    assert.equal(await stage.supply(hooked.gateway), 1_200n)
    await assertBacked(stage, hooked.token, hooked.gateway, { owed: [] })
  })

  it('who gives more meanwhile has given it away', async () => {
    const gift = encodeFunctionData({ abi: hooked.token.abi, functionName: 'transfer', args: [hooked.gateway, 50n] })
    await stage.act(puppet, 'program', split([[hooked.token.address, gift]]))
    const data = depositData(100n, bob)
    await stage.act(puppet, 'act', [hooked.gateway, data], { value: await stage.price() })
    assert.equal(await stage.supply(hooked.gateway), 100n)
    assert.equal(await stage.balance(hooked.token, hooked.gateway), 150n)
  })

  it('cannot come in again with the coins that come back', async () => {
    const calls = everything(plain.gateway, { ...(await stage.final([])), proof: () => NONE }, 0)
    await stage.act(puppet, 'program', split(calls))
    const data = depositData(100n, bob)
    const value = (await stage.price()) + 10n ** 18n
    await stage.act(puppet, 'act', [plain.gateway, data], { value })
    assert.deepEqual(await stage.ask(puppet, 'answersOf'), REFUSED)
    assert.equal(await chain.client.getBalance({ address: puppet.address }), 10n ** 18n)
    assert.equal(await stage.supply(plain.gateway), 100n)
    // Afterwards the lock is open.
    await stage.deposit(plain.gateway, 100n, bob, { from: alice })
  })
})

describe('the recipient of a claim', () => {
  for (const many of [false, true]) {
    it(`is paid once, whatever it calls meanwhile, ${many ? 'in a batch too' : 'alone'}`, async () => {
      await stage.deposit(hooked.gateway, 5_000n, bob, { from: alice })
      const leaving = [puppet.address, puppet.address, bob].map((to) => ({
        gateway: hooked.gateway,
        to,
        amount: 1_000n,
      }))
      const block = await stage.final(leaving)
      const calls = [...everything(hooked.gateway, block, 0), ...everything(hooked.gateway, block, 1)]
      await stage.act(puppet, 'program', split(calls))
      if (many) await stage.claimMany(hooked.gateway, block, [0, 1, 2], 3_000_000n)
      else await stage.claim(hooked.gateway, block, 0)
      assert.deepEqual(await stage.ask(puppet, 'answersOf'), [...REFUSED, ...REFUSED])
      assert.equal(await stage.balance(hooked.token, puppet.address), 10_000n + (many ? 1_980n : 990n))
      await assertBacked(stage, hooked.token, hooked.gateway, { owed: [miner] })
    })
  }

  it('may use what it got at another gateway, and the bridge, in the same call', async () => {
    await stage.deposit(hooked.gateway, 1_000n, bob, { from: alice })
    const block = await stage.final([{ gateway: hooked.gateway, to: puppet.address, amount: 1_000n }])
    await chain.send(puppet.address, '0x', { value: 10n ** 18n })
    const enter = encodeFunctionData({ abi: bridgeAbi, functionName: 'enter', args: [5n, bob] })
    await stage.act(
      puppet,
      'program',
      split([
        [plain.gateway, depositData(7n, bob)],
        [fixture.bridge, enter],
      ]),
    )
    await stage.claim(hooked.gateway, block, 0)
    assert.deepEqual(await stage.ask(puppet, 'answersOf'), [DONE, DONE])
    assert.equal(await stage.supply(plain.gateway), 7n)
    await assertBacked(stage, hooked.token, hooked.gateway, { owed: [miner] })
    await assertBacked(stage, plain.token, plain.gateway, { owed: [] })
  })
})

describe('a token', () => {
  it('cannot call back from transferFrom, transfer or balanceOf', async () => {
    await stage.deposit(meddling.gateway, 5_000n, bob, { from: alice })
    const block = await stage.final([0, 1].map(() => ({ gateway: meddling.gateway, to: bob, amount: 1_000n })))
    await stage.act(meddling.token, 'meddle', split(everything(meddling.gateway, block, 1)))
    await stage.deposit(meddling.gateway, 100n, bob, { from: alice })
    assert.deepEqual(await stage.ask(meddling.token, 'answersOf'), REFUSED)
    await stage.claim(meddling.gateway, block, 0)
    await stage.withdraw(meddling.gateway, miner)
    assert.deepEqual(await stage.ask(meddling.token, 'answersOf'), [...REFUSED, ...REFUSED, ...REFUSED])
    assert.deepEqual(
      [await stage.isClaimed(meddling.gateway, 0n), await stage.isClaimed(meddling.gateway, 1n)],
      [true, false],
    )
    await stage.act(meddling.token, 'meddle', [[], []])
    await assertBacked(stage, meddling.token, meddling.gateway, { owed: [miner] })
  })

  it('that calls the bridge, or claims at another gateway, does what anybody may do there', async () => {
    await stage.deposit(plain.gateway, 1_000n, bob, { from: alice })
    await stage.deposit(meddling.gateway, 1_000n, bob, { from: alice })
    const block = await stage.final([
      { gateway: meddling.gateway, to: bob, amount: 1_000n },
      { gateway: plain.gateway, to: carol, amount: 1_000n },
    ])
    const claim = encodeFunctionData({
      abi: gatewayAbi,
      functionName: 'claim',
      args: [sealedHex(block.block), block.proof(1)],
    })
    const bridgeClaim = encodeFunctionData({
      abi: bridgeAbi,
      functionName: 'claim',
      args: [sealedHex(block.block), block.proof(0)],
    })
    await stage.act(
      meddling.token,
      'meddle',
      split([
        [plain.gateway, claim],
        [fixture.bridge, bridgeClaim],
      ]),
    )
    const receipt = await stage.claim(meddling.gateway, block, 0)
    assert.equal(eventsOf(receipt, 'Claimed').length, 2)
    assert.deepEqual(await stage.ask(meddling.token, 'answersOf'), [
      DONE,
      toFunctionSelector('BadProof(uint256,uint256)'),
    ])
    assert.equal(await stage.balance(plain.token, carol), 990n)
    await assertBacked(stage, plain.token, plain.gateway, { owed: [miner] })
  })
})
