// Commands in messages, as they have to be typed: through npm, npx, or by name.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { asTyped, type Call, callOf } from '../../../../scripts/cli/as-typed.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const CALLS: readonly (readonly [string, Readonly<Record<string, string>>, Call])[] = [
  ['npm run ttx', { npm_lifecycle_event: 'ttx', npm_command: 'run-script' }, 'npm run -s ttx --'],
  ['npm start, and what it starts', { npm_lifecycle_event: 'start', npm_command: 'start' }, 'npm run -s ttx --'],
  ['npm run demo', { npm_lifecycle_event: 'demo', npm_command: 'run-script' }, 'npm run -s ttx --'],
  ['npx', { npm_lifecycle_event: 'npx', npm_command: 'exec' }, 'npx ttx'],
  ['npm test', { npm_lifecycle_event: 'test', npm_command: 'test' }, 'ttx'],
  ['a shell', {}, 'ttx'],
]

for (const [how, env, call] of CALLS) {
  test(`by ${how} a command begins with "${call}"`, async () => {
    assert.equal(callOf(env), call)
    const shell = fakeShell({ folder: tmpdir(), env: { ...env, TTX_NODE: 'http://127.0.0.1:1' } })
    assert.equal(await runCli(['balance', '--data', '/nowhere'], shell), 1)
    assert.ok(shell.err().includes(`make it with "${call} wallet create"`), shell.err())
    const json = fakeShell({ folder: tmpdir(), env: { ...env, TTX_NODE: 'http://127.0.0.1:1' } })
    await runCli(['balance', '--data', '/nowhere', '--json'], json)
    assert.match(
      JSON.parse(json.out()).error.message,
      /with "ttx wallet create"$/,
      'programs read the same words always',
    )
  })
}

test('only commands that are there to be typed are changed', () => {
  const call = 'npx ttx'
  const told = [
    'see "ttx status 12"',
    'with `ttx node` or',
    'follow it  ttx status 12',
    '  $ ttx send 1 bob',
    '(ttx wait 1)',
  ]
  for (const text of told) assert.equal(asTyped(text, call), text.replace('ttx ', 'npx ttx '))
  const others = [
    'ttx: expected',
    'Usage: ttx send [options]',
    'in ttx send that is',
    'npm run -s ttx -- send 1',
    '/tmp/ttx send',
    'the user "ttx"',
  ]
  for (const text of others) assert.equal(asTyped(text, call), text)
})
