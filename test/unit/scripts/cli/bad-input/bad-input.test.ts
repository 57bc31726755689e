// Whatever is typed wrong gets one sentence with what was expected, the exit code that the documentation says, and changes nothing. Without a node: what
// only one finds wrong is in test/e2e/bad-input.test.ts, and what a process does with its streams in ttx.test.ts.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { encryptKeystore } from '../../../../../node/wallet/keystore.ts'
import { runCli } from '../../../../../scripts/cli/program.ts'
import { COMMANDS } from '../../../../../scripts/cli/registry.ts'
import { freePorts } from '../../../../../scripts/devnet/ports.ts'
import { fakeShell } from '../../../../support/fake-shell.ts'
import { ROWS } from './rows.ts'

const PASSPHRASE = 'a passphrase for tests'
/** Milliseconds of CPU, far above what any takes: one that does real work before it looks would be above. */
const MAX_CPU_MS = 3_000
const USAGE = ['usage', 'bad-setting']

const folder = await mkdtemp(join(tmpdir(), 'ttx-bad-input-'))
const data = join(folder, 'data')
const [deadPort = 0] = await freePorts(1)

before(async () => {
  await mkdir(join(data, 'wallets'), { recursive: true })
  await writeFile(join(data, 'wallets', 'alice.json'), await encryptKeystore(new Uint8Array(32).fill(7), PASSPHRASE, 2))
  await writeFile(join(data, 'bad.json'), '{"from":')
  await writeFile(join(data, 'good.json'), '{}')
  await writeFile(join(data, 'empty'), '')
  await writeFile(join(data, 'short'), 'abc\n')
})
after(() => rm(folder, { recursive: true, force: true }))

const WORDS: Readonly<Record<string, string>> = {
  ADDRESS: `0x${'b0'.repeat(20)}`,
  INFOHASH: '5'.repeat(40),
  BLOCK: '7'.repeat(64),
  DATA: data,
  LONG: 'm'.repeat(200),
  EMPTY: '',
}

function argvOf(line: string): readonly string[] {
  const words = line === '' ? [] : line.split(' ')
  return words.map((word) => word.replace(/ADDRESS|INFOHASH|BLOCK|DATA|LONG|EMPTY/, (name) => WORDS[name] ?? ''))
}

async function run(argv: readonly string[]) {
  const shell = fakeShell({
    folder,
    env: {
      TTX_DATA: data,
      TTX_NODE: `http://127.0.0.1:${deadPort}`,
      TTX_WALLET: 'alice',
      TTX_PASSPHRASE: PASSPHRASE,
    },
  })
  shell.stdin.end()
  const before = process.cpuUsage()
  const exitCode = await runCli(argv, shell)
  const { user, system } = process.cpuUsage(before)
  return { exitCode, out: shell.out(), err: shell.err(), cpuMs: (user + system) / 1_000 }
}

/** Every file with its content and the moment of its last change. */
async function contents(): Promise<readonly unknown[]> {
  const names = (await readdir(folder, { recursive: true })).toSorted()
  return await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { mtimeMs, mode } = await stat(path)
      return [name, mode, mtimeMs, await readFile(path, 'utf8').catch(() => 'a folder')]
    }),
  )
}

/** Nothing but a sentence, and below it code and facts, or where to find help. */
const SHAPE = /^(error|ttx): .+\n((\(.+\)| {2}\w+: .*)\n)*$/

test('each of more than 200 wrong inputs gets its sentence and exit code, and leaves the data folder as it was', async (t) => {
  assert.ok(ROWS.length >= 200, `${ROWS.length} rows`)
  const whole = await contents()
  for (const [line, code, words] of ROWS) {
    await t.test(`ttx ${line}: ${code}`, async () => {
      const { exitCode, out, err, cpuMs } = await run(argvOf(line))
      assert.equal(exitCode, USAGE.includes(code) ? 2 : 1, err)
      assert.equal(out, '')
      assert.ok(err.includes(words), `expected "${words}" in: ${err}`)
      if (code !== 'usage') assert.match(err, new RegExp(`\\n {2}code: ${code}\\n`))
      if (!words.startsWith('Usage: ')) assert.match(err, SHAPE)
      assert.doesNotMatch(err, /\n {4}at /, 'a stack is for bugs')
      assert.ok(cpuMs < MAX_CPU_MS, `${cpuMs} ms of CPU`)
      assert.deepEqual(await contents(), whole)
    })
  }
})

test('the same for programs: one JSON object with the same code, and nothing else', async () => {
  const whole = await contents()
  for (const [line, code] of ROWS) {
    const { exitCode, out, err } = await run([...argvOf(line), '--json'])
    // Behind an option that wants a value, the flag is that value.
    if (!out.startsWith('{')) assert.match(line, /--\S+$/)
    else assert.equal(JSON.parse(out).error.code, code, line)
    assert.equal(exitCode, USAGE.includes(code) ? 2 : 1, `${line}: ${out}${err}`)
  }
  assert.deepEqual(await contents(), whole)
})

test('every command of the registry has rows', () => {
  const without = Object.keys(COMMANDS).filter((name) => !ROWS.some(([line]) => argvOf(line)[0] === name))
  assert.deepEqual(without, [])
})
