// A devnet that is stopped, killed and started again: it goes on where it was, and leaves nothing behind.

import assert from 'node:assert/strict'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  allGone,
  devnetPorts,
  processesOf,
  type Running,
  startTtx,
  ttx,
  ttxJson,
  until,
} from '../support/processes/processes.ts'

const data = await mkdtemp(join(tmpdir(), 'ttx-restart-'))
after(() => rm(data, { recursive: true, force: true }))

const BOB = `0x${'b0'.repeat(20)}`
const PROCESSES = ['ethereum', 'node', 'peer', 'miner', 'relayer', 'watcher']

async function devnet(): Promise<Running> {
  const { flags } = await devnetPorts()
  return startTtx(['devnet', '--data', data, '--poll-ms', '600', '--block-seconds', '1', ...flags])
}

async function balance(): Promise<string> {
  const { spendable } = await ttxJson<{ spendable: string }>(['balance', BOB, '--data', data])
  return spendable
}

test('a devnet starts all, and Ctrl-C ends all: exit code 0, no process and no lock left', async () => {
  await using running = await devnet()
  await running.said(/It runs/)
  const processes = processesOf(data)
  assert.deepEqual(Object.keys(processes).toSorted(), PROCESSES.toSorted())
  const paid = await ttxJson<{ infohash: string; status: string }>([
    'send',
    '2.5',
    BOB,
    '--wallet',
    'genesis',
    '--data',
    data,
  ])
  assert.equal(paid.status, 'accepted')
  assert.equal(await balance(), '2500000000000000000')

  const second = await ttx(['devnet', '--data', data])
  assert.equal(second.exitCode, 1)
  assert.match(second.err, new RegExp(`code: already-runs\\n.*pid: ${running.child.pid}`, 's'))

  // It leaves alone what the first one says of itself, by which commands find it.
  assert.deepEqual(processesOf(data), processes)

  const { exitCode } = await running.stop('SIGINT')
  assert.equal(exitCode, 0)
  await allGone(Object.values(processes))
  await assert.rejects(access(join(data, 'devnet.lock')))
  await assert.rejects(access(join(data, 'devnet.json')))
})

test('started again it goes on: the payment is there, a request goes through, and time that was skipped stays skipped', async () => {
  await using running = await devnet()
  await running.said(/It runs/)
  assert.equal(await balance(), '2500000000000000000')
  const { infohash } = await ttxJson<{ infohash: string }>(['bridge', '7', BOB, '--wallet', 'genesis', '--data', data])
  type Status = {
    status: string
    ethereumTime: number
    bridging?: { paid: boolean; payableAt?: number; waitingFor: string }
  }
  const where = () => ttxJson<Status>(['status', infohash, '--data', data])
  const ordered = await until('the request to be in a block', async () => {
    const status = await where()
    return status.status === 'ordered' ? status : undefined
  })
  assert.match(ordered.bridging?.waitingFor ?? '', /final/)
  assert.ok((ordered.bridging?.payableAt ?? 0) > ordered.ethereumTime)
  await ttxJson(['devnet', 'skip', '24h', '--data', data])
  await until('the request to be paid', async () => ((await where()).bridging?.paid ? true : undefined))
  const { wttx } = await ttxJson<{ wttx: string }>(['balance', BOB, '--data', data])
  assert.equal(wttx, '6930000000000000000')
  const { ethereumTime } = await where()
  await running.stop('SIGTERM')

  await using again = await devnet()
  await again.said(/It runs/)
  const later = await until('the node to follow Ethereum and find the request final', async () => {
    const status = await where()
    return status.ethereumTime === undefined || status.status !== 'final' ? undefined : status
  })
  assert.equal(later.bridging?.paid, true)
  assert.ok(
    later.ethereumTime >= ethereumTime,
    `Ethereum's clock went back from ${ethereumTime} to ${later.ethereumTime}`,
  )
})

test('kill -9 of the devnet takes its processes along, and the next start goes on', async () => {
  const running = await devnet()
  await running.said(/It runs/)
  const processes = processesOf(data)
  await running.stop('SIGKILL')
  await allGone(Object.values(processes))
  await using again = await devnet()
  await again.said(/It runs/)
  assert.equal(await balance(), '2500000000000000000')
})

test('the death of the terminal ends all as Ctrl-C does', async () => {
  const running = await devnet()
  await running.said(/It runs/)
  const processes = processesOf(data)
  running.child.stdout?.destroy()
  running.child.stderr?.destroy()
  await running.stop('SIGHUP')
  await allGone(Object.values(processes))
  await assert.rejects(access(join(data, 'devnet.lock')))
  await assert.rejects(access(join(data, 'devnet.json')))
})

test('a process that dies is started again, and it is said', async () => {
  await using running = await devnet()
  await running.said(/It runs/)
  const { relayer } = processesOf(data)
  assert.ok(relayer)
  process.kill(relayer, 'SIGKILL')
  await running.said(/process died.*"relayer".*SIGKILL/)
  await running.said(/it runs again.*"relayer"/)
  assert.notEqual(processesOf(data)['relayer'], relayer)
})

test('a port in use: exit code 1, which port and which flag, and nothing runs', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await until('the port to be taken', async () => (server.listening ? true : undefined))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { exitCode, err } = await ttx(['devnet', '--data', data, '--ethereum-port', `${address.port}`])
  server.close()
  assert.equal(exitCode, 1)
  assert.match(err, /expected port \d+ to be free for Ethereum, got .*EADDRINUSE.*--ethereum-port/)
  assert.match(err, /code: port-in-use/)
  await assert.rejects(access(join(data, 'devnet.lock')))
})
