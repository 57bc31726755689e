// `ttx miner` as a process: what it prints without a terminal, what it says of itself to others, killed and ended by itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MinerReport } from '../../scripts/miner-report.ts'
import { Arena } from '../support/processes/arena.ts'
import { holder, stranger } from '../support/stage.ts'

type Told = MinerReport & { readonly is: string }

test('a miner tells how it does, over a kill -9 too, and adds up when it ends', async (t) => {
  const arena = await Arena.open(t)
  // It goes by the name of the miner afterwards: that is started again, not restarted.
  const told = async (): Promise<Told> => JSON.parse((await arena.ttx('miner', ['miner', 'status', '--json'])).out)
  const asText = { TTX_LOG_JSON: 'false', COLUMNS: '89' }
  const { running } = await arena.startMiner('miner', [], asText)
  const payments = [arena.genesis]
  const ask = async (name: string) => {
    const request = arena.signRequest(holder, payments.slice(-1), 10n ** 18n, stranger(name))
    await arena.submit(request)
    payments.push(request.infohash)
    await arena.ordered(request.infohash)
  }

  await ask('first')
  await running.said(/^[\d:]+ resting #2: no request/m)
  assert.match(running.err.replaceAll(/\n {9}/g, ' '), /\(1 published, 0 final, 0 TTX, -0\.\d+ ETH\)$/m)
  const before = await told()
  assert.deepEqual([before.is, before.state, before.height], ['running', 'resting', '2'])
  assert.equal(before.pid, running.child.pid)
  assert(before.hashesPerSecond > 0 && BigInt(before.money.gas) > 0n)
  for (const line of running.err.trimEnd().split('\n')) assert(line.length <= 89, line)

  await running.stop('SIGKILL')
  const gone = await told()
  assert.deepEqual([gone.is, gone.pid], ['gone', before.pid])

  const { running: again } = await arena.startMiner('miner', [], { TTX_LOG_JSON: '' })
  await ask('second')
  await again.said(/"published":2/)
  const { exitCode, out, err } = await again.stop('SIGTERM')
  assert.equal(exitCode, 0)
  assert.match(out, /^blocks +1 found, 1 published, 0 became final$/m)
  assert.match(out, /^of all starts: 2 blocks found, 2 published, 0 final$/m)
  for (const line of out.trimEnd().split('\n')) assert(line.length <= 100, line)
  const lines = err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const last = lines.findLast(({ money }) => money !== undefined)
  assert(BigInt(last.money.gas) > BigInt(before.money.gas), 'the gas of both blocks')
  const { exitCode: none, out: error } = await arena.ttx('miner', ['miner', 'status', '--json'])
  assert.deepEqual([none, JSON.parse(error).error.code], [1, 'no-miner'])
})
