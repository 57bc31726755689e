// ttx deploy and its options, before any endpoint is asked: what goes together, what is a number, and what a killed run finds on disk.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DEFAULT_PARAMETERS, PARAMETER_NAMES } from '../../../../../node/ethereum/deploying/parameters.ts'
import { genesisInfohash } from '../../../../../node/protocol/genesis.ts'
import { encodeTransaction } from '../../../../../node/protocol/transaction.ts'
import { accountOf, genesisOf, pay } from '../../../../../scripts/assure/models/world.ts'
import { flagOf, formatParameter } from '../../../../../scripts/cli/commands/deploy/parameter-flags.ts'
import { planFile, readPlan, removePlan, writePlan } from '../../../../../scripts/cli/commands/deploy/plan.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'

const folder = await mkdtemp(join(tmpdir(), 'ttx-deploy-'))
after(() => rm(folder, { recursive: true }))
const NOWHERE = ['--ethereum', 'http://127.0.0.1:1', '--data', join(folder, 'data')]
const holder = accountOf('holder')

async function fail(...argv: string[]) {
  const shell = fakeShell({ folder })
  const exitCode = await runCli([...argv, ...NOWHERE, '--json'], shell)
  return { exitCode, ...JSON.parse(shell.out()).error }
}

test('who gets all TTX is said once', async () => {
  assert.equal((await fail('deploy')).code, 'bad-arguments')
  assert.equal((await fail('deploy', '--owner', 'a', '--genesis', 'b')).code, 'bad-arguments')
})

test('a genesis is one, and its key signed it', async () => {
  const file = join(folder, 'other.json')
  const { file: payment } = pay(holder, {
    to: holder.address,
    tokens: 1n,
    time: 1,
    prev: [genesisInfohash(genesisOf(holder))],
  })
  await writeFile(file, payment)
  assert.equal((await fail('deploy', '--genesis', file)).code, 'bad-arguments')
  await writeFile(file, encodeTransaction({ ...genesisOf(holder), time: 5 }))
  assert.equal((await fail('deploy', '--genesis', file)).code, 'bad-genesis')
  assert.equal((await fail('deploy', '--genesis', join(folder, 'none.json'))).code, 'file-missing')
})

test('each parameter has a flag that says its default, and refuses what the contract would', async () => {
  const shell = fakeShell({ folder })
  await runCli(['deploy', '--help'], shell)
  const help = shell.out().replaceAll(/\s+/g, ' ')
  const wrong = { easiestTarget: '2^244', minRequest: '0', minDeposit: '-1', floorPrice: '18446744074' } as const
  for (const name of PARAMETER_NAMES) {
    assert.ok(help.includes(`--${flagOf(name)} <`), name)
    assert.ok(help.includes(`[default: ${formatParameter(name, DEFAULT_PARAMETERS[name])}]`), name)
    for (const text of [wrong[name], 'x', '', '1e3'])
      assert.equal((await fail('deploy', '--owner', 'a', `--${flagOf(name)}=${text}`)).code, 'usage', `${name} ${text}`)
  }
  for (const text of ['2^216-1', '2^176', `0x1${'0'.repeat(50)}`, `${2n ** 216n}`])
    assert.equal((await fail('deploy', '--owner', 'a', '--easiest-target', text)).code, 'ethereum-silent', text)
  for (const [flag, text] of [
    ['--accept', 'rollup,nonsense'],
    ['--hash-rate', '0'],
    ['--chain', 'mainnet'],
  ] as const)
    assert.equal((await fail('deploy', '--owner', 'a', flag, text)).exitCode, 2, flag)
})

test('a plan is read back as it was written, and anything else is not one', async () => {
  const file = planFile(join(folder, 'data'), 1n, holder.address)
  assert.equal(await readPlan(file), undefined)
  const plan = {
    genesis: genesisOf(holder),
    parameters: { ...DEFAULT_PARAMETERS, floorPrice: 7n },
    out: join(folder, 'net.json'),
  }
  await writePlan(file, plan)
  assert.deepEqual(await readPlan(file), plan)
  const text = await readFile(file, 'utf8')
  for (const damaged of [
    '',
    '{}',
    text.slice(0, -9),
    text.replace('floorPrice', 'florPrice'),
    text.replace('signature', 'signture'),
  ]) {
    await writeFile(file, damaged)
    await assert.rejects(readPlan(file), { code: 'deployment-unfinished' })
  }
  await removePlan(file)
  assert.equal(await readPlan(file), undefined)
})
