// ttx deploy on a real chain: what it says before, what it refuses, what it leaves on disk, and that a network stands on that.

import assert from 'node:assert/strict'
import { access, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { toHex } from 'viem'
import { bridgeAbi } from '../../../../../deployments/bridge-abi.ts'
import { bridgeBytecode } from '../../../../../deployments/bridge-bytecode.ts'
import { judgeBytecode } from '../../../../../deployments/judge-bytecode.ts'
import { judgeRuntimeCode } from '../../../../../deployments/judge-runtime-code.ts'
import { runtimeCode } from '../../../../../deployments/runtime-code.ts'
import { parseDeployment } from '../../../../../node/deployment.ts'
import { DEFAULT_PARAMETERS, PARAMETER_NAMES } from '../../../../../node/ethereum/deploying/parameters.ts'
import { checksumAddress } from '../../../../../node/protocol/ids.ts'
import { interrupted } from '../../../../../scripts/cli/failure.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { EthereumProxy } from '../../../../support/chain/ethereum-proxy.ts'
import { DeployStage } from '../../../../support/deploying.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'
import { until } from '../../../../support/processes/processes.ts'

test('a dry run says all of it, needs no passphrase, and sends nothing', async (t) => {
  const stage = await DeployStage.open(t)
  const args = ['deploy', '--owner', 'default', '--out', stage.file('net.json'), '--ethereum', stage.anvil.url]
  const { exitCode, out } = await stage.run(...args, '--dry-run', '--passphrase-file', stage.file('none'))
  assert.equal(exitCode, 0, out)
  for (const name of PARAMETER_NAMES) assert.match(out, new RegExp(`^${name} `, 'm'))
  assert.match(out, new RegExp(`all 1,000,000,000 TTX to ${checksumAddress(stage.account)}`))
  const { cost, risks, dryRun } = await stage.json(...args, '--dry-run')
  assert.equal(dryRun, true)
  assert.deepEqual(risks, [])
  const block = await stage.anvil.client.getBlock()
  assert.equal(cost.bond, `${20_000_000n * (block.baseFeePerGas ?? 0n)}`)
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account, blockTag: 'pending' }), 0)
  await assert.rejects(access(stage.file('net.json')))
})

test('it deploys what was chosen, says what it cost, and writes what others need', async (t) => {
  const stage = await DeployStage.open(t, { hasJudge: false })
  const chosen = ['--min-request', '2.5', '--floor-price', '0.5', '--easiest-target', '2^215']
  const estimate = await stage.json(...stage.deployment(...chosen, '--dry-run'))
  assert.equal(estimate.cost.hasJudge, false)
  const done = await stage.json(...stage.deployment(...chosen))
  assert.equal(done.earlier, false)
  assert.ok(BigInt(done.gas) <= BigInt(estimate.cost.gasLimit) && BigInt(done.cost) <= BigInt(estimate.cost.most))
  const spent = 10n ** 18n - (await stage.anvil.client.getBalance({ address: stage.account }))
  assert.equal(done.cost, `${spent}`)

  const deployment = await stage.read()
  const network = parseDeployment(JSON.stringify(deployment), 'net.json')
  assert.equal(network.genesis.to, stage.account)
  assert.equal(network.rules.minRequest, 25n * 10n ** 17n)
  const parameters = {
    ...DEFAULT_PARAMETERS,
    minRequest: 25n * 10n ** 17n,
    floorPrice: 5n * 10n ** 8n,
    easiestTarget: 2n ** 215n,
  }
  const ask = (
    functionName:
      | 'genesis'
      | 'token'
      | 'judge'
      | 'reader'
      | 'easiestTarget'
      | 'minRequest'
      | 'minDeposit'
      | 'floorPrice',
  ) => stage.anvil.client.readContract({ abi: bridgeAbi, address: deployment.bridge, functionName })
  for (const name of PARAMETER_NAMES) assert.equal(await ask(name), parameters[name], name)
  assert.equal(await ask('genesis'), deployment.genesis.id)
  assert.equal(String(await ask('token')).toLowerCase(), done.token)
  assert.equal(String(await ask('judge')).toLowerCase(), done.judge)
  assert.equal(String(await ask('reader')).toLowerCase(), done.reader)

  // What it left: nothing under way, and the same command makes no second network by accident.
  assert.deepEqual(await readdir(stage.file('data/deploying')), [])
  assert.equal((await stage.json(...stage.deployment(...chosen))).error.code, 'file-not-written')
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 2, 'the judge, and the bridge')

  // The bundle makes the very bytes that were sent.
  const bundle = JSON.parse(await readFile(stage.file('net-sources/contracts.json'), 'utf8'))
  const input = await readFile(stage.file(`net-sources/${bundle.standardInput}`), 'utf8')
  const solc: { compile: (input: string) => string; version: () => string } = createRequire(import.meta.url)('solc')
  assert.ok(solc.version().startsWith(bundle.compilerVersion.slice(1)))
  const { contracts } = JSON.parse(solc.compile(input))
  const sent = await stage.anvil.client.getTransaction({ hash: done.transaction })
  const made = bundle.contracts.map((each: { address: string; contractName: string; constructorArguments: string }) => {
    const [source = '', name = ''] = each.contractName.split(':')
    return { ...each, code: `0x${contracts[source][name].evm.bytecode.object}` }
  })
  assert.equal(made[0].code, bridgeBytecode)
  assert.equal(`${made[0].code}${made[0].constructorArguments.slice(2)}`, sent.input)
  assert.deepEqual(
    made.map(({ address }: { address: string }) => address),
    [done.bridge, done.token, done.reader, done.judge],
  )
  assert.deepEqual(
    made.map(({ contractName }: { contractName: string }) => contractName),
    Object.values({ ...runtimeCode, ...judgeRuntimeCode }).map(({ name }) => name),
  )
  for (const { code } of made.slice(1, 3)) assert.ok(bridgeBytecode.includes(code.slice(2)))
  assert.equal(made[3].code, judgeBytecode)
})

test('somebody has to say yes, on a terminal or beforehand', async (t) => {
  const stage = await DeployStage.open(t)
  const args = stage.deployment().filter((flag) => flag !== '--yes')
  assert.equal((await stage.json(...args)).error.code, 'not-confirmed')
  for (const [typed, exitCode] of [
    ['no', 1],
    ['', 1],
    ['yes', 0],
  ] as const) {
    const shell = fakeShell({ folder: stage.folder, isTTY: true })
    const running = stage.runIn(shell, ...args)
    await shell.seen('Deploy this on chain 31337?')
    shell.stdin.write(`${typed}\r`)
    assert.equal((await running).exitCode, exitCode, typed)
    assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), exitCode === 0 ? 1 : 0)
  }
})

test('a genesis from a file is used as it is, and not for two networks', async (t) => {
  const stage = await DeployStage.open(t)
  await stage.run('wallet', 'create', '--wallet', 'treasury')
  const { infohash, to } = await stage.json('genesis', stage.file('genesis.json'), '--wallet', 'treasury')
  assert.equal(
    (await stage.json('genesis', stage.file('genesis.json'), '--wallet', 'treasury')).error.code,
    'file-not-written',
  )
  const args = stage.deployment().filter((flag) => flag !== '--owner' && flag !== 'default')
  const done = await stage.json(...args, '--genesis', stage.file('genesis.json'))
  assert.equal(done.genesis, infohash)
  assert.equal(parseDeployment(JSON.stringify(await stage.read()), 'net.json').genesis.to, to)
  const again = [...args, '--genesis', stage.file('genesis.json'), '--out', stage.file('second.json')]
  // The same once more is the same network, and with another parameter it would be a second one.
  const same = await stage.json(...again)
  assert.deepEqual([same.earlier, same.bridge], [true, done.bridge])
  assert.deepEqual(await stage.read('second.json'), await stage.read())
  const other = [...again, '--out', stage.file('third.json'), '--floor-price', '2']
  const { error } = await stage.json(...other)
  assert.deepEqual([error.code, error.facts.risks], ['deployment-refused', ['shared-genesis']])
  const second = await stage.json(...other, '--accept', 'shared-genesis')
  assert.deepEqual([second.genesis, second.earlier], [infohash, false])
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 2)
})

test('all TTX may go to a wallet with a passphrase of its own', async (t) => {
  const stage = await DeployStage.open(t)
  const file = await stage.write('other', { secret: 'another horse' })
  const { address } = await stage.json('wallet', 'create', '--wallet', 'treasury', '--passphrase-file', file)
  const args = stage.deployment('--owner', 'treasury')
  assert.equal((await stage.json(...args)).error.code, 'wrong-passphrase')
  await stage.json(...args, '--owner-passphrase-file', file)
  assert.equal(parseDeployment(JSON.stringify(await stage.read()), 'net.json').genesis.to, address)
})

test('what nobody should deploy is refused by its name, until it is accepted by that', async (t) => {
  const stage = await DeployStage.open(t)
  const { client } = stage.anvil
  const refusal = async (...more: string[]) => (await stage.json(...stage.deployment(...more))).error?.facts.risks
  assert.deepEqual(await refusal('--easiest-target', '2^236-1'), ['easy-target'])
  assert.deepEqual(await refusal('--easiest-target', '2^180'), ['hard-target'])
  assert.deepEqual(await refusal('--floor-price', '0'), ['low-floor'])
  assert.deepEqual(await refusal('--floor-price', '101', '--min-deposit', '2000000'), ['high-floor', 'high-minimum'])
  const l1Block = '0x4200000000000000000000000000000000000015'
  await client.setCode({ address: l1Block, bytecode: '0x00' })
  assert.deepEqual(await refusal(), ['rollup'])
  assert.deepEqual(await refusal('--accept', 'easy-target'), ['rollup'])
  assert.equal(await client.getTransactionCount({ address: stage.account, blockTag: 'pending' }), 0)
  await stage.json(...stage.deployment('--accept', 'rollup,easy-target', '--easiest-target', '2^236-1'))
  assert.equal((await stage.read()).parameters.easiestTarget, toHex(2n ** 236n - 1n, { size: 32 }))
})

test('a rollup by its number, small blocks and an old Ethereum are seen', async (t) => {
  const rollup = await DeployStage.open(t, { flags: ['--chain-id', '42161'] })
  assert.deepEqual((await rollup.json(...rollup.deployment())).error.facts.risks, ['rollup'])
  const small = await DeployStage.open(t, { flags: ['--hardfork', 'cancun'] })
  await small.anvil.client.setBlockGasLimit({ gasLimit: 2n ** 24n - 1n })
  await small.anvil.client.mine({ blocks: 1 })
  assert.deepEqual((await small.json(...small.deployment())).error.facts.risks, ['old-chain', 'small-blocks'])
})

test('an account that cannot pay is told so before anybody is asked, and another chain than the one that was meant is refused', async (t) => {
  const stage = await DeployStage.open(t)
  await stage.anvil.client.setBalance({ address: stage.account, value: 10n ** 15n })
  assert.equal((await stage.json(...stage.deployment())).error.code, 'unfunded-account')
  assert.equal((await stage.json(...stage.deployment('--chain', '1'))).error.code, 'ethereum-wrong-chain')
  const elsewhere = await DeployStage.open(t, { flags: ['--chain-id', '1'] })
  const both = `${stage.anvil.url},${elsewhere.anvil.url}`
  assert.equal((await stage.json(...stage.deployment('--ethereum', both))).error.code, 'ethereum-wrong-chain')
})

test('a run that could not say what it had done says it when it is run again, and so does one whose file is there already', async (t) => {
  const stage = await DeployStage.open(t)
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) })
  stdout.on('error', () => undefined)
  const unheard = { ...fakeShell({ folder: stage.folder }), stdout }
  assert.notEqual(await runCli([...stage.flags, ...stage.deployment(), '--json'], unheard), 0)
  const file = await readFile(stage.file('net.json'), 'utf8')
  const again = await stage.json(...stage.deployment())
  assert.deepEqual([again.earlier, again.bridge], [true, JSON.parse(file).bridge])
  assert.equal(await readFile(stage.file('net.json'), 'utf8'), file)
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 1)
})

test('what was sent and has lost its note is not sent again', async (t) => {
  const stage = await DeployStage.open(t)
  const proxy = await EthereumProxy.start(stage.anvil.url)
  t.after(() => proxy[Symbol.asyncDispose]())
  proxy.tamper = ({ method }) => (method === 'eth_getTransactionReceipt' ? { status: 500 } : undefined)
  const shell = fakeShell({ folder: stage.folder })
  const running = stage.runIn(shell, ...stage.deployment('--ethereum', proxy.url))
  const isAsked = () => proxy.calls.some(({ method }) => method === 'eth_getTransactionReceipt')
  await until('the question for a receipt', async () => isAsked() || undefined)
  shell.controller.abort(interrupted())
  assert.notEqual((await running).exitCode, 0)
  await rm(stage.file('data/deploying'), { recursive: true })
  const { error } = await stage.json(...stage.deployment())
  assert.deepEqual([error.code, error.facts.differing], ['deployment-unfinished', ['its note, which is gone']])
  assert.equal(await stage.anvil.client.getTransactionCount({ address: stage.account }), 1)
})

test('what was sent is found by account and nonce where the outbox has lost it', async (t) => {
  const stage = await DeployStage.open(t)
  const { client } = stage.anvil
  await client.setAutomine(false)
  const shell = fakeShell({ folder: stage.folder })
  const running = stage.runIn(shell, ...stage.deployment())
  const pending = () => client.getTransactionCount({ address: stage.account, blockTag: 'pending' })
  await until('the transaction', async () => (await pending()) || undefined)
  shell.controller.abort(interrupted())
  assert.notEqual((await running).exitCode, 0)
  await rm(stage.file('data/outbox'), { recursive: true })
  const { error } = await stage.json(...stage.deployment())
  assert.equal(error.code, 'deployment-unfinished', 'a transaction of the account is pending, and it may be this one')
  await client.setAutomine(true)
  await client.mine({ blocks: 1 })
  const changed = await stage.json(...stage.deployment('--floor-price', '2'))
  assert.deepEqual(changed.error.facts.differing, ['floorPrice'])
  const done = await stage.json(...stage.deployment())
  assert.deepEqual([done.earlier, await pending()], [true, 1])
  assert.equal((await stage.read()).bridge, done.bridge)
})
