// ttx deploy-gateways: a network gets its factory of gateways once, and whatever else a file names as that is told by verify-deployment.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factoryCreationCode, implementationOf } from '../../../../../node/ethereum/gateways/factory.ts'
import { type Address, parseAddress } from '../../../../../node/protocol/ids.ts'
import { accountOf } from '../../../../../scripts/assure/models/world.ts'
import { DeployStage } from '../../../../support/deploying.ts'

async function openNetwork(stage: DeployStage) {
  const deployed = await stage.json(...stage.deployment())
  assert.equal(deployed.error, undefined, JSON.stringify(deployed))
  const file = stage.file('net.json')
  const links = ['--ethereum', stage.anvil.url]
  const deployGateways = (...flags: string[]) =>
    stage.json('deploy-gateways', file, ...links, '--confirmations', '1', '--poll-ms', '20', ...flags)
  const differences = async (what: string): Promise<string | string[]> => {
    const { right, error } = await stage.json('verify-deployment', what, ...links)
    if (error?.code !== 'deployment-differs') return error?.code ?? (right === true ? 'right' : 'nothing')
    return error.facts.differences.map((text: string) => text.split(':')[0])
  }
  return { file, deployGateways, differences }
}

test('the factory is made once, is in the file, and is found right by its code', async (t) => {
  const stage = await DeployStage.open(t)
  const { file, deployGateways, differences } = await openNetwork(stage)
  assert.equal((await deployGateways()).error.code, 'not-confirmed')
  assert.equal((await stage.read()).gatewayFactory, undefined, 'nothing was sent')
  const { gatewayFactory, implementation, earlier } = await deployGateways('--yes')
  assert.equal((await stage.read()).gatewayFactory, gatewayFactory)
  assert.equal(implementation, implementationOf(gatewayFactory))
  assert.equal(earlier, false)
  assert.equal(await differences(file), 'right')
  const again = await deployGateways('--yes')
  assert.equal(again.error.code, 'bad-arguments')
  assert.match(again.error.message, /ttx verify-deployment/)
})

test('another contract, none, and the factory of another bridge are not the factory of this one', async (t) => {
  const stage = await DeployStage.open(t)
  const { differences } = await openNetwork(stage)
  const deployment = await stage.read()
  const named = async (gatewayFactory: Address) =>
    differences(await stage.write('named.json', { ...deployment, gatewayFactory }))
  assert.deepEqual(await named(accountOf('nobody').address), ['factory code', 'implementation code'])
  assert.deepEqual(await named(deployment.token), ['factory code', 'implementation code'])
  const { client, account } = stage.anvil
  const data = factoryCreationCode(accountOf('another bridge').address)
  const hash = await client.sendTransaction({ account, data, chain: null })
  const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 10 })
  assert(contractAddress)
  const other = parseAddress(contractAddress.toLowerCase())
  assert.deepEqual(await named(other), ['factory bridge', 'implementation bridge'])
})
