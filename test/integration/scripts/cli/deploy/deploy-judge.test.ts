// The judge that ttx deploy sends before a bridge: once for a chain, whoever is faster, and through the one contract that puts it where it has to be.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPublicClient, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { CREATE2_PROXY, CREATE2_PROXY_CODE, JUDGE } from '../../../../../node/ethereum/deploying/creation.ts'
import { deploy } from '../../../../../node/ethereum/deploying/deploy.ts'
import { accountOf, genesisOf } from '../../../../../scripts/assure/models/world.ts'
import { interrupted } from '../../../../../scripts/cli/failure.ts'
import { EthereumProxy } from '../../../../support/chain/ethereum-proxy.ts'
import { DeployStage } from '../../../../support/deploying.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'
import { until } from '../../../../support/processes/processes.ts'

test('a second bridge is given the judge that the first one left, whoever deployed it', async (t) => {
  const stage = await DeployStage.open(t, { hasJudge: false })
  const first = await stage.json(...stage.deployment())
  const before = await stage.anvil.client.getTransactionCount({ address: stage.account })
  const second = await stage.json(
    ...stage.deployment('--out', stage.file('second.json'), '--accept', 'shared-genesis', '--floor-price', '2'),
  )
  assert.equal(second.judge, first.judge)
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), before + 1)
})

test('who is cut off behind the judge goes on with the bridge', async (t) => {
  const stage = await DeployStage.open(t, { hasJudge: false })
  const proxy = await EthereumProxy.start(stage.anvil.url)
  t.after(() => proxy[Symbol.asyncDispose]())
  // The judge is sent, and its receipt is never seen.
  proxy.tamper = ({ method }) => (method === 'eth_getTransactionReceipt' ? { status: 500 } : undefined)
  const shell = fakeShell({ folder: stage.folder })
  const running = stage.runIn(shell, ...stage.deployment('--ethereum', proxy.url))
  const isAsked = () => proxy.calls.some(({ method }) => method === 'eth_getTransactionReceipt')
  await until('the question for a receipt', async () => isAsked() || undefined)
  shell.controller.abort(interrupted())
  assert.notEqual((await running).exitCode, 0)
  const done = await stage.json(...stage.deployment())
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 2)
  assert.equal((await stage.read()).bridge, done.bridge)
})

test('who finds that somebody else was faster with the judge takes theirs', async (t) => {
  const stage = await DeployStage.open(t, { hasJudge: false })
  const proxy = await EthereumProxy.start(stage.anvil.url)
  t.after(() => proxy[Symbol.asyncDispose]())
  let isDeployed = false
  proxy.tamper = async ({ method }) => {
    if (method === 'eth_sendRawTransaction' && !isDeployed) {
      isDeployed = true
      await stage.anvil.deployJudge() // in a block before ours, which then has no effect
    }
    return undefined
  }
  const done = await stage.json(...stage.deployment('--ethereum', proxy.url))
  assert.ok(isDeployed)
  assert.equal((await stage.read()).bridge, done.bridge)
})

test('a chain without the contract that puts a judge where it has to be is told so', async (t) => {
  const stage = await DeployStage.open(t, { flags: ['--disable-default-create2-deployer'], hasJudge: false })
  const { error } = await stage.json(...stage.deployment())
  assert.equal(error.code, 'no-create2-proxy')
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 0)
})

test('where something else has the place of that contract nothing is sent to it, and no bridge is made that has no judge', async (t) => {
  const stage = await DeployStage.open(t, { hasJudge: false })
  const { client } = stage.anvil
  // Accepts whatever it is sent, makes another contract of it, or has one byte more than the one that is known.
  for (const code of ['0x00', '0x365f5f375f365ff05f5260205ff3', `${CREATE2_PROXY_CODE}00`] as const) {
    await client.setCode({ address: CREATE2_PROXY, bytecode: code })
    for (const flags of [['--dry-run'], []]) {
      const { error } = await stage.json(...stage.deployment(...flags))
      assert.deepEqual([error.code, /another contract/.test(error.message)], ['no-create2-proxy', true], code)
    }
    const transport = http(stage.anvil.url)
    const wallet = createWalletClient({ account: privateKeyToAccount(`0x${'11'.repeat(32)}`), transport })
    const deploying = deploy({
      wallet,
      client: createPublicClient({ transport }),
      genesis: genesisOf(accountOf('holder')),
    })
    await assert.rejects(deploying, { code: 'no-create2-proxy' })
  }
  assert.equal(await client.getTransactionCount({ address: stage.account }), 0)
  await client.setCode({ address: CREATE2_PROXY, bytecode: CREATE2_PROXY_CODE })
  assert.equal((await stage.json(...stage.deployment())).judge, JUDGE)
})
