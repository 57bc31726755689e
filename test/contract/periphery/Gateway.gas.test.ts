// What each call of a gateway costs with a plain token, against gas.json beside this file, and what it will cost after Ethereum's next fork, against
// gas-amsterdam.json. TTX_UPDATE_GAS=1 rewrites the files.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, describe, it } from 'node:test'
import { encodeDeployData, encodeFunctionData, parseSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { gatewayAbi } from '../../../deployments/gateway-abi.ts'
import { gatewayFactoryAbi } from '../../../deployments/gateway-factory-abi.ts'
import { gatewayFactoryBytecode } from '../../../deployments/gateway-factory-bytecode.ts'
import { parseAddress } from '../../../node/protocol/ids.ts'
import { someHash } from '../../support/contract/blocks.ts'
import { type Fork, type Receipt, readArtifact } from '../../support/contract/chain.ts'
import { GatewayStage } from '../../support/contract/gateway-stage.ts'

const FILES = {
  osaka: new URL('gas.json', import.meta.url),
  amsterdam: new URL('gas-amsterdam.json', import.meta.url),
} as const
const UNIT = 10n ** 18n
const MOST_BYTES = 16_000
const OWNER = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

for (const fork of ['osaka', 'amsterdam'] as const) await measure(fork)

async function measure(fork: Fork): Promise<void> {
  const measured: Record<string, number> = {}
  const stage = await GatewayStage.start(fork)
  const { chain, fixture } = stage
  const [alice, bob] = [fixture.account(2), fixture.account(3)]
  const stranger = (i: number) => parseAddress(`0x${someHash(i + 1_000).slice(-40)}`)

  function note(name: string, { gasUsed }: Receipt, limit: bigint): void {
    measured[name] = Number(gasUsed)
    assert(fork === 'amsterdam' || gasUsed <= limit, `${name} costs ${gasUsed} gas, more than ${limit}`)
  }

  describe(`gas of gateways by the rules of ${fork}`, () => {
    after(() => stage[Symbol.asyncDispose]())

    it('of making them is small, since they are clones', async () => {
      const data = encodeDeployData({
        abi: gatewayFactoryAbi,
        bytecode: gatewayFactoryBytecode,
        args: [fixture.bridge],
      })
      note('deploy the factory', await chain.send(undefined, data), 2_000_000n)
      const { address } = await stage.deploy('PlainToken', [18])
      const create = encodeFunctionData({ abi: gatewayFactoryAbi, functionName: 'create', args: [address] })
      note('create', await chain.send(stage.factory, create), 90_000n)
      note('create, is there', await chain.send(stage.factory, create), 40_000n)
    })

    it('of a deposit is what the token and the bridge take, and little more', async () => {
      const { token, gateway } = await stage.list('PlainToken', [alice, fixture.account(0)], 1_000n * UNIT, [18])
      note('deposit, first of all', await stage.deposit(gateway, UNIT, bob, { from: alice }), 190_000n)
      note('deposit', await stage.deposit(gateway, UNIT, bob, { from: alice }), 130_000n)
      const value = (await stage.price()) + 1n
      note('deposit, too much paid', await stage.deposit(gateway, UNIT, bob, { from: alice, value }), 150_000n)
      const deadline = chain.time + 100n
      const nonce = BigInt(String(await stage.ask(token, 'nonces', [OWNER.address])))
      const signature = await OWNER.signTypedData({
        domain: { name: 'Token', version: '1', chainId: 31_337, verifyingContract: token.address },
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
        message: { owner: OWNER.address, spender: gateway, value: UNIT, nonce, deadline },
      })
      const { r, s, yParity } = parseSignature(signature)
      const args = [UNIT, bob, deadline, 27 + yParity, r, s] as const
      const permit = encodeFunctionData({ abi: gatewayAbi, functionName: 'depositWithPermit', args })
      const receipt = await chain.send(gateway, permit, { value: await stage.price() })
      note('depositWithPermit', stage.note(receipt), 200_000n)
    })

    it('of a claim is the proof, the token, and a word for the miner and for 256 requests', async () => {
      const { token, gateway } = await stage.list('PlainToken', [alice], 1_000n * UNIT, [18])
      await stage.deposit(gateway, 1_000n * UNIT, bob, { from: alice })
      const recipients = Array.from({ length: 200 }, (_, i) => stranger(i))
      const block = await stage.final(recipients.map((to) => ({ gateway, to, amount: UNIT })))
      note('claim, first of all', await stage.claim(gateway, block, 0), 190_000n)
      note('claim, new holder', await stage.claim(gateway, block, 1), 120_000n)
      await stage.act(token, 'mint', [stranger(2), 1n])
      note('claim, repeat holder', await stage.claim(gateway, block, 2), 110_000n)
      const indices = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
      note('claimMany, 50 new holders', await stage.claimMany(gateway, block, indices(10, 50)), 50n * 70_000n)
      note('claimMany, 1 new holder', await stage.claimMany(gateway, block, [100]), 130_000n)
      note('claimMany, 50 that are paid', await stage.claimMany(gateway, block, indices(10, 50)), 50n * 20_000n)
      const next = await stage.final([{ gateway, to: stranger(1), amount: UNIT }], { miner: fixture.account(6) })
      note('claim, first of a miner', await stage.claim(gateway, next, 0), 130_000n)
      const unpaid = await stage.unpaid([{ gateway, to: stranger(1), amount: UNIT }])
      note('claim, of a block that did not earn', await stage.claim(gateway, unpaid, 0), 120_000n)
      note('withdraw, new holder', await stage.withdraw(gateway, fixture.account(1)), 80_000n)
    })

    it('and the size of the code are what the file says', async () => {
      for (const name of ['Gateway', 'GatewayFactory']) {
        const { deployedBytecode } = await readArtifact(`contracts/periphery/${name}.sol/${name}.json`)
        const bytes = deployedBytecode.length / 2 - 1
        measured[`bytes of ${name}`] = bytes
        assert(bytes <= MOST_BYTES)
      }
      if (process.env['TTX_UPDATE_GAS']) await writeFile(FILES[fork], `${JSON.stringify(measured, undefined, 2)}\n`)
      assert.deepEqual(measured, JSON.parse(await readFile(FILES[fork], 'utf8')))
    })
  })
}
