// The command line as a whole: help that suffices, one way to fail for people and one for programs, and Ctrl-C.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { parseAmount } from '../../../../scripts/cli/amount.ts'
import { AUDIENCE } from '../../../../scripts/cli/audience.ts'
import { COMMON_SETTINGS } from '../../../../scripts/cli/common-options.ts'
import { interrupted } from '../../../../scripts/cli/failure.ts'
import { createProgram, runCli } from '../../../../scripts/cli/program.ts'
import { COMMANDS, type Registration, registrationsFor } from '../../../../scripts/cli/registry.ts'
import { settingInfo } from '../../../../scripts/settings.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const folder = await mkdtemp(join(tmpdir(), 'ttx-program-'))
after(() => rm(folder, { recursive: true }))

/** A program with commands that succeed, fail and wait, all through the real machinery. */
const probes: Registration = (program, act) => {
  const commands = program.command('probe')
  commands
    .command('amount')
    .argument('<amount>', 'TTX', parseAmount)
    .action(act(async (_context, tokens: bigint) => ({ data: { tokens }, text: `${tokens} base units` })))
  commands.command('say').action(
    act(async ({ say }) => {
      say('working')
      return { data: { done: true }, text: 'done' }
    }),
  )
  commands.command('fail <kind>').action(
    act(async (_context, kind: string) => {
      if (kind === 'rule') throw new RuleError('conflicting', 'expected 2, got 1; send less', { tokens: '2' })
      if (kind === 'operation')
        throw new OperationError('no-answer', 'expected one, got none; wait', { facts: { urls: ['a', 'b'] } })
      throw new TypeError('a bug')
    }),
  )
  commands.command('wait').action(
    act(async ({ signal }) => {
      await setTimeout(60_000, undefined, { signal })
      return undefined
    }),
  )
}

async function run(argv: readonly string[], registrations?: readonly Registration[]) {
  const shell = fakeShell({ folder })
  const exitCode = await runCli(argv, shell, registrations)
  return { exitCode, out: shell.out(), err: shell.err() }
}

function* commandsBelow(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child
    yield* commandsBelow(child)
  }
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()]
}

test('ttx --help groups the commands by who needs them', async () => {
  const { exitCode, out, err } = await run(['--help'])
  assert.deepEqual({ exitCode, err }, { exitCode: 0, err: '' })
  const program = createProgram(fakeShell({ folder }), await registrationsFor(['--help']))
  for (const command of program.commands) {
    assert.ok(Object.values<string>(AUDIENCE).includes(command.helpGroup()), `${command.name()} is in no group`)
    assert.ok(out.includes(`\n${command.helpGroup()}\n`))
  }
})

test('each command explains itself, its arguments and own options, names the common ones in one line, and shows an example of itself', async () => {
  const { out: options } = await run(['help', 'options'])
  for (const command of commandsBelow(createProgram(fakeShell({ folder }), await registrationsFor(['--help'])))) {
    const path = pathOf(command)
    const { exitCode, out } = await run([...path, '--help'])
    assert.equal(exitCode, 0)
    assert.ok(command.description().length > 40, `${path.join(' ')} says too little`)
    assert.match(out, new RegExp(`\\nExamples?:\\n {2}\\$ ttx ${path.join(' ')}`))
    const [line = ''] = /^Common options, explained by "ttx help options": [^:]*\n\n/m.exec(out) ?? []
    for (const name of ['--data', '--wallet', '--log-level', '--json'])
      assert.ok(line.includes(name), `${path} ${name}`)
    assert.doesNotMatch(out, /--data <folder>/, 'explained elsewhere')
    for (const option of command.options) {
      assert.notEqual(option.description, '', `${path.join(' ')} ${option.flags}`)
      const isCommon = option.hidden
      if (isCommon) assert.ok(line.includes(`${option.long}`), `${path.join(' ')} ${option.flags}`)
      assert.ok((isCommon ? options : out).includes(`\n  ${option.flags} `), `${path.join(' ')} ${option.flags}`)
    }
    for (const argument of command.registeredArguments)
      assert.notEqual(argument.description, '', `${path.join(' ')} ${argument.name()}`)
  }
})

test('ttx help says what --help does, and of an unknown topic which there are', async () => {
  for (const topic of [[], ['wallet', 'create']])
    assert.equal((await run(['help', ...topic])).out.trimEnd(), (await run([...topic, '--help'])).out.trimEnd())
  const { options } = JSON.parse((await run(['help', 'options', '--json'])).out)
  assert.deepEqual(
    options.map(({ flag }: { flag: string }) => flag.split(' ')[0]),
    COMMON_SETTINGS.map((key) => settingInfo(key).flag?.split(' ')[0]),
  )
  const { exitCode, err } = await run(['help', 'wallet', 'crate'])
  assert.equal(exitCode, 2)
  assert.match(err, /expected a topic of help, one of create, import, .*, list, .*; got "wallet crate"/)
})

test('what a command line names is loaded, wherever it stands; all for help, none for the version', async () => {
  const named = async (...argv: readonly string[]) => {
    const program = createProgram(fakeShell({ folder }), await registrationsFor(argv))
    return program.commands.map((command) => command.name())
  }
  for (const name of ['help', 'completion']) assert.deepEqual(await named(name), Object.keys(COMMANDS))
  for (const name of Object.keys(COMMANDS)) assert.deepEqual(await named('--data', folder, name), [name])
  assert.deepEqual(await named('--data', 'send', 'balance'), ['balance', 'send'])
  for (const argv of [['--help'], [], ['blance'], ['--data', folder]])
    assert.deepEqual(await named(...argv), Object.keys(COMMANDS))
  assert.deepEqual(await named('--version'), [])
  const { exitCode, err } = await run(['blance'])
  assert.equal(exitCode, 2)
  assert.match(err, /Did you mean balance\?/)
})

test('the version is printed', async () => {
  const { exitCode, out } = await run(['--version'])
  assert.equal(exitCode, 0)
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
})

test('a result is text for people and one line of JSON for programs, amounts as decimal strings', async () => {
  assert.deepEqual(await run(['probe', 'amount', '1.5'], [probes]), {
    exitCode: 0,
    out: '1500000000000000000 base units\n',
    err: '',
  })
  assert.deepEqual(await run(['probe', 'amount', '1.5', '--json'], [probes]), {
    exitCode: 0,
    out: '{"tokens":"1500000000000000000"}\n',
    err: '',
  })
})

test('progress goes to standard error where a program reads standard output', async () => {
  assert.deepEqual(await run(['probe', 'say'], [probes]), { exitCode: 0, out: 'working\ndone\n', err: '' })
  assert.deepEqual(await run(['--json', 'probe', 'say'], [probes]), {
    exitCode: 0,
    out: '{"done":true}\n',
    err: 'working\n',
  })
})

test('a bad amount is wrong usage: exit code 2 and the way to write it', async () => {
  for (const amount of ['1e18', '1,5', '0', '1.0000000000000000001']) {
    const { exitCode, out, err } = await run(['probe', 'amount', amount], [probes])
    assert.deepEqual({ exitCode, out }, { exitCode: 2, out: '' })
    assert.match(err, /Expected an amount of TTX, .*; got .*Write it as in 1\.5 or 1000/)
    const json = await run(['probe', 'amount', amount, '--json'], [probes])
    assert.deepEqual([json.exitCode, json.err], [2, ''])
    const { error } = JSON.parse(json.out)
    assert.equal(error.code, 'usage')
    assert.match(error.message, /Expected an amount/)
    assert.deepEqual(error.facts, { problem: 'commander.invalidArgument' })
  }
})

test('broken rules and failed operations: exit code 1, message, code and facts', async () => {
  assert.deepEqual(await run(['probe', 'fail', 'rule'], [probes]), {
    exitCode: 1,
    out: '',
    err: 'ttx: expected 2, got 1; send less\n  code: conflicting\n  tokens: 2\n',
  })
  assert.deepEqual(await run(['probe', 'fail', 'operation'], [probes]), {
    exitCode: 1,
    out: '',
    err: 'ttx: expected one, got none; wait\n  code: no-answer\n  urls: a, b\n',
  })
  assert.deepEqual(await run(['probe', 'fail', 'rule', '--json'], [probes]), {
    exitCode: 1,
    out: '{"error":{"code":"conflicting","message":"expected 2, got 1; send less","facts":{"tokens":"2"}}}\n',
    err: '',
  })
})

test('a bug: exit code 70, a stack, and where to report it', async () => {
  const { exitCode, out, err } = await run(['probe', 'fail', 'bug'], [probes])
  assert.deepEqual({ exitCode, out }, { exitCode: 70, out: '' })
  assert.match(err, /TypeError: a bug\n {4}at .*program\.test\.ts/)
  assert.match(err, /please report/)
  const json = await run(['probe', 'fail', 'bug', '--json'], [probes])
  assert.equal(json.exitCode, 70)
  assert.deepEqual(JSON.parse(json.out), { error: { code: 'unexpected', message: 'a bug', facts: {} } })
  assert.match(json.err, /program\.test\.ts/)
})

test('a command that Ctrl-C cuts short exits with 130', async () => {
  const shell = fakeShell({ folder })
  const running = runCli(['probe', 'wait'], shell, [probes])
  shell.controller.abort(interrupted())
  assert.equal(await running, 130)
  assert.match(shell.err(), /code: interrupted/)
})

test('unknown commands and options, too many arguments and a missing command: exit code 2', async () => {
  const cases: [string[], RegExp][] = [
    [['walet'], /unknown command 'walet'.*Did you mean wallet/s],
    [['wallet', 'shw'], /unknown command 'shw'.*Did you mean show/s],
    [['wallet', 'list', '--nope'], /unknown option '--nope'/],
    [['wallet', 'list', 'extra'], /too many arguments/],
    [['wallet', 'list', '--data'], /argument missing/],
    [[], /Usage: ttx/],
    [['wallet'], /Usage: ttx wallet/],
  ]
  for (const [argv, message] of cases) {
    const { exitCode, out, err } = await run(argv)
    assert.deepEqual({ exitCode, out }, { exitCode: 2, out: '' })
    assert.match(err, message)
    const json = await run(['--json', ...argv])
    assert.deepEqual([json.exitCode, json.err], [2, ''])
    assert.equal(JSON.parse(json.out).error.code, 'usage')
  }
})

test('a wrong setting: exit code 2, told like an operation', async () => {
  const { exitCode, err } = await run(['wallet', 'list', '--log-level', 'loud'])
  assert.equal(exitCode, 2)
  assert.match(err, /^ttx: expected --log-level .* got "loud" .*\n {2}code: bad-setting\n/)
  const lost = await run(['wallet', 'list', '--data', '--json'])
  assert.equal(lost.exitCode, 2)
  assert.match(lost.out, /expected --data .* to be a path .* got \\"--json\\"/)
})

test('.env in the working folder counts', async () => {
  await writeFile(join(folder, '.env'), `TTX_DATA=${join(folder, 'from-env-file')}\n`)
  const { out } = await run(['wallet', 'list'])
  await rm(join(folder, '.env'))
  assert.match(out, /from-env-file/)
})

test('what a command remembers until its result is told, it forgets only once that was written out', async () => {
  const happened: string[] = []
  const acting: Registration = (program, act) => {
    program.command('act').action(
      act(async ({ resources }) => {
        resources.defer(() => void happened.push('closed'))
        return { data: { done: true }, text: 'done', onPrinted: async () => void happened.push('acknowledged') }
      }),
    )
  }
  const shell = fakeShell({ folder })
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      happened.push(`${chunk}`.trim())
      done()
    },
  })
  assert.equal(await runCli(['act'], { ...shell, stdout }, [acting]), 0)
  assert.deepEqual(happened, ['done', 'acknowledged', 'closed'])
  happened.length = 0
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('nobody reads')) })
  broken.on('error', () => undefined)
  assert.equal(await runCli(['act'], { ...shell, stdout: broken }, [acting]), 70)
  assert.deepEqual(happened, ['closed'])
})
