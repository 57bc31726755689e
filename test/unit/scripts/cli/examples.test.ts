// The examples in the help of every command: each can be typed as it stands, and names no file that is neither here nor made by another example.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from '../../../../scripts/cli/program.ts'
import { type Registration, registrationsFor } from '../../../../scripts/cli/registry.ts'
import { SETTING_KEYS, settingInfo } from '../../../../scripts/settings.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const ROOT = new URL('../../../../', import.meta.url)
/** What its reader has and no command makes, with the reason. */
const BROUGHT: Readonly<Record<string, string>> = {
  'words.txt': 'words that were written down',
  'UTC--2026-01-01T00-00-00Z--5aaeb6053f3e94c9b9a09f33669435e7ef1beaed': 'a keystore of another program',
  '~/alice.pass': 'a passphrase',
  'old.pass': 'a passphrase',
  'new.pass': 'a passphrase',
  'gold.pdf': 'a prospectus',
  '/usr/local/bin/page-me': 'a script of theirs',
}
/** Options whose value is a file or folder that the command makes. */
const MAKING_OPTIONS = ['--save', '--out', '--torrent', '--data']
/** Commands whose last argument is such a file. */
const MAKING_COMMANDS = ['genesis', 'network create', 'proof export']
const FILE = /^(?![a-z]+:\/\/)(?:[~./\w*-]*\/[\w./*-]+|[\w-]+\.(?:json|torrent|txt|pdf|pass)|UTC--\S+)$/

type Example = { readonly command: string; readonly words: readonly string[]; readonly input: string | undefined }

/** All registrations, with actions that do nothing. */
const registrations = (await registrationsFor([])).map(
  (register): Registration =>
    (program) =>
      register(program, () => async () => undefined),
)
const program = () => createProgram(fakeShell({ folder: tmpdir() }), registrations)
const examples = [...commandsBelow(program())].flatMap(examplesOf)

test('each example is a line that the command line accepts: its command, arguments and options are there', async () => {
  assert.ok(examples.length > 90, `${examples.length} examples`)
  for (const { words } of examples) {
    await assert.doesNotReject(program().parseAsync([...words], { from: 'user' }), `ttx ${words.join(' ')}`)
  }
  await assert.rejects(program().parseAsync(['node', '--deploymnt', 'x'], { from: 'user' }), /unknown option/)
})

test('a file that an example reads is in the repository, made by an example, or the reader’s own', () => {
  const made = new Set(examples.flatMap((example) => filesOf(example).made))
  const known = (file: string) =>
    made.has(file.replace(/\/\*\.\w+$/, '')) || file in BROUGHT || existsSync(new URL(file, ROOT))
  const wrong = examples.flatMap((example) =>
    filesOf(example)
      .read.filter((file) => !known(file))
      .map((file) => `ttx ${example.words.join(' ')}: ${file}`),
  )
  assert.deepEqual(wrong, [])
  const read = new Set(examples.flatMap((example) => filesOf(example).read))
  assert.deepEqual(
    Object.keys(BROUGHT).filter((file) => !read.has(file)),
    [],
    'nobody brings these any more',
  )
  for (const key of SETTING_KEYS) {
    const { env, example } = settingInfo(key)
    if (/\.json$/.test(example)) assert.ok(known(example), `${env}=${example}`)
  }
})

function* commandsBelow(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child
    yield* commandsBelow(child)
  }
}

function examplesOf(command: Command): Example[] {
  let help = ''
  command.configureOutput({
    writeOut: (text) => {
      help += text
    },
  })
  command.outputHelp()
  const [, after = ''] = help.split(/\nExamples?:\n/)
  return [...after.matchAll(/^ {2}\$ ttx (.*)$/gm)].map(([, line = '']) => {
    // What a shell writes into a file is new, and what it does afterwards is its own.
    const [call = '', input] = line.replace(/ > \S+( && .*)?$/, '').split(' < ')
    const words = [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
    return { command: pathOf(command), words, input }
  })
}

function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

function filesOf({ words, input }: Example): { readonly made: readonly string[]; readonly read: readonly string[] } {
  const made: string[] = []
  const read = input === undefined ? [] : [input]
  const path = words.filter((word) => !word.startsWith('-')).join(' ')
  const isMaking = MAKING_COMMANDS.some((name) => path.includes(`${name} `))
  words.forEach((word, i) => {
    // The value of a setting may be a command with its arguments.
    const [file = ''] = word.split(' ')
    const before = words[i - 1] ?? ''
    const isNew = MAKING_OPTIONS.includes(before)
    if (!isNew && !FILE.test(file)) return
    const isMade = isNew || (isMaking && !before.startsWith('--'))
    ;(isMade ? made : read).push(file)
  })
  return { made, read }
}
