// A second devnet on a folder: refused, and the first one, its file and its lock stay as they were.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Devnet } from '../../../../scripts/devnet/devnet.ts'
import { readEndpoints, writeEndpoints } from '../../../../scripts/endpoints.ts'
import { takeLock } from '../../../../scripts/lock.ts'
import { log } from '../../../support/log.ts'

test('a second devnet on the folder of one that runs is refused, and takes nothing of it away', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'ttx-second-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  await using _first = await takeLock(data, 'devnet')
  const lock = await readFile(join(data, 'devnet.lock'), 'utf8')
  const url = 'http://127.0.0.1:1'
  const endpoints = { node: url, ethereum: url, deployment: 'd', passphraseFile: 'p', processes: { node: 1 } }
  await writeEndpoints(data, endpoints)
  const second = new Devnet(
    { log, say: () => undefined, onLine: () => undefined },
    {
      ...{
        data,
        ports: { ethereum: 1, rpc: 1, listen: 1, peerRpc: 1, peerListen: 1, ethereumRpc: 1 },
        blockSeconds: 1,
        pollMs: 100,
      },
      ...{ logLevel: 'silent', logJson: true, miner: false, rows: 'auto', watcher: false },
    },
  )
  await assert.rejects(second.start(), (error: Error) => 'code' in error && error.code === 'already-runs')
  await second.stop()
  assert.deepEqual(readEndpoints(data), endpoints)
  assert.equal(await readFile(join(data, 'devnet.lock'), 'utf8'), lock)
})
