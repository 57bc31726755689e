// A stopped network leaves nothing behind that keeps the process alive, and calls its store no more.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { test } from 'node:test'
import { DEFAULT_NETWORK_OPTIONS, NETWORK_BOUNDS } from '../../../../node/network/options.ts'
import { TorrentClient } from '../../../../node/network/torrent/client.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Lab, SILENT, until } from './lab.ts'
import { MemoryStore, testFile } from './memory-store.ts'

test('a process in which two nodes were stopped ends by itself', async () => {
  const script = new URL('two-nodes.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  const [code, signal] = await once(child, 'exit')
  clearTimeout(killer)
  assert.deepEqual([code, signal, output], [0, null, 'stopped\n'])
})

test('stop waits for the store, and the store is not called afterwards', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  class SlowStore extends MemoryStore {
    running = 0
    calls = 0
    override async onTransaction(infohash: Parameters<MemoryStore['onTransaction']>[0], file: Uint8Array) {
      this.calls += 1
      this.running += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
      this.running -= 1
      return await super.onTransaction(infohash, file)
    }
  }
  const store = new SlowStore()
  const bob = await lab.node({ peers: [alice] }, store)
  alice.store.add(...Array.from({ length: 500 }, (_, i) => testFile(`slow ${i}`)))
  await until(() => store.running > 0, 'files are being judged')
  await bob.network.stop()
  const { calls } = store
  assert.equal(store.running, 0)
  alice.store.add(testFile('too late'))
  await until(() => alice.network.peers().length === 0, 'they are disconnected')
  assert.equal(store.calls, calls)
})

test('a file that the store cannot judge now is asked for again when it is announced again', async () => {
  await using lab = new Lab()
  const { OperationError } = await import('../../../../node/errors.ts')
  class BrokenStore extends MemoryStore {
    isBroken = true
    failures = 0
    override async onTransaction(infohash: Parameters<MemoryStore['onTransaction']>[0], file: Uint8Array) {
      if (this.isBroken) {
        this.failures += 1
        throw new OperationError('write-failed', 'no space is left', { retry: true })
      }
      return await super.onTransaction(infohash, file)
    }
  }
  const store = new BrokenStore()
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] }, store)
  const file = testFile('not now')
  alice.store.add(file)
  await until(() => store.failures > 0 && bob.network.statistics().wanted === 0, 'it failed')
  store.isBroken = false
  const carol = await lab.node({ peers: [bob] })
  carol.store.add(file)
  await until(() => store.files.has(infohashOf(file)), 'it was taken')
  // The file may have come from either of them, before the other one had introduced itself.
  await until(() => bob.network.peers().length === 2, 'nobody was blamed')
})

test('a transaction that comes and does not stand is said to be so', async () => {
  await using lab = new Lab()
  class DoubtfulStore extends MemoryStore {
    override async onTransaction(infohash: Parameters<MemoryStore['onTransaction']>[0], file: Uint8Array) {
      this.waiting.set(infohash, file)
      return { state: 'waiting' as const, missing: [] }
    }
  }
  const alice = await lab.node()
  const [infohash] = alice.store.add(testFile('one'))
  assert(infohash)
  const bob = await lab.node({ peers: [alice] }, new DoubtfulStore())
  await until(() => bob.network.peers().length === 1, 'they are connected')
  await assert.rejects(bob.network.fetch(infohash, AbortSignal.timeout(20_000)), {
    ...{ code: 'transaction-not-accepted', facts: { infohash } },
  })
})

test('a client whose port fails under it says that it has died, and one that is closed does not', async () => {
  const deaths: unknown[] = []
  const open = async () => {
    const client = new TorrentClient(
      {
        ...{
          log: SILENT,
          lookup: async () => undefined,
          lookupSecret: () => undefined,
          isOwn: () => false,
          isBanned: () => false,
        },
        onDied: ({ code, message }) => deaths.push(code, message),
      },
      { ...DEFAULT_NETWORK_OPTIONS, ...NETWORK_BOUNDS, port: 0 },
    )
    await client.opened()
    return client as TorrentClient & { readonly _connPool: { readonly tcpServer: Server } }
  }
  await (await open()).close()
  assert.deepEqual(deaths, [])
  const failing = await open()
  failing._connPool.tcpServer.emit('error', new Error('accept ENFILE'))
  const message =
    'expected BitTorrent to run for as long as the node does, but it ended: accept ENFILE; start the node again'
  assert.deepEqual(deaths, ['network-died', message])
  await failing.close()
})
