// A disk that is full, refuses, or is damaged: what runs says so in one sentence, and ends so that a supervisor knows what to do, or goes on by itself.
//
// A limit of the size of files, set while a process runs, refuses as a full disk does, and nobody has to mount anything.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { truncate } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createNodeClient } from '../../node/client/rpc.ts'
import { DeployStage } from '../support/deploying.ts'
import { devnetPorts, type Running, startTtx, ttx, until } from '../support/processes/processes.ts'

const HELD = '0x764bcdb0efdcdc84a9615804058751be8e66cb66'
const EASY = ['--easiest-target', '2^244-1', '--accept', 'easy-target']

async function open(t: TestContext): Promise<DeployStage> {
  const stage = await DeployStage.open(t, { flags: ['--block-time', '1'] })
  const { exitCode, err } = await stage.run(...stage.deployment(...EASY))
  assert.equal(exitCode, 0, err)
  return stage
}

function node(stage: DeployStage, name: string, ...more: string[]): Running {
  const ports = ['--rpc-port', '0', '--listen-port', '0', '--poll-ms', '100']
  return startTtx(['node', '--data', stage.file(name), '--deployment', stage.file('net.json'), ...ports, ...more])
}

async function urlOf(running: Running): Promise<string> {
  await running.said(/^data /m)
  const [, url = ''] = /^RPC +(\S+)/m.exec(running.out) ?? []
  return url
}

/** Files may not grow beyond this many bytes from now on; those that are longer may not be written at all. */
async function limitFiles({ child }: Running, bytes: number | 'unlimited'): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', `${child.pid}`, `--fsize=${bytes}:unlimited`])
}

async function height(url: string): Promise<bigint> {
  const { bridge } = await createNodeClient(url).call('node_info', {})
  return bridge.state === 'live' ? (bridge.ethereumBlock ?? 0n) : 0n
}

test('a node that cannot write what it reads of Ethereum ends with 74 and one sentence, and goes on where it was', async (t) => {
  const stage = await open(t)
  const ethereum = ['--ethereum', stage.anvil.url]
  await using running = node(stage, 'data', ...ethereum)
  const url = await urlOf(running)
  const before = await until('a view', async () => (await height(url)) || undefined)
  await limitFiles(running, 1)
  const { exitCode, err } = await running.finished
  assert.equal(exitCode, 74, err)
  const folder = stage.file('data/node/bridge')
  assert.match(
    err,
    new RegExp(`^ttx: expected to go on .* the bridge in ${folder}, got a file .*; raise .*, then start`, 'm'),
  )
  assert.doesNotMatch(err, /\n {4}at /)
  await using again = node(stage, 'data', ...ethereum)
  const next = await urlOf(again)
  await until('the view again', async () => (await height(next)) >= before || undefined)
})

test('a node that cannot write a payment does not take it, ends with 74, and takes it when it is started again', async (t) => {
  const stage = await open(t)
  await using running = node(stage, 'data')
  const send = async (url: string) => await stage.json('send', '1', HELD, '--node', url)
  const url = await urlOf(running)
  await limitFiles(running, 1)
  const { error } = await send(url)
  // It may end before the answer has left; nothing says "accepted".
  assert.match(error.code, /^(ledger-failed|payment-under-way)$/)
  const { exitCode, err } = await running.finished
  assert.equal(exitCode, 74, err)
  assert.match(err, new RegExp(`^ttx: expected to go on .* the ledger in ${stage.file('data/node/ledger')}, got`, 'm'))
  await using again = node(stage, 'data')
  assert.equal((await send(await urlOf(again))).status, 'accepted')
})

test('a damaged database ends a node with 65, which a supervisor does not restart, and says what is lost', async (t) => {
  const stage = await open(t)
  {
    await using running = node(stage, 'data')
    await urlOf(running)
    assert.equal((await running.stop()).exitCode, 0)
  }
  await truncate(stage.file('data/node/ledger/CURRENT'), 0)
  await using running = node(stage, 'data')
  const { exitCode, err } = await running.finished
  assert.equal(exitCode, 65, err)
  assert.match(err, /delete that folder and start again: payments come back from .*\n {2}code: database-damaged/)
})

test('where nothing can be made, what has to says so and ends with 74', async (t) => {
  const stage = await open(t)
  // Where not even root can make a folder.
  const nowhere = stage.file('net.json/data')
  const ports = ['--rpc-port', '0', '--listen-port', '0']
  for (const command of [
    ['node', '--deployment', stage.file('net.json'), ...ports],
    ['devnet', ...(await devnetPorts()).flags],
  ]) {
    const { exitCode, err } = await ttx([...command, '--data', nowhere])
    assert.equal(exitCode, 74, `${command[0]}: ${err}`)
    assert.match(
      err,
      /^ttx: expected to write .*net.json\/data.* a file in the place of a folder; .*\n {2}code: write-failed/,
    )
  }
})

test('a miner that cannot write waits, says why, and goes on by itself', async (t) => {
  const stage = await open(t)
  await using running = node(stage, 'data', '--ethereum', stage.anvil.url)
  const url = await urlOf(running)
  await until('a view', async () => (await height(url)) || undefined)
  await using miner = startTtx([
    ...['miner', '--data', stage.file('data'), '--passphrase-file', stage.file('passphrase'), '--node', url],
    ...['--ethereum', stage.anvil.url, '--threads', '1', '--rows', 'calldata', '--longest-wait', '0', '--log-json'],
  ])
  await miner.said(/^threads /m)
  await limitFiles(miner, 1)
  await stage.run('bridge', '5', HELD, '--node', url)
  await miner.said(/got a file that may not grow any more; raise the limit/)
  await limitFiles(miner, 'unlimited')
  await miner.said(/"published":1/)
})
