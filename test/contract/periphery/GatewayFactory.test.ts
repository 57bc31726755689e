// The factory of gateways: an address that follows from the token, whoever makes it and when, and what has none.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeDeployData, encodeFunctionData, getAddress, type Hex, zeroAddress } from 'viem'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'
import { gatewayFactoryBytecode } from '../../../deployments/gateway-factory-bytecode.ts'
import { gatewayOf } from '../../../node/ethereum/gateways/gateway.ts'
import { type Address, parseAddress, toBytes } from '../../../node/protocol/ids.ts'
import { someHash, toHex } from '../../support/contract/blocks.ts'
import { assertReverts, readArtifact } from '../../support/contract/chain.ts'
import { freshStage, GatewayStage } from '../../support/contract/gateway-stage.ts'

const stage = await GatewayStage.start()
const { chain, fixture, factory } = stage
await freshStage(stage)
const { abi } = await readArtifact('contracts/periphery/GatewayFactory.sol/GatewayFactory.json')
const asked = async (token: Hex) => {
  const answer = await chain.client.readContract({
    abi: gatewayFactoryAbi,
    address: factory,
    functionName: 'gatewayOf',
    args: [token],
  })
  return answer.toLowerCase()
}
const create = (token: Hex, from = fixture.account(0)) =>
  chain.send(factory, encodeFunctionData({ abi: gatewayFactoryAbi, functionName: 'create', args: [token] }), { from })
const codeOf = async (address: Hex) => (await chain.client.getCode({ address })) ?? '0x'

describe('gatewayOf', () => {
  it('is what anyone can reckon who knows the factory and the token, before and after it is made', async () => {
    for (let i = 0; i < 50; i++) {
      const token = parseAddress(toHex(toBytes(someHash(i)).subarray(12)))
      assert.equal(await asked(token), gatewayOf(factory, token))
    }
    const { address } = await stage.deploy('PlainToken', [18])
    const gateway = gatewayOf(factory, address)
    assert.equal(await codeOf(gateway), '0x')
    await create(address)
    assert.equal(await asked(address), gateway)
    assert.equal((await codeOf(gateway)).length, 2 + 2 * 65)
    const read = (functionName: 'token' | 'bridge') =>
      chain.client.readContract({ abi: gatewayAbi, address: gateway, functionName })
    assert.deepEqual([await read('token'), await read('bridge')], [getAddress(address), getAddress(fixture.bridge)])
  })

  it('is the same by the bytecode that is kept, which makes its implementation first', async () => {
    const data = encodeDeployData({ abi, bytecode: gatewayFactoryBytecode, args: [fixture.bridge] })
    const { contractAddress } = await chain.send(undefined, data)
    assert(contractAddress)
    const other = parseAddress(contractAddress.toLowerCase())
    const { address } = await stage.deploy('PlainToken', [18])
    const read = await chain.client.readContract({
      abi: gatewayFactoryAbi,
      address: other,
      functionName: 'gatewayOf',
      args: [address],
    })
    assert.equal(read.toLowerCase(), gatewayOf(other, address))
    assert.notEqual(gatewayOf(other, address), gatewayOf(factory, address))
  })
})

describe('create', () => {
  it('makes the gateway of a token once, whoever asks, and answers where it is if it is there', async () => {
    const { address } = await stage.deploy('PlainToken', [18])
    const [first] = (await create(address, fixture.account(3))).logs
    assert.deepEqual(first?.topics.slice(1), [word(address), word(gatewayOf(factory, address))])
    const again = await create(address, fixture.account(4))
    assert.equal(again.logs.length, 0)
    const simulated = await chain.client.simulateContract({
      abi: gatewayFactoryAbi,
      address: factory,
      functionName: 'create',
      args: [address],
    })
    assert.equal(simulated.result.toLowerCase(), gatewayOf(factory, address))
  })

  it('refuses what is no token: nothing, no code, the bridge, wTTX, and gateways, even of gateways that say they hold something', async () => {
    const { address } = await stage.deploy('PlainToken', [18])
    const gateway = await stage.open(address)
    for (const token of [zeroAddress, fixture.account(3), fixture.bridge, fixture.token, gateway])
      await assertReverts(create(token), 'BadToken', [getAddress(token)])
  })

  it('takes any other code of the length of a gateway for what it is', async () => {
    // Code that has the bytes of a gateway, the token too, and is another's clone.
    const { address } = await stage.deploy('PlainToken', [18])
    const data = encodeDeployData({ abi, bytecode: gatewayFactoryBytecode, args: [fixture.bridge] })
    const { contractAddress } = await chain.send(undefined, data)
    assert(contractAddress)
    const foreign = gatewayOf(parseAddress(contractAddress.toLowerCase()), address)
    await chain.send(
      contractAddress,
      encodeFunctionData({ abi: gatewayFactoryAbi, functionName: 'create', args: [address] }),
    )
    await create(foreign)
    assert.notEqual(await codeOf(gatewayOf(factory, foreign)), '0x')
  })

  it('takes code that is shorter than that of any gateway, as that of an account by EIP-7702', async () => {
    for (const code of ['0x00', `0xef0100${fixture.bridge.slice(2)}`, `0x${'5b'.repeat(44)}`]) {
      const token = parseAddress(toHex(toBytes(someHash(code.length)).subarray(12)))
      await chain.request('hardhat_setCode', [token, code])
      await create(token)
      assert.notEqual(await codeOf(gatewayOf(factory, token)), '0x')
    }
  })

  it('makes it at its address although coins were there before', async () => {
    const { address } = await stage.deploy('PlainToken', [18])
    const gateway = gatewayOf(factory, address)
    await chain.send(gateway, '0x', { value: 5n })
    await create(address)
    assert.notEqual(await codeOf(gateway), '0x')
    // They are given to who deposits next, since none are meant to be here.
    const holder = fixture.account(2)
    const token = { address, abi: (await readArtifact('test/contract/harness/Tokens.sol/PlainToken.json')).abi }
    await stage.act(token, 'mint', [holder, 10n])
    await stage.act(token, 'approve', [gateway, 10n], { from: holder })
    const before = await chain.client.getBalance({ address: holder })
    const price = await stage.price()
    const { gasUsed } = await stage.deposit(gateway, 10n, holder, { from: holder })
    assert.equal(await chain.client.getBalance({ address: holder }), before - price + 5n - gasUsed * chain.baseFee)
  })

  it('leaves an implementation that holds nothing and takes nothing', async () => {
    const implementation = await chain.client.readContract({
      abi: gatewayFactoryAbi,
      address: factory,
      functionName: 'implementation',
    })
    const deposit = encodeFunctionData({ abi: gatewayAbi, functionName: 'deposit', args: [1n, fixture.account(1)] })
    const value = await stage.price()
    await assertReverts(chain.send(implementation, deposit, { value }), 'BadToken')
    await assertReverts(chain.send(implementation, '0x', { value }), 'NotBridge', [getAddress(fixture.account(0))])
  })
})

describe('the contracts', () => {
  it('are below 16,000 bytes each', async () => {
    for (const name of ['Gateway', 'GatewayFactory']) {
      const { deployedBytecode } = await readArtifact(`contracts/periphery/${name}.sol/${name}.json`)
      assert(deployedBytecode.length / 2 - 1 < 16_000, name)
    }
  })
})

function word(address: Address): string {
  return `0x${address.slice(2).padStart(64, '0')}`
}
