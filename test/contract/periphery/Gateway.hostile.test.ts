// Tokens that are not what a token should be, each at its gateway: it harms its own holders, and a batch passes over it. Long, as they are many.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress } from 'viem'
import { gatewayOf } from '../../../node/ethereum/gateways/gateway.ts'
import { type Address, parseAddress, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import {
  assertBacked,
  type Contract,
  eventsOf,
  freshStage,
  GAS_EACH,
  GatewayStage,
} from '../../support/contract/gateway-stage.ts'

const MOST = 2n ** 128n - 1n
const MOODS = {
  honest: 0,
  reverts: 1,
  'reverts with 300 kB': 2,
  'answers false': 3,
  'moves and answers false': 4,
  'moves and answers 2': 5,
  'moves and answers 31 bytes': 6,
  'moves and answers 300 kB': 7,
  'burns all gas': 8,
} as const
type Mood = keyof typeof MOODS

const stage = await GatewayStage.start()
const { chain, fixture } = stage
const [miner, alice, bob, carol] = [1, 2, 3, 4].map((i) => fixture.account(i)) as [Address, Address, Address, Address]
const holders = [alice, bob]
const plain = await stage.list('PlainToken', holders, 10_000n, [18])
const fee = await stage.list('FeeToken', holders, 10_000n)
const rebasing = await stage.list('RebasingToken', holders, 10_000n)
const listed = await stage.list('ListToken', holders, 10_000n)
const moody = await stage.list('MoodyToken', holders, 10_000n)
const lying = await stage.list('LyingToken', holders, 10_000n)
const hooked = await stage.list('HookedToken', holders, 10_000n)
await freshStage(stage)

const set = (onTransfer: Mood, onTransferFrom: Mood, onBalanceOf: Mood, only: Address = ZERO_ADDRESS) =>
  stage.act(moody.token, 'set', [MOODS[onTransfer], MOODS[onTransferFrom], MOODS[onBalanceOf], only])
const to = (gateway: Address, ...recipients: readonly Address[]) =>
  stage.final(recipients.map((recipient) => ({ gateway, to: recipient, amount: 1_000n })))
const claimed = (gateway: Address, numbers: readonly bigint[]) =>
  Promise.all(numbers.map((number) => stage.isClaimed(gateway, number)))
const failed = (receipt: Parameters<typeof eventsOf>[0]) =>
  eventsOf(receipt, 'PaymentFailed').map(({ args }) => ('number' in args ? args.number : undefined))

describe('a token that takes a fee of each payment', () => {
  it('is entered as what arrives, and its recipient bears the second fee', async () => {
    const receipt = await stage.deposit(fee.gateway, 2_000n, bob, { from: alice })
    assert.equal(fixture.events(receipt, 'Entered')[0]?.args.amount, 1_800n)
    const block = await to(fee.gateway, carol)
    await stage.claim(fee.gateway, block, 0)
    assert.equal(await stage.balance(fee.token, carol), 990n - 99n)
    await assertBacked(stage, fee.token, fee.gateway, { owed: [miner] })
    await stage.withdraw(fee.gateway, miner)
    await assertBacked(stage, fee.token, fee.gateway, { owed: [] })
  })
})

describe('a token that changes all balances', () => {
  it('upwards gives to nobody', async () => {
    await stage.deposit(rebasing.gateway, 1_000n, bob, { from: alice })
    await stage.act(rebasing.token, 'rebase', [2n * 10n ** 9n])
    const block = await to(rebasing.gateway, carol)
    await stage.claim(rebasing.gateway, block, 0)
    await stage.withdraw(rebasing.gateway, miner)
    assert.equal(await stage.supply(rebasing.gateway), 0n)
    assert.equal(await stage.balance(rebasing.token, rebasing.gateway), 1_000n)
    // Nor does a deposit get what comes at the same time.
    await stage.deposit(rebasing.gateway, 10n, bob, { from: alice })
    assert.equal(await stage.supply(rebasing.gateway), 10n)
  })

  it('downwards pays who comes first, and the last can claim when there is something again', async () => {
    await stage.deposit(rebasing.gateway, 3_000n, bob, { from: alice })
    await stage.act(rebasing.token, 'rebase', [7n * 10n ** 8n])
    const block = await to(rebasing.gateway, carol, carol, carol)
    assert.deepEqual(failed(await stage.claimMany(rebasing.gateway, block, [0, 1, 2])), [2n])
    assert.deepEqual(await claimed(rebasing.gateway, [0n, 1n, 2n]), [true, true, false])
    await assertReverts(stage.claim(rebasing.gateway, block, 2), 'TransferFailed', [getAddress(carol)])
    await stage.act(rebasing.token, 'mint', [rebasing.gateway, 1_000n])
    await stage.claim(rebasing.gateway, block, 2)
    assert.equal(await stage.supply(rebasing.gateway), 0n)
  })
})

describe('a token with a list', () => {
  it('makes a listed recipient wait alone', async () => {
    await stage.deposit(listed.gateway, 3_000n, bob, { from: alice })
    await stage.act(listed.token, 'list', [carol, true])
    const block = await to(listed.gateway, alice, carol, bob)
    assert.deepEqual(failed(await stage.claimMany(listed.gateway, block, [0, 1, 2])), [1n])
    await assertReverts(stage.claim(listed.gateway, block, 1), 'TransferFailed', [getAddress(carol)])
    await assertBacked(stage, listed.token, listed.gateway, { owed: [miner] })
    await stage.act(listed.token, 'list', [carol, false])
    await stage.claim(listed.gateway, block, 1)
    assert.equal(await stage.supply(listed.gateway), 0n)
  })

  it('stops no claim by listing the miner of the block, whose share waits', async () => {
    await stage.deposit(listed.gateway, 1_000n, bob, { from: alice })
    await stage.act(listed.token, 'list', [miner, true])
    await stage.claim(listed.gateway, await to(listed.gateway, bob), 0)
    await assertReverts(stage.withdraw(listed.gateway, miner), 'TransferFailed', [getAddress(miner)])
    assert.equal(await stage.owed(listed.gateway, miner), 10n)
    await stage.act(listed.token, 'list', [miner, false])
    await stage.withdraw(listed.gateway, miner)
    assert.equal(await stage.balance(listed.token, miner), 10n)
  })

  it('that is stopped, or lists the gateway itself, makes all wait, and nobody loses', async () => {
    await stage.deposit(listed.gateway, 2_000n, bob, { from: alice })
    const block = await to(listed.gateway, alice, carol)
    for (const [name, args] of [
      ['pause', []],
      ['list', [listed.gateway]],
    ] as const) {
      await stage.act(listed.token, name, [...args, true])
      assert.deepEqual(failed(await stage.claimMany(listed.gateway, block, [0, 1])), [0n, 1n])
      await assertReverts(stage.deposit(listed.gateway, 1n, bob, { from: alice }), 'TransferFailed')
      await stage.act(listed.token, name, [...args, false])
    }
    assert.deepEqual(failed(await stage.claimMany(listed.gateway, block, [0, 1])), [])
    await assertBacked(stage, listed.token, listed.gateway, { owed: [miner] })
  })
})

describe('a token that', () => {
  const bad = [
    'reverts',
    'reverts with 300 kB',
    'answers false',
    'moves and answers false',
    'moves and answers 2',
    'moves and answers 31 bytes',
  ] as const
  for (const mood of bad) {
    it(`${mood} is not deposited`, async () => {
      await set('honest', mood, 'honest')
      const refused = stage.deposit(moody.gateway, 100n, bob, { from: alice })
      await assertReverts(refused, 'TransferFailed', [getAddress(alice)])
      assert.deepEqual([await stage.supply(moody.gateway), await stage.balance(moody.token, alice)], [0n, 10_000n])
    })

    it(`${mood} for one recipient makes that one wait, and nobody else`, async () => {
      await stage.deposit(moody.gateway, 3_000n, bob, { from: alice })
      const block = await to(moody.gateway, alice, carol, bob)
      await set(mood, 'honest', 'honest', carol)
      await assertReverts(stage.claim(moody.gateway, block, 1), 'TransferFailed', [getAddress(carol)])
      const receipt = await stage.claimMany(moody.gateway, block, [0, 1, 2])
      assert.deepEqual(failed(receipt), [1n])
      assert.deepEqual(await claimed(moody.gateway, [0n, 1n, 2n]), [true, false, true])
      await assertBacked(stage, moody.token, moody.gateway, { owed: [miner] })
      await set('honest', 'honest', 'honest')
      await stage.claim(moody.gateway, block, 1)
      assert.equal(await stage.balance(moody.token, carol), 990n)
    })
  }

  it('answers 300 kB costs the memory that it writes, and the gateway reads none of it', async () => {
    await stage.deposit(moody.gateway, 2_000n, bob, { from: alice })
    const block = await to(moody.gateway, carol, carol)
    await stage.claim(moody.gateway, block, 0)
    const again = await chain.snapshot()
    const usual = await stage.claim(moody.gateway, block, 1)
    await again()
    await set('moves and answers 300 kB', 'moves and answers 300 kB', 'honest')
    const loud = await stage.claim(moody.gateway, block, 1)
    // 300,000 bytes are 9,375 words: 3 gas each, and the square of them by 512. Copied once they would cost as much again, and 3 for each.
    const memory = 9_375n * 3n + 9_375n ** 2n / 512n
    const more = loud.gasUsed - usual.gasUsed
    assert(more > memory - 1_000n && more < memory + 10_000n, `${more} gas more, of which ${memory} for memory`)
    await stage.deposit(moody.gateway, 1n, bob, { from: alice })
    assert.equal(await stage.balance(moody.token, carol), 1_980n)
  })

  it('burns all gas takes as much as a payment may have, and the others are paid', async () => {
    await stage.deposit(moody.gateway, 4_000n, bob, { from: alice })
    const block = await to(moody.gateway, alice, carol, carol, bob)
    await set('burns all gas', 'honest', 'honest', carol)
    const receipt = await stage.claimMany(moody.gateway, block, [0, 1, 2, 3])
    assert.deepEqual(failed(receipt), [1n, 2n])
    assert(receipt.gasUsed > 2n * GAS_EACH && receipt.gasUsed < 2n * GAS_EACH + 500_000n, `${receipt.gasUsed}`)
    await assert.rejects(stage.claim(moody.gateway, block, 1, { gas: 1_000_000n }))
    await set('honest', 'honest', 'honest')
    await stage.claimMany(moody.gateway, block, [1, 2])
    assert.equal(await stage.balance(moody.token, carol), 1_980n)
  })

  it('does not say what the gateway has is not deposited, and what is there can be claimed', async () => {
    await stage.deposit(moody.gateway, 1_000n, bob, { from: alice })
    for (const mood of ['reverts', 'reverts with 300 kB', 'moves and answers 31 bytes'] as const) {
      await set('honest', 'honest', mood)
      const refused = stage.deposit(moody.gateway, 10n, bob, { from: alice })
      await assertReverts(refused, 'BadToken', [getAddress(moody.token.address)])
    }
    for (const mood of ['answers false', 'moves and answers 300 kB'] as const) {
      await set('honest', 'honest', mood)
      await assertReverts(stage.deposit(moody.gateway, 10n, bob, { from: alice }), 'BelowMinimum', [0n, 1n])
    }
    await set('honest', 'honest', 'burns all gas')
    await assert.rejects(stage.deposit(moody.gateway, 10n, bob, { from: alice }))
    await stage.claim(moody.gateway, await to(moody.gateway, carol), 0)
    assert.equal(await stage.supply(moody.gateway), 0n)
  })
})

describe('a token that says that it has what it never had', () => {
  it('is entered up to 2^128 - 1 and no further, and reaches nothing of anybody else', async () => {
    await stage.deposit(plain.gateway, 5_000n, bob, { from: alice })
    await stage.deposit(lying.gateway, MOST, bob, { from: alice })
    await assertReverts(stage.deposit(lying.gateway, MOST, bob, { from: alice }), 'AboveMaximum', [MOST, 0n])
    const block = await stage.final([
      { gateway: lying.gateway, to: carol, amount: MOST },
      { gateway: plain.gateway, to: carol, amount: 5_000n },
    ])
    await stage.claim(lying.gateway, block, 0)
    await stage.withdraw(lying.gateway, miner)
    await assertBacked(stage, plain.token, plain.gateway, { owed: [] })
    await stage.claim(plain.gateway, block, 1)
    assert.equal(await stage.balance(plain.token, carol), 4_950n)
  })

  it('is entered as nothing if it says that less is there than before, or more than was asked for', async () => {
    await stage.act(lying.token, 'tell', [lying.gateway, 2n ** 256n - 1n])
    // The sum wraps around: less than before.
    await assertReverts(stage.deposit(lying.gateway, 100n, bob, { from: alice }), 'BelowMinimum', [0n, 1n])
    assert.equal(await stage.supply(lying.gateway), 0n)
  })
})

describe('a token whose code is gone', () => {
  it('by the transaction that made it has a gateway that takes nothing', async () => {
    const magician = await stage.deploy('Magician')
    await stage.act(magician, 'perform', [stage.factory])
    const token = parseAddress(String(await stage.ask(magician, 'token')).toLowerCase())
    assert.equal(await chain.client.getCode({ address: token }), undefined)
    const gateway = gatewayOf(stage.factory, token)
    assert.notEqual(await chain.client.getCode({ address: gateway }), undefined)
    await assertReverts(stage.deposit(gateway, 1n, bob, { from: alice }), 'BadToken', [getAddress(token)])
  })

  it('later pays nothing, and everything once it is back', async () => {
    await stage.deposit(plain.gateway, 1_000n, bob, { from: alice })
    const block = await to(plain.gateway, carol)
    const code = await chain.client.getCode({ address: plain.token.address })
    await chain.request('hardhat_setCode', [plain.token.address, '0x'])
    await assertReverts(stage.claim(plain.gateway, block, 0), 'TransferFailed', [getAddress(carol)])
    assert.deepEqual(failed(await stage.claimMany(plain.gateway, block, [0])), [0n])
    assert.equal(await stage.supply(plain.gateway), 1_000n)
    await chain.request('hardhat_setCode', [plain.token.address, code])
    await stage.claim(plain.gateway, block, 0)
    assert.equal(await stage.balance(plain.token, carol), 990n)
  })
})

describe('recipients with hooks', () => {
  it('that refuse or burn gas wait alone', async () => {
    const puppet = await stage.deploy('Puppet', [], 'test/contract/harness/Puppet.sol')
    await stage.act(hooked.token, 'hook', [puppet.address])
    await stage.deposit(hooked.gateway, 3_000n, bob, { from: alice })
    const block = await to(hooked.gateway, alice, puppet.address, bob)
    await stage.act(puppet, 'set', [1])
    await assertReverts(stage.claim(hooked.gateway, block, 1), 'TransferFailed', [getAddress(puppet.address)])
    await stage.act(puppet, 'set', [2])
    assert.deepEqual(failed(await stage.claimMany(hooked.gateway, block, [0, 1, 2])), [1n])
    await stage.act(puppet, 'set', [0])
    await stage.claim(hooked.gateway, block, 1)
    await assertBacked(stage, hooked.token, hooked.gateway, { owed: [miner] })
  })

  it('stop no claim as miners of the block', async () => {
    const puppet = await stage.deploy('Puppet', [], 'test/contract/harness/Puppet.sol')
    await stage.act(hooked.token, 'hook', [puppet.address])
    await stage.act(puppet, 'set', [2])
    await stage.deposit(hooked.gateway, 1_000n, bob, { from: alice })
    const leaving = [{ gateway: hooked.gateway, to: bob, amount: 1_000n }]
    const block = await stage.final(leaving, { miner: puppet.address })
    await stage.claim(hooked.gateway, block, 0)
    assert.equal(await stage.owed(hooked.gateway, puppet.address), 10n)
  })
})

describe('a token of two addresses', () => {
  it('has two gateways, each with balances of its own, and neither pays what is the other’s', async () => {
    const first = await stage.list('FacedToken', [alice], 10_000n)
    const second: Contract = await stage.deploy('SecondFace', [first.token.address])
    const gateway = await stage.open(second.address)
    await stage.act(first.token, 'approve', [gateway, 10_000n], { from: alice })
    await stage.deposit(first.gateway, 1_000n, bob, { from: alice })
    await stage.deposit(gateway, 2_000n, bob, { from: alice })
    await assertBacked(stage, first.token, first.gateway, { owed: [] })
    await assertBacked(stage, second, gateway, { owed: [] })
    const block = await stage.final([
      { gateway, to: carol, amount: 2_000n },
      { gateway: first.gateway, to: carol, amount: 1_000n },
    ])
    await stage.claim(gateway, block, 0)
    await stage.claim(first.gateway, block, 1)
    await assertBacked(stage, second, gateway, { owed: [miner] })
    assert.equal(await stage.balance(first.token, carol), 2_970n)
  })
})
