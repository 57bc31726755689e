// docs/deploying.md: each command in it works as it is, in its order, and its tables are those of the program.

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DEFAULT_PARAMETERS, PARAMETER_NAMES } from '../../node/ethereum/deploying/parameters.ts'
import { flagOf, formatParameter } from '../../scripts/cli/commands/deploy/parameter-flags.ts'
import { RISKS } from '../../scripts/cli/commands/deploy/risks.ts'
import { DeployStage } from '../support/deploying.ts'
import { Running } from '../support/processes/processes.ts'

const page = await readFile(new URL('../../docs/deploying.md', import.meta.url), 'utf8')
const TTX = fileURLToPath(new URL('../../scripts/ttx.mjs', import.meta.url))
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'))

test('the tables are those of the program', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  assert.deepEqual(
    rows.filter((row) => /^\| `\w+` \| `--/.test(row)).map((row) => row.split(' | ').slice(0, 3).join(' | ')),
    PARAMETER_NAMES.map(
      (name) => `| \`${name}\` | \`--${flagOf(name)}\` | ${formatParameter(name, DEFAULT_PARAMETERS[name])}`,
    ),
  )
  const names = rows
    .map((row) => /^\| `([a-z-]+)` \|/.exec(row)?.[1])
    .filter((name) => name?.includes('-') || name === 'rollup')
  assert.deepEqual(names, Object.keys(RISKS))
})

test('the commands work in their order', async (t) => {
  const stage = await DeployStage.open(t, { flags: ['--block-time', '1'] })
  const folder = stage.file('page')
  await mkdir(folder)
  assert.ok(commands.length >= 7)
  const results: string[] = []
  for (const command of commands) {
    assert.match(command, /^npm run -s ttx -- /)
    const { host, port } = new URL(stage.anvil.url)
    const line = command
      .replace('npm run -s ttx --', `${process.execPath} ${TTX}`)
      .replaceAll('127.0.0.1:8545', host)
      .replaceAll('localhost:8545', `localhost:${port}`)
    const env = {
      TTX_DATA: join(folder, 'data'),
      TTX_PASSPHRASE: 'correct horse battery staple',
      BRIDGE: await bridgeIn(folder),
    }
    await using running = new Running('bash', ['-c', `cd ${folder} && ${line}`], env)
    const { exitCode, out, err } = await running.finished
    assert.equal(exitCode, 0, `${command}\n${out}\n${err}`)
    results.push(out)
    const [, account] = command.endsWith('--wallet deployer') ? (/(0x[0-9a-f]{40})/i.exec(out) ?? []) : []
    if (account !== undefined)
      await stage.anvil.client.setBalance({ address: account as `0x${string}`, value: 10n ** 18n })
  }
  assert.match(results.at(-1) ?? '', /The deployment is what it says/)
})

async function bridgeIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'net.json'), 'utf8').catch(() => '{"bridge":""}')
  return JSON.parse(text).bridge
}
