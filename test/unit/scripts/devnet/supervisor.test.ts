// The supervisor: order, restarts, last words, and nothing left over.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { OperationError } from '../../../../node/errors.ts'
import { createLogger } from '../../../../node/log.ts'
import { type ServiceSpec, Supervisor } from '../../../../scripts/devnet/supervisor.ts'

const logs = await mkdtemp(join(tmpdir(), 'ttx-supervisor-'))
after(() => rm(logs, { recursive: true }))
const log = createLogger({ level: 'silent', json: true, colors: false })

/** Says a word at its start and one at its end, and lives until SIGTERM. */
const LIVING = `process.on('SIGTERM', () => { console.log('end ' + NAME); process.exit() }); setInterval(() => 0, 1000); console.log('begin ' + NAME)`

function harness() {
  const lines: string[] = []
  const supervisor = new Supervisor(
    { log },
    { logs, onLine: (_name, line) => void lines.push(line), onProcesses: async () => undefined },
  )
  const spec = (name: string, code: string): ServiceSpec => ({
    name,
    command: process.execPath,
    args: ['-e', code.replaceAll('NAME', `'${name}'`)],
    ready: async (signal) => {
      const seen = lines.length
      while (!lines.slice(seen - 1).includes(`begin ${name}`)) await delay(10, undefined, { signal })
    },
  })
  return { lines, supervisor, spec }
}

test('services start in order, end in reverse order, and their words are kept', async () => {
  const { lines, supervisor, spec } = harness()
  await supervisor.start(spec('one', LIVING))
  await supervisor.start(spec('two', LIVING))
  assert.deepEqual(Object.keys(supervisor.processes), ['one', 'two'])
  await supervisor.stop()
  await supervisor.stop()
  assert.deepEqual(lines, ['begin one', 'begin two', 'end two', 'end one'])
  assert.deepEqual(supervisor.processes, {})
  assert.equal(await readFile(join(logs, 'two.log'), 'utf8'), 'begin two\nend two\n')
})

test('a service that dies is started again', async () => {
  const { lines, supervisor, spec } = harness()
  await using _ = supervisor
  await supervisor.start(spec('mortal', LIVING))
  const { mortal } = supervisor.processes
  assert.ok(mortal)
  process.kill(mortal, 'SIGKILL')
  while (lines.filter((line) => line === 'begin mortal').length < 2) await delay(10)
  assert.notEqual(supervisor.processes['mortal'], mortal)
})

test('one that ends as a wrong setting, damaged data or a full disk end is not started again: the whole fails, with its last words', async () => {
  for (const code of [2, 65, 74]) {
    const { lines, supervisor, spec } = harness()
    await using _ = supervisor
    await supervisor.start(
      spec('hopeless', `process.on('SIGUSR2', () => { console.error('no room'); process.exit(${code}) }); ${LIVING}`),
    )
    const failed = once(supervisor.failed, 'abort')
    const { hopeless } = supervisor.processes
    assert.ok(hopeless)
    process.kill(hopeless, 'SIGUSR2')
    await failed
    const error = supervisor.failed.reason
    assert.ok(error instanceof OperationError)
    assert.equal(error.code, 'service-died')
    assert.equal(error.facts['exitCode'], `${code}`)
    assert.match(error.message, /no room/)
    assert.equal(lines.filter((line) => line === 'begin hopeless').length, 1)
  }
})

test('one that ends before it is ready is told with its last words', async () => {
  const { supervisor, spec } = harness()
  await using _ = supervisor
  await assert.rejects(supervisor.start(spec('stillborn', `console.error('no port'); process.exit(3)`)), (error) => {
    assert.ok(error instanceof OperationError)
    assert.equal(error.code, 'service-died')
    assert.match(error.message, /exit code 3.*\nno port/s)
    return true
  })
})
