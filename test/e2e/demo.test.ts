// The demo as a user runs it, on anvil and on Hardhat's own chain; its evidence is checked with code of others.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAnswering } from '../../scripts/devnet/dev-chain.ts'
import { freePorts } from '../../scripts/devnet/ports.ts'
import { Running, ttx, until } from '../support/processes/processes.ts'
import { checkEvidence, type DemoResult } from './evidence.ts'

const HARDHAT = fileURLToPath(new URL('../../node_modules/hardhat/dist/src/cli.js', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'ttx-demo-test-'))
after(() => rm(folder, { recursive: true, force: true }))

test('npm run demo -- --json --out DIR: one object, all money at each step, and evidence that others can check', async () => {
  const out = join(folder, 'anvil')
  await using demo = new Running('npm', ['run', '--silent', 'demo', '--', '--json', '--out', out])
  const { exitCode, out: printed, err } = await demo.finished
  assert.equal(exitCode, 0, err)
  assert.equal(printed.trim().split('\n').length, 1)
  checkResult(JSON.parse(printed))
  assert.deepEqual(JSON.parse(await readFile(join(out, 'result.json'), 'utf8')), JSON.parse(printed))
  for (const step of [
    'a relayer claims for bob: bob holds 99 wTTX',
    'alice spends that money: 20 TTX',
    '5 EXAMPLE for 60 GOLD',
    'bob holds 19.8 EXAMPLE',
  ]) {
    assert.ok(err.includes(step), err)
  }
  await checkEvidence(out)
})

test("the same on Hardhat's own chain", async () => {
  const [port = 0] = await freePorts(1)
  const env = { CI: 'true', HARDHAT_DISABLE_TELEMETRY: 'true' }
  await using chain = new Running(process.execPath, [HARDHAT, 'node', '--port', `${port}`], env)
  const url = `http://127.0.0.1:${port}`
  await until('Hardhat to answer', async () => {
    assert.equal(chain.child.exitCode, null, chain.err)
    return (await isAnswering(url)) ? true : undefined
  })
  const out = join(folder, 'hardhat')
  const { exitCode, out: printed, err } = await ttx(['demo', '--json', '--out', out, '--on', url])
  assert.equal(exitCode, 0, err)
  checkResult(JSON.parse(printed))
  await checkEvidence(out)
})

test('a folder with files in it is not written to', async () => {
  const before = await readdir(folder)
  const { exitCode, out } = await ttx(['demo', '--json', '--out', folder])
  assert.equal(exitCode, 1)
  assert.equal(JSON.parse(out).error.code, 'folder-not-empty')
  assert.deepEqual(await readdir(folder), before)
})

function checkResult(
  result: DemoResult & { readonly ok: boolean; readonly steps: readonly { seconds: number }[] },
): void {
  assert.equal(result.ok, true)
  assert.equal(result.transactions.length, 12)
  assert.equal(result.blocks.length, 2)
  assert.ok(result.steps.every(({ seconds }) => seconds >= 0))
  assert.deepEqual([result.request.gross, result.request.net], ['100000000000000000000', '99000000000000000000'])
}
