// Deploying on a chain of Hardhat's: what the file says is what is there.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { createWalletClient, custom } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getEip712Domain } from 'viem/actions'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { type Deployment, parseDeployment } from '../../node/deployment.ts'
import { CREATE2_PROXY, CREATE2_PROXY_CODE } from '../../node/ethereum/deploying/creation.ts'
import { deploy } from '../../node/ethereum/deploying/deploy.ts'
import { DEFAULT_PARAMETERS } from '../../node/ethereum/deploying/parameters.ts'
import { ZERO_HASH } from '../../node/protocol/ids.ts'
import { writeDeployment } from '../../scripts/cli/commands/deploy/deployment-files.ts'
import { TestChain } from '../support/contract/chain.ts'
import { founder, genesisTransaction } from '../support/contract/fixture.ts'

const chain = await TestChain.start()
await chain.request('hardhat_setCode', [CREATE2_PROXY, CREATE2_PROXY_CODE])
const folder = await mkdtemp(join(tmpdir(), 'torrenttx-'))
after(async () => {
  await chain[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

it('deploys, and writes down where and with what', async () => {
  const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  const request = ({ method, params }: { method: string; params?: unknown }) =>
    chain.request(method, (params ?? []) as [])
  const wallet = createWalletClient({ account, transport: custom({ request }) })
  const deployment = await deploy({ wallet, client: chain.client, genesis: genesisTransaction, minRequest: 7n })
  const file = join(folder, '31337.json')
  await writeDeployment(deployment, file)
  const written: Deployment = JSON.parse(await readFile(file, 'utf8'))
  assert.deepEqual(written, deployment)

  const { bridge, genesis, parameters, token } = written
  assert.equal(parseDeployment(await readFile(file, 'utf8'), file).rules.token, token)
  const ask = (functionName: 'token' | 'genesis' | 'minRequest') =>
    chain.client.readContract({ abi: bridgeAbi, address: bridge, functionName })
  assert.equal(String(await ask('token')).toLowerCase(), token)
  assert.equal(await ask('genesis'), genesis.id)
  // As docs/protocol.md has it, section 6.1.
  const domain = await getEip712Domain(chain.client, { address: token })
  assert.deepEqual(
    { ...domain.domain, verifyingContract: domain.domain.verifyingContract.toLowerCase() },
    { name: 'Wrapped TorrentTX', version: '1', chainId: 31_337, verifyingContract: token, salt: ZERO_HASH },
  )
  assert.deepEqual([domain.fields, domain.extensions], ['0x0f', []])
  assert.equal(await ask('minRequest'), 7n)
  assert.equal(BigInt(parameters.easiestTarget), DEFAULT_PARAMETERS.easiestTarget)
  assert.equal(parameters.minDeposit, String(DEFAULT_PARAMETERS.minDeposit))
  assert.equal(genesis.header.length, 2 + 2 * 417)
  assert(genesis.file.includes(founder.address))
  const { timestamp } = await chain.client.getBlock({ blockNumber: BigInt(written.block) })
  assert.equal(written.time, timestamp.toString())
})

it('refuses a genesis that its key did not sign', async () => {
  const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  const request = ({ method, params }: { method: string; params?: unknown }) =>
    chain.request(method, (params ?? []) as [])
  const wallet = createWalletClient({ account, transport: custom({ request }) })
  const genesis = { ...genesisTransaction, time: genesisTransaction.time + 1 }
  await assert.rejects(deploy({ wallet, client: chain.client, genesis }), { code: 'bad-genesis' })
})
