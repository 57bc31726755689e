// How nodes find each other without being told: by tracker, by DHT, by peer exchange, by the hints of a proof. All on loopback.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { Server } from 'bittorrent-tracker'
import { OperationError } from '../../../../node/errors.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { Lab, until } from './lab.ts'
import { testFile } from './memory-store.ts'

test('two nodes find each other at a tracker', async () => {
  await using lab = new Lab()
  const tracker = new Server({ udp: false, ws: false })
  tracker.listen(0, { http: '127.0.0.1' })
  await once(tracker, 'listening')
  lab.defer(() => new Promise((resolve) => tracker.close(resolve)))
  const address = tracker.http.address()
  assert(address !== null && typeof address === 'object')
  const trackers = [`http://127.0.0.1:${address.port}/announce`]
  const alice = await lab.node({ trackers })
  const bob = await lab.node({ trackers })
  await until(() => alice.network.peers().length === 1 && bob.network.peers().length === 1, 'they are connected')
  const infohashes = alice.store.add(testFile('by tracker'))
  await until(() => bob.store.has(infohashes[0] ?? alice.store.genesis), 'the transaction came')
  assert.deepEqual(Object.keys(tracker.torrents).length, 1, 'only the meeting point is announced')
})

test('two nodes find each other in a DHT', async () => {
  await using lab = new Lab()
  const entry = await lab.node({ dht: { bootstrap: [] } })
  const dht = { bootstrap: [`127.0.0.1:${entry.network.address().dhtPort}`] }
  const alice = await lab.node({ dht })
  const bob = await lab.node({ dht })
  await until(() => alice.network.peers().length > 0 && bob.network.peers().length > 0, 'they found each other')
})

test('a node learns of others from the one that it dialled', async () => {
  await using lab = new Lab()
  const known = await lab.node({ pex: true })
  const first = await lab.node({ pex: true, peers: [known] })
  await until(() => known.network.peers().length === 1, 'the first is connected')
  const second = await lab.node({ pex: true, peers: [known] })
  await until(() => second.network.peers().length === 2 && first.network.peers().length === 2, 'all know each other')
})

test('the hint of a proof leads to a node, and from there to the network', async () => {
  await using lab = new Lab()
  const seeder = await lab.node()
  const [wanted, other] = seeder.store.add(testFile('proven'), testFile('another'))
  assert(wanted && other)
  const node = await lab.node()
  const hints = { peers: [seeder.address] }
  await node.network.fetch(wanted, AbortSignal.timeout(20_000), hints)
  await until(() => node.store.has(other), 'the rest came by gossip')
})

test('two nodes that dial each other keep one connection', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  const bob = await lab.node({ peers: [alice] })
  alice.network.addPeer(bob.address)
  await until(() => alice.network.peers().length === 1 && bob.network.peers().length === 1, 'they are connected')
  const [infohash] = alice.store.add(testFile('once'))
  assert(infohash)
  await until(() => bob.store.has(infohash), 'it came')
  assert.deepEqual([alice.network.peers().length, bob.network.peers().length], [1, 1])
})

for (const options of [{ secure: 1 }, { secure: 2 }, { utp: true }] as const) {
  test(`nodes gossip with ${JSON.stringify(options)}`, async () => {
    await using lab = new Lab()
    const alice = await lab.node(options)
    const bob = await lab.node({ ...options, peers: [alice] })
    const [infohash] = alice.store.add(testFile('carried'))
    assert(infohash)
    await until(() => bob.store.has(infohash), 'it came')
  })
}

test('a node comes back to a peer that was away', async () => {
  await using lab = new Lab()
  const first = await lab.node()
  const bob = await lab.node({ peers: [first] })
  await until(() => bob.network.peers().length === 1, 'they are connected')
  const { port } = first.network.address()
  await first.network.stop()
  await until(() => bob.network.peers().length === 0, 'it is gone')
  await lab.node({ listenPort: port }, first.store)
  await until(() => bob.network.peers().length === 1, 'they are connected again')
})

test('it listens on loopback only, unless told otherwise', async () => {
  await using lab = new Lab()
  const node = await lab.node({ utp: true })
  const { host, port } = node.network.address()
  assert.equal(host, '127.0.0.1')
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of outside) {
    const socket = connect({ host: address, port })
    await assert.rejects(once(socket, 'connect'), /ECONNREFUSED/)
    // Were uTP listening on all addresses, this one would be taken.
    const udp = createSocket('udp4').bind(port, address)
    await once(udp, 'listening')
    udp.close()
  }
})

test('a port that is taken is an operation error', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const taken = lab.node({ listenPort: node.network.address().port })
  await assert.rejects(taken, (error) => error instanceof OperationError && error.code === 'listen-failed')
})

test('before the start and after the stop there is no address, and stopping twice is the same as once', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  await Promise.all([node.network.stop(), node.network.stop()])
  await node.network.stop()
  assert.throws(
    () => node.network.address(),
    (error) => error instanceof OperationError && error.code === 'not-started',
  )
})

test('an address that cannot be dialled is refused', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  for (const address of ['127.0.0.1', '127.0.0.1:0', '127.0.0.1:65535', 'host:port', '']) {
    assert.throws(
      () => node.network.addPeer(address),
      (error) => error instanceof RuleError && error.code === 'bad-peer-address',
    )
  }
})
