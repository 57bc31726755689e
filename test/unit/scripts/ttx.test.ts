// The process `ttx`: Ctrl-C and SIGTERM end it with what it has to say, and a reader that goes away is not a failure.

import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
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
