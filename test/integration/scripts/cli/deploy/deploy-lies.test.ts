// ttx deploy through endpoints that lie: nothing is spent on nonsense, and what one of them shows otherwise is not called deployed.

import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { test } from 'node:test'
import { estimates, LyingEndpoint, SENSELESS, senseless } from '../../../../support/chain/lying-endpoint.ts'
import { DeployStage } from '../../../../support/deploying.ts'

async function openLiar(t: Parameters<typeof DeployStage.open>[0]) {
  const stage = await DeployStage.open(t)
  const liar = await LyingEndpoint.start(stage.anvil.url)
  t.after(() => liar[Symbol.asyncDispose]())
  const sent = () => stage.anvil.client.getTransactionCount({ address: stage.account, blockTag: 'pending' })
  return { stage, liar, sent }
}

test('answers without sense are errors of the endpoint', async (t) => {
  const { stage, liar, sent } = await openLiar(t)
  const methods = [
    ...['eth_chainId', 'eth_getBlockByNumber', 'eth_getCode', 'eth_call', 'eth_estimateGas'],
    ...['eth_maxPriorityFeePerGas', 'eth_getBalance'],
  ]
  for (const method of methods) {
    for (const result of SENSELESS) {
      liar.tell(senseless(result, method))
      const { exitCode, err } = await stage.run(...stage.deployment('--ethereum', liar.url, '--dry-run'))
      assert.ok(exitCode === 0 || exitCode === 1, `${method} ${JSON.stringify(result)}: ${exitCode} ${err}`)
    }
  }
  assert.equal(await sent(), 0)
})

test('an estimate that is too low does not make the deployment fail', async (t) => {
  const { stage, liar, sent } = await openLiar(t)
  liar.tell(estimates(21_000n))
  assert.match((await stage.json(...stage.deployment('--ethereum', liar.url))).bridge, /^0x/)
  assert.equal(await sent(), 1)
})

test('what one endpoint shows otherwise is not written down, and is found by the same command once all agree', async (t) => {
  const { stage, liar, sent } = await openLiar(t)
  liar.tell(({ method }) => (method === 'eth_getCode' ? { instead: () => '0x' } : undefined))
  const args = stage.deployment('--ethereum', `${stage.anvil.url},${liar.url}`)
  assert.equal((await stage.json(...args)).error.code, 'deployment-differs')
  await assert.rejects(access(stage.file('net.json')))
  liar.tellTheTruth()
  assert.equal((await stage.json(...args)).earlier, true)
  assert.equal(await sent(), 1)
})
