// What a command line says when what it needs is not there or is damaged: each with its code, before anything is done.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseDeployment } from '../../../node/deployment.ts'
import { OperationError } from '../../../node/errors.ts'
import { ZERO_HASH } from '../../../node/protocol/ids.ts'
import { requireReaders } from '../../../scripts/cli/commands/watch/court.ts'
import { readDeployment } from '../../../scripts/cli/deployment-file.ts'
import { runCli } from '../../../scripts/cli/program.ts'
import { anvilBinary } from '../../../scripts/devnet/anvil.ts'
import { waitFor } from '../../../scripts/devnet/demo/patience.ts'
import { Stage } from '../../../scripts/devnet/demo/stage.ts'
import { endpointsFile, readEndpoints } from '../../../scripts/endpoints.ts'
import { fakeShell } from '../../support/fake-shell.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const { signal } = new AbortController()

test('a file of a network that is not named, not there or not one is called so', async (t) => {
  const folder = await newFolder(t)
  await assert.rejects(readDeployment(undefined), { code: 'deployment-missing' })
  await assert.rejects(readDeployment(join(folder, 'none.json')), { code: 'deployment-missing' })
  for (const text of ['', '{}', '[]', '{"chain":"1"}'])
    assert.throws(() => parseDeployment(text, 'a file'), { code: 'bad-deployment', facts: { name: 'a file' } })
})

test('what a devnet left is nothing if it is not there, and damaged if it is anything else', async (t) => {
  const folder = await newFolder(t)
  assert.equal(readEndpoints(folder), undefined)
  for (const text of ['', 'x', '{}']) {
    await writeFile(endpointsFile(folder), text)
    assert.throws(() => readEndpoints(folder), { code: 'bad-endpoints' })
  }
})

test('time is skipped where a devnet runs, and nowhere else', async (t) => {
  const shell = fakeShell({ folder: await newFolder(t) })
  const exitCode = await runCli(['devnet', 'skip', '1h', '--json'], shell)
  assert.deepEqual([exitCode, JSON.parse(shell.out()).error.code], [1, 'no-devnet'])
})

test('anvil is looked for by the system that this is, and named where there is none', (t) => {
  const own = Object.getOwnPropertyDescriptor(process, 'arch')
  assert.ok(own)
  t.after(() => Object.defineProperty(process, 'arch', own))
  Object.defineProperty(process, 'arch', { ...own, value: 'abacus' })
  assert.throws(anvilBinary, { code: 'anvil-missing', facts: { platform: `${process.platform}-abacus` } })
})

test('what does not come in time was waited for in vain, with the last failure that might have passed', async () => {
  const patience = { deadlineMs: 20, pollMs: 1, signal }
  const why = new OperationError('ethereum-silent', 'no answer', { retry: true })
  await assert.rejects(
    waitFor('a miracle', patience, () => Promise.reject(why)),
    { code: 'waited-in-vain', facts: { what: 'a miracle' }, cause: why },
  )
  await assert.rejects(
    waitFor('nothing', patience, async () => undefined),
    { code: 'waited-in-vain' },
  )
})

test('a demo in which money vanishes fails in the step in which it did', async () => {
  const rest = { ethereumBlock: 1n, finalHeight: 0n, wttx: 0n, unconsumed: 0n, unminted: 0n, locked: 0n, genesis: 5n }
  let total = 5n
  const stage = new Stage({
    say: () => undefined,
    now: () => 0,
    count: async () => ({ ...rest, finalBlock: ZERO_HASH, outputs: total, total }),
  })
  await stage.begin()
  const losing = stage.step('losing', async () => {
    total -= 1n
  })
  await assert.rejects(losing, { code: 'demo-failed', message: /5 base units after "losing", got 4/ })
})

test('what takes Ethereum says so where no endpoint is set', () => {
  assert.throws(() => requireReaders({ readers: [] }), { code: 'ethereum-missing' })
})

test('contracts that are not compiled are called so', async (t) => {
  const folder = await newFolder(t)
  for (const name of ['node', 'scripts', 'contracts', 'deployments', 'package.json', 'node_modules'])
    await symlink(join(ROOT, name), join(folder, name))
  const size = `import { bench } from '${folder}/scripts/bench/contract-size.ts'; await bench.prepare()`
  assert.match((await runNode([...AS_LINKED, '--input-type=module', '--eval', size])).err, /code: 'not-built'/)
})

/** Files are taken for those of the folder that they are linked into. */
const AS_LINKED = ['--preserve-symlinks', '--preserve-symlinks-main']

async function runNode(args: readonly string[]): Promise<{ readonly err: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { env: {} }, (_error, _out, err) => resolve({ err }))
  })
}

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-failures-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
