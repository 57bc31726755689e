// What a devnet says to try next: again on demand, and so that it can be pasted.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hints } from '../../../../scripts/cli/commands/run/hints.ts'
import { createProgram, runCli } from '../../../../scripts/cli/program.ts'
import { quoted } from '../../../../scripts/cli/quoted.ts'
import { registrationsFor } from '../../../../scripts/cli/registry.ts'
import { writeEndpoints } from '../../../../scripts/endpoints.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const folder = await mkdtemp(join(tmpdir(), 'ttx-hints-'))
after(() => rm(folder, { recursive: true, force: true }))
const TOKEN = `0x${'7e'.repeat(20)}`

async function devnetIn(name: string): Promise<string> {
  const data = join(folder, name)
  await mkdir(data, { recursive: true })
  const urls = { node: 'http://127.0.0.1:1', ethereum: 'http://127.0.0.1:2' }
  await writeEndpoints(data, { ...urls, deployment: 'd', passphraseFile: 'p', exampleToken: TOKEN, processes: {} })
  return data
}

async function hintsOf(data: string, ...flags: readonly string[]) {
  const shell = fakeShell({ folder })
  assert.equal(await runCli(['devnet', 'hints', '--data', data, ...flags], shell), 0, shell.err())
  return shell.out()
}

test('hints name the folder of a second devnet, in quotes where a shell needs them, and nothing of the usual one', async () => {
  const second = await devnetIn('a second one')
  const { commands } = JSON.parse(await hintsOf(second, '--json'))
  for (const command of commands) assert.ok(command.endsWith(` --data '${second}'`), command)
  const text = hints({ data: join(homedir(), '.torrenttx', 'devnet'), exampleToken: TOKEN })
  assert.doesNotMatch(text, /--data/)
  assert.match(text, new RegExp(`deposit 250 --asset ${TOKEN} --wallet alice`, 'i'))
})

test('a folder that only ends as the usual one does is named too', async () => {
  for (const name of ['.torrenttx/devnet', "it's/.torrenttx/devnet"]) {
    const data = await devnetIn(name)
    const { commands } = JSON.parse(await hintsOf(data, '--json'))
    for (const command of commands) assert.ok(command.endsWith(` --data ${quoted(data)}`), command)
  }
})

test('a word is quoted so that a shell gives it back as it was', () => {
  for (const word of [
    '',
    ' ',
    '~',
    '~a',
    'a~b',
    "it's",
    '$HOME',
    '`id`',
    'a\\b',
    '"',
    '*',
    'x;y',
    '#',
    'ü',
    'a\nb',
    '/plain/path-1.json',
  ])
    assert.equal(execFileSync('sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' }), word)
  assert.equal(quoted('/plain/path-1.json'), '/plain/path-1.json')
})

test('each hint is a command that exists, with options that it takes', async () => {
  const { commands } = JSON.parse(await hintsOf(await devnetIn('plain'), '--json'))
  assert.ok(commands.length > 10)
  for (const line of commands) {
    const argv = line.replace('npm run -s ttx -- ', '').split(' ')
    const program = createProgram(fakeShell({ folder }), await registrationsFor(argv))
    let command = program
    for (const word of argv) command = command.commands.find((each) => each.name() === word) ?? command
    assert.notEqual(command, program, line)
    const known = new Set([...program.options, ...command.options].map(({ long }) => long))
    for (const word of argv) if (word.startsWith('--')) assert.ok(known.has(word), `${line}: ${word}`)
  }
})
