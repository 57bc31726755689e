// A node that serves another network than the one that is meant, or names another one later: no command asks it for more, signs or pays.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createNodeClient } from '../../../../node/client/rpc.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../../node/protocol/units.ts'
import type { Result } from '../../../../node/rpc/api.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, genesisOf, RULES } from '../../../../scripts/assure/models/world.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { deploymentOf } from '../../../support/chain/deployment-of.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

type Network = Result<'node_info'>['network']

const [alice, other] = [accountOf('alice').address, accountOf('other').address]
const genesis = genesisOf(accountOf('alice'))
const gatewayFactory = accountOf('factory').address
const easiestTarget = 2n ** 240n
const right: Network = { ...RULES, floorPrice: 7n, genesis: genesisInfohash(genesis), gatewayFactory }
const WRONG: Required<Network> = {
  chain: RULES.chain + 1n,
  bridge: other,
  token: other,
  minRequest: RULES.minRequest - 1n,
  floorPrice: 8n,
  genesis: genesisInfohash(genesisOf(accountOf('other'))),
  gatewayFactory: other,
}
/** All that would pay, and some that only look. */
const COMMANDS = [
  ['bridge', '5', alice],
  ['send', '5', other],
  ['asset', 'issue', 'GOLD', '5'],
  ['offer', 'create', '--give', '5', '--want', '6', '--want-asset', 'ab'.repeat(20)],
  ['deposit', '5', '--ethereum', 'http://127.0.0.1:9'],
  ['deposit', '5', '--asset', other, '--ethereum', 'http://127.0.0.1:9'],
  ['claim', 'ab'.repeat(20), '--ethereum', 'http://127.0.0.1:9'],
  ['force', 'ab'.repeat(20), '--ethereum', 'http://127.0.0.1:9'],
  ['balance'],
  ['status', 'ab'.repeat(20)],
  ['asset', 'list'],
]

/** A node that says `networks` in turn, and then always the last one. */
async function open(t: TestContext, ...networks: readonly Network[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-other-network-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const saved = await saveWallet(join(folder, 'wallets'), 'alice', accountOf('alice').key, 'four words', {
    scryptN: 4_096,
  })
  saved[Symbol.dispose]()
  const state = stateRoot(genesisState(genesis))
  const definition = {
    ...{ rules: RULES, genesis, easiestTarget, minDeposit: 100n, floorPrice: toGasPrice(7n) },
    ...{ deployedBlock: 0n, deployedAt: toTime(0n) },
    genesisBlock: genesisBlock({ ...RULES, easiestTarget, state }),
  }
  const file = join(folder, 'network.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(deploymentOf(definition)), gatewayFactory }))
  const asked: string[] = []
  let told = 0
  const url = await serve(t, {
    node_info: async () => ({
      ...EXAMPLES.node_info.result,
      network: networks[Math.min(told++, networks.length - 1)] ?? right,
    }),
    account_balance: async () => ({ ...EXAMPLES.account_balance.result, spendable: 0n }),
    tx_submit: async () => {
      asked.push('tx_submit')
      throw new Error('a transaction arrived')
    },
  })
  const run = async (...args: readonly string[]) => {
    told = 0
    const shell = fakeShell({ folder, env: { TTX_PASSPHRASE: 'four words' } })
    const common = ['--node', url, '--data', folder, '--wallet', 'alice', '--log-level', 'silent', '--json']
    const exitCode = await runCli([...args, ...common], shell)
    return { exitCode, ...JSON.parse(shell.out()) }
  }
  return { run, asked, file, url }
}

for (const name of Object.keys(WRONG) as (keyof Network)[]) {
  test(`with a deployment file, a node with another ${name} is refused by every command`, async (t) => {
    const { run, asked, file } = await open(t, { ...right, [name]: WRONG[name] })
    for (const command of COMMANDS) {
      const { exitCode, error } = await run(...command, '--deployment', file)
      assert.deepEqual([exitCode, error?.code, error?.facts?.name], [1, 'node-other-network', name], command.join(' '))
    }
    assert.deepEqual(asked, [])
  })
}

test('a node that forgets the factory of gateways that the file names is refused', async (t) => {
  const { gatewayFactory: _, ...without } = right
  const { run, file } = await open(t, without)
  assert.equal((await run('asset', 'list', '--deployment', file)).error.code, 'node-other-network')
})

test('with or without a deployment file, a node that names another bridge the second time is not paid for it', async (t) => {
  const { run, asked, file } = await open(t, right, { ...right, bridge: other })
  for (const more of [[], ['--deployment', file]]) {
    const { exitCode, error } = await run('bridge', '5', alice, ...more)
    assert.deepEqual([exitCode, error?.code, error?.facts?.name], [1, 'node-other-network', 'bridge'])
  }
  assert.deepEqual(asked, [])
})

test('the network of the file is let through', async (t) => {
  const { run, file, url } = await open(t, right)
  const { error } = await run('bridge', '5', alice, '--deployment', file)
  assert.equal(error.code, 'node-failed', 'the next question is one that this server does not know')
  assert.deepEqual((await createNodeClient(url).call('node_info', {})).network, right)
})
