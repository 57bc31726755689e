// Whole ledgers that sync over loopback: an empty node joins a network with many more payments than its waiting pool can hold.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ledger } from '../../../../node/ledger/ledger.ts'
import { DEFAULT_LIMITS } from '../../../../node/ledger/limits.ts'
import { Network } from '../../../../node/network/network.ts'
import { type NetworkStoreDeps, NodeStore } from '../../../../node/network-store.ts'
import { BENCH_GENESIS, BENCH_RULES, type PaymentsOptions, payments } from '../../../../scripts/bench/payments.ts'
import { SILENT, until } from '../network/lab.ts'

/** A fiftieth of what a node has room for: 640 files, of which one source fills 160. */
const LIMITS = { ...DEFAULT_LIMITS, waitingCount: 640 }

class Nodes implements AsyncDisposable {
  readonly #stop: (() => Promise<unknown>)[] = []

  async start(files: Iterable<Uint8Array>, peers: readonly Network[] = []) {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-sync-'))
    this.#stop.push(() => rm(folder, { recursive: true, force: true }))
    const common = { rules: BENCH_RULES, genesis: BENCH_GENESIS, log: SILENT, clock: () => 1_767_300_000_000 }
    const ledger = new Ledger({ ...common, database: folder, limits: LIMITS })
    await ledger.start()
    this.#stop.push(() => ledger.stop())
    await Promise.all([...files].map((file) => ledger.submit(file, 'test')))
    const pool = { blocks: [], byTorrent: () => undefined } as unknown as NetworkStoreDeps['pool'] // no block is asked for
    const store = new NodeStore({ ledger, pool, follower: undefined })
    const addresses = peers.map((peer) => `${peer.address().host}:${peer.address().port}`)
    const network = new Network({ store, log: SILENT }, { peers: addresses })
    await network.start()
    this.#stop.push(() => network.stop())
    return { ledger, network }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stop.reverse()) await stop()
  }
}

/** An empty node and `full` others. Returns the most that ever waited at the empty one. */
async function sync(options: PaymentsOptions, full: number): Promise<number> {
  await using nodes = new Nodes()
  const files = [...payments(options)]
  const peers = []
  for (let i = 0; i < full; i++) peers.push(await nodes.start(files))
  const joiner = await nodes.start(
    [],
    peers.map(({ network }) => network),
  )
  let mostWaiting = 0
  joiner.ledger.subscribe(() => {
    mostWaiting = Math.max(mostWaiting, joiner.ledger.summary().waiting)
  })
  await until(() => joiner.ledger.summary().count === files.length + 1, 'all payments are here', 120_000)
  assert.equal(joiner.ledger.summary().fingerprint, peers[0]?.ledger.summary().fingerprint)
  const received = joiner.network.peers().reduce((sum, peer) => sum + peer.received.bytes, 0)
  const bytes = files.reduce((sum, { length }) => sum + length, 0)
  assert(received < 1.3 * bytes, `expected less than 1.3 times ${bytes} bytes, got ${received}`)
  return mostWaiting
}

test('an empty node gets a web of 4,000 payments although only 160 may wait, and none has to', async () => {
  assert.equal(await sync({ count: 4_000 }, 1), 0)
})

test('it gets 20 long chains from three peers at once', async () => {
  assert.equal(await sync({ count: 3_000, chains: 20 }, 3), 0)
})

test('a node that knows half of a web gets the rest, and an announcement that comes meanwhile', async () => {
  await using nodes = new Nodes()
  const files = [...payments({ count: 3_000 })]
  const full = await nodes.start(files.slice(0, -1))
  const half = await nodes.start(files.slice(0, 1_500), [full.network])
  await until(() => half.network.statistics().sync !== undefined, 'it has begun', 60_000)
  const last = files.at(-1)
  assert(last)
  await full.ledger.submit(last, 'wallet')
  await until(() => half.ledger.summary().count === 3_001, 'all payments are here', 120_000)
  assert.equal(half.ledger.summary().waiting, 0)
})

test('positions in the order survive a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-sync-'))
  const common = { rules: BENCH_RULES, genesis: BENCH_GENESIS, log: SILENT, clock: () => 1_767_300_000_000 }
  try {
    const files = [...payments({ count: 50 })]
    const first = new Ledger({ ...common, database: folder })
    await first.start()
    await Promise.all(files.map((file) => first.submit(file, 'test')))
    const before = await first.order(10, 20)
    await first.stop()
    const again = new Ledger({ ...common, database: folder })
    await again.start()
    assert.deepEqual(await again.order(10, 20), before)
    assert.deepEqual([before.infohashes.length, before.next, before.end], [20, 30, 52])
    assert.deepEqual(await again.order(52, 20), { infohashes: [], next: 52, end: 52 })
    assert.deepEqual(await again.order(10_000, 20), { infohashes: [], next: 10_000, end: 52 })
    await again.stop()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
