// The process `ttx`: Ctrl-C and SIGTERM end it with what it has to say, and a reader that goes away is not a failure.

import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const TTX = fileURLToPath(new URL('../../../scripts/ttx.mjs', import.meta.url))
// Waits for its standard input, and says so.
const WAITING = ['wallet', 'import', '--log-level', 'debug', '--data', `${tmpdir()}/ttx-never-written`]

function start(argv: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [TTX, ...argv], { cwd: tmpdir(), env: { PATH: process.env['PATH'] ?? '' } })
}

/** All that the process says on standard error; resolves `ready` once it says `words`. */
function listen(child: ChildProcessWithoutNullStreams, words: string) {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
    if (said.includes(words)) resolve()
  })
  child.once('close', () => reject(new Error(`it ended without saying ${words}: ${said}`)))
  return { ready, said: () => said }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} stops a command that waits: exit code 130 and a word`, async () => {
    const child = start(WAITING)
    const { ready, said } = listen(child, 'reading words')
    await ready
    child.kill(signal)
    const [exitCode, killedBy] = await once(child, 'close')
    assert.deepEqual([exitCode, killedBy], [130, null])
    if (signal === 'SIGINT') assert.match(said(), /stopping; once more to stop at once/)
    assert.match(said(), /code: interrupted/)
  })
}

test('a reader that goes away is no failure', async () => {
  const child = start(['--help'])
  child.stdout.destroy()
  const [[exitCode], err] = await Promise.all([once(child, 'close'), text(child.stderr)])
  assert.deepEqual([exitCode, err], [0, ''])
})

/** A Node that runs no TypeScript: the same one under another name, told not to. */
async function oldNode(t: TestContext): Promise<readonly [node: string, flag: string]> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-old-node-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const node = join(folder, 'node')
  await copyFile(process.execPath, node, constants.COPYFILE_FICLONE)
  return [node, '--no-experimental-strip-types']
}

const ENV = { PATH: process.env['PATH'] ?? '' }

test('an old Node has the program run by that of the installation: its words, streams, exit code and signals', async (t) => {
  const [node, flag] = await oldNode(t)
  const run = (...argv: string[]) => spawn(node, [flag, TTX, ...argv], { cwd: tmpdir(), env: ENV })
  const version = run('--version')
  const [[exitCode], out, err] = await Promise.all([once(version, 'close'), text(version.stdout), text(version.stderr)])
  assert.deepEqual([exitCode, err], [0, ''])
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
  const [refused] = await once(run('no-such-command', '--json').on('error', assert.fail), 'close')
  assert.equal(refused, 2)
  const waiting = run(...WAITING)
  await listen(waiting, 'reading words').ready
  waiting.kill('SIGTERM')
  assert.deepEqual(await once(waiting, 'close'), [130, null])
})

test('where there is no newer Node, it says what to do, and does not start itself forever', async (t) => {
  const at = await mkdtemp(join(tmpdir(), 'ttx-no-node-'))
  t.after(() => rm(at, { recursive: true, force: true }))
  const bin = join(at, 'node_modules', '.bin')
  await Promise.all([mkdir(bin, { recursive: true }), mkdir(join(at, 'scripts'))])
  await copyFile(TTX, join(at, 'scripts', 'ttx.mjs'))
  const say = async () => {
    const argv = ['--no-experimental-strip-types', join(at, 'scripts', 'ttx.mjs'), '--version']
    const child = spawn(process.execPath, argv, { env: ENV })
    const [[exitCode], err] = await Promise.all([once(child, 'close'), text(child.stderr)])
    assert.equal(exitCode, 1)
    assert.match(err, /^ttx: expected a Node that runs TypeScript .*, got v\d.*; run "npm ci" in \/.*\n$/)
  }
  await say()
  await symlink(process.execPath, join(bin, 'node')) // as old as the one that runs
  await say()
})
