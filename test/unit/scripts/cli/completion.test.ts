// What shells complete behind `ttx`: asked of the shells themselves, about every command there is.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Place, placesOf } from '../../../../scripts/cli/completion/tree.ts'
import { createProgram, runCli } from '../../../../scripts/cli/program.ts'
import { registrationsFor } from '../../../../scripts/cli/registry.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'ttx-completion-'))
after(() => rm(folder, { recursive: true, force: true }))
const places = placesOf(createProgram(fakeShell({ folder }), await registrationsFor(['--help'])))

async function scriptOf(name: string): Promise<string> {
  const shell = fakeShell({ folder })
  assert.equal(await runCli(['completion', name], shell), 0, shell.err())
  const file = join(folder, `ttx.${name}`)
  await writeFile(file, shell.out())
  return file
}

before(async () => {
  await writeFile(join(folder, 'money.json'), '')
})

/** What bash offers at the end of each line, a word that has begun. */
async function bash(lines: readonly string[]): Promise<readonly (readonly string[])[]> {
  const script = `source ${await scriptOf('bash')}
while IFS= read -r line; do
  IFS=' ' read -r -a COMP_WORDS <<< "$line"
  [[ $line == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _ttx
  echo "\${COMPREPLY[*]}"
done`
  const asked = run('bash', ['--norc', '-c', script], { cwd: folder })
  asked.child.stdin?.end(lines.map((line) => `${line}\n`).join(''))
  return (await asked).stdout
    .split('\n')
    .slice(0, lines.length)
    .map((line) => line.split(' ').filter(Boolean))
}

function lineTo({ path }: Place): string {
  return `${path} `
}

test('bash completes the commands below each command, and the options of each', async () => {
  const groups = places.filter(({ commands }) => commands.length > 0)
  assert.ok(groups.length > 5)
  assert.deepEqual(
    (await bash(groups.map(lineTo))).map((words) => words.toSorted()),
    groups.map(({ commands }) => commands.toSorted()),
  )
  assert.deepEqual(
    (await bash(places.map((place) => `${place.path} -`))).map((words) => words.toSorted()),
    places.map(({ options }) => options.flatMap(({ names }) => names).toSorted()),
  )
})

test('bash completes the beginning of a word, behind options and their values too', async () => {
  assert.deepEqual(
    await bash([
      'ttx bal',
      'ttx --data /tmp wal',
      'ttx --json wallet cr',
      'ttx send 1 alice --wallet',
      'ttx completion f',
    ]),
    [['balance'], ['wallet'], ['create'], ['--wallet'], ['fish']],
  )
})

test('bash completes files where a command or an option wants one, and a word where it wants one of a few', async () => {
  assert.deepEqual(
    await bash([
      'ttx tx submit mon',
      'ttx --data mon',
      'ttx deploy --genesis mon',
      'ttx send mon',
      'ttx send --memo mon',
      'ttx devnet --rows b',
    ]),
    [['money.json'], ['money.json'], ['money.json'], [], [], ['blobs']],
  )
})

const shells = await Promise.all(
  ['zsh', 'fish'].map(async (name) => ({
    name,
    isThere: await run(name, ['--version']).then(
      () => true,
      () => false,
    ),
  })),
)

for (const { name, isThere } of shells) {
  test(`${name} reads its script and completes a command`, {
    skip: !isThere && `${name} is not installed`,
  }, async () => {
    const file = await scriptOf(name)
    await run(name, ['-n', file])
    if (name === 'zsh') {
      const line = 'COMP_WORDS=(ttx wallet cr); COMP_CWORD=2; COMPREPLY=()'
      const asked = `source ${file}; ask() { emulate -L sh; ${line}; _ttx; echo "\${COMPREPLY[@]}"; }; ask`
      // zsh itself keeps those that begin as the word does.
      assert.equal(
        (await run(name, ['-f', '-c', asked])).stdout,
        'create import derive show list passphrase rename export remove\n',
      )
      return
    }
    const { stdout } = await run(name, [
      '--no-config',
      '-c',
      `source ${file}; complete -C 'ttx wallet cr'; complete -C 'ttx devnet --rows bl'`,
    ])
    assert.match(stdout, /^create\t.+\nblobs/)
  })
}

test('the lines of the manual make a word "ttx" that runs ours, and completes, in any folder', async () => {
  const text = await readFile(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')
  const [, block = ''] = /## Completion\n\n```\n(.*?)```/s.exec(text) ?? []
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, npm_config_offline: 'true' }
  await run('bash', ['--norc', '-c', block], { cwd: root, env })
  const { stdout } = await run(
    'bash',
    ['--norc', '-c', 'shopt -s expand_aliases\nsource ~/.bashrc\nttx --version; complete -p ttx'],
    {
      cwd: folder,
      env,
    },
  )
  assert.match(stdout, /^\d+\.\d+\.\d+\ncomplete -F _ttx ttx\n$/)
})
