// Attacked: a node, by addresses that strangers tell it. Must hold: with the profile `public` nothing is sent to private addresses, whoever names them; what its
// user gave is dialled; and of what is found for one torrent few are dialled.

import assert from 'node:assert/strict'
import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { findPackageJSON } from 'node:module'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import Wire from 'bittorrent-protocol'
import type { Torrent } from 'webtorrent'
import { MAX_FOUND } from '../../../../node/network/limits.ts'
import type { NetworkOptions } from '../../../../node/network/options.ts'
import { mayBeFound } from '../../../../node/network/places/hints.ts'
import { type BencodedDictionary, decodeDictionary, encode } from '../../../../node/network/torrent/bencode.ts'
import { guardWire } from '../../../../node/network/torrent/guard.ts'
import { Attacker, MEETING_POINT } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { testFile } from './memory-store.ts'

/** The very one that webtorrent loads. */
const EXCHANGE = 'ut_pex'
type UtPex = () => Parameters<Wire['use']>[0]
const PROFILES = ['loopback', 'public', 'anywhere'] as const

/** Somebody's service on this machine that speaks no BitTorrent, and how often it was dialled. */
async function service(lab: Lab) {
  let knocks = 0
  const server = createServer((socket) => {
    knocks += 1
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  lab.defer(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  /** All that was dialled before this was called is counted: connections are accepted in their order. */
  const dialled = async () => {
    const before = knocks
    const own = connect(port, '127.0.0.1')
    await once(own, 'connect')
    await until(() => knocks > before, 'the own one came')
    await new Promise((resolve) => setImmediate(resolve))
    own.destroy()
    return knocks - 1
  }
  const compact = Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff])
  return { port, compact, isDialled: () => knocks > 0, dialled }
}

/** Holds that `tell` brings a node of any profile but `public` to dial the service. `done` resolves when the node has read what it was told. */
async function expectDialled(
  tell: (
    lab: Lab,
    named: Awaited<ReturnType<typeof service>>,
    options: Pick<NetworkOptions, 'dialsHints'>,
  ) => Promise<void>,
): Promise<void> {
  for (const dialsHints of PROFILES) {
    await using lab = new Lab()
    const named = await service(lab)
    await tell(lab, named, { dialsHints })
    if (dialsHints !== 'public') await until(named.isDialled, `${dialsHints} dials it`)
    else assert.equal(await named.dialled(), 0)
  }
}

test('what peer exchange tells, at the meeting point and for a transaction', async () => {
  for (const place of ['meeting point', 'transaction'])
    await expectDialled(async (lab, { compact }, options) => {
      const node = await lab.node({ ...options, pex: true })
      const [infohash] = node.store.add(testFile('told'))
      assert(infohash)
      const liar = await Attacker.handshaken(node.address, place === 'transaction' ? infohash : MEETING_POINT)
      lab.defer(() => liar.close())
      liar.introduce()
      liar.extended(await liar.numberOf('ut_pex'), encode({ added: compact }))
      await heard(liar)
    })
})

/** The node has handled all that was sent before: it closes who sends a message of a wrong length. */
async function heard(liar: Attacker): Promise<void> {
  liar.message(4)
  await until(() => liar.isClosed, 'it was closed')
}

test('what a tracker tells, as bytes and as a number that resolvers take for an address', async () => {
  for (const isCompact of [true, false])
    await expectDialled(async (lab, { compact, port }, options) => {
      let asked = 0
      const peers = isCompact ? compact : [{ ip: 0x7f000001, port }]
      const tracker = createHttp((_, response) => {
        asked += 1
        response.end(encode({ interval: 1, 'min interval': 1, peers }))
      }).listen(0, '127.0.0.1')
      await once(tracker, 'listening')
      lab.defer(() => tracker.close())
      const { port: trackerPort } = tracker.address() as AddressInfo // it listens on TCP
      await lab.node({ ...options, trackers: [`http://127.0.0.1:${trackerPort}/announce`] })
      // It asks twice at the start, and again when it has read an answer that says after how long.
      await until(() => asked > (options.dialsHints === 'public' ? 2 : 0), 'it asked again')
    })
})

test('what the DHT tells: who has a torrent, and which nodes it has', async () => {
  await expectDialled(async (lab, { compact }, options) => {
    const [entry, neighbour] = [await datagrams(lab), await datagrams(lab)]
    let told = 0
    let asked = 0
    neighbour.on('message', () => {
      asked += 1
    })
    const contact = Buffer.concat([Buffer.alloc(20, 1), portOf(neighbour)])
    entry.on('message', (bytes, from) => {
      const { q, t } = decodeDictionary(bytes) as BencodedDictionary & { q?: Uint8Array; t: Uint8Array }
      if (q === undefined) return
      const answer = { id: Buffer.alloc(20, 2), nodes: contact, token: 'x' }
      const values = Buffer.from(q).toString() === 'get_peers' ? { values: [compact] } : {}
      if ('values' in values) told += 1
      entry.send(encode({ t, y: 'r', r: { ...answer, ...values } }), from.port, from.address)
    })
    const { port } = entry.address()
    const node = await lab.node({ ...options, dht: { bootstrap: [`localhost:${port}`] } })
    await until(() => told > 0, 'the entry point was asked')
    // Its answer to a question that came later shows that the node has read the answer before.
    const asker = await datagrams(lab)
    const { dhtPort = 0 } = node.network.address()
    asker.send(encode({ t: 'zz', y: 'q', q: 'ping', a: { id: Buffer.alloc(20, 3) } }), dhtPort, '127.0.0.1')
    if (options.dialsHints !== 'public') await until(() => asked > 0, 'the other node of the DHT is asked')
    else {
      await once(asker, 'message')
      assert.equal(asked, 0)
    }
  })
})

async function datagrams(lab: Lab): Promise<Datagrams> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  lab.defer(() => socket.close())
  return socket
}

function portOf(socket: Datagrams): Buffer {
  const { port } = socket.address()
  return Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff])
}

test('what a peer says of itself', async () => {
  await expectDialled(async (lab, { port }, options) => {
    const node = await lab.node(options)
    const [infohash] = node.store.add(testFile('introduced'))
    const liar = await Attacker.handshaken(node.address, infohash)
    lab.defer(() => liar.close())
    liar.introduce({}, { p: port })
    await heard(liar)
  })
})

test('what its user gave is dialled, with any profile', async () => {
  for (const dialsHints of PROFILES) {
    await using lab = new Lab()
    const other = await lab.node()
    const node = await lab.node({ dialsHints, peers: [other] })
    await until(() => node.network.peers().length === 1, 'they are connected')
  }
})

test('with `public` what can be reached from anywhere is dialled, by number', () => {
  const open = ['93.184.216.34:1', '[2606:2800:220:1::1]:6881']
  const closed = ['127.0.0.1:1', '10.0.0.1:80', '192.168.1.1:80', '169.254.169.254:80', '100.64.0.1:1', '0.0.0.0:1']
  const more = [
    '[::1]:1',
    '[fd00::1]:1',
    '[fe80::1]:1',
    '[::ffff:10.0.0.1]:1',
    '[::ffff:a00:1]:1',
    '::1:80',
    'localhost:1',
  ]
  for (const address of open) assert(mayBeFound(address, 'public'), address)
  for (const address of [...closed, ...more, 'node.example.org:1', '2130706433:80', ''])
    assert(!mayBeFound(address, 'public'), address)
})

test('of many that a peer tells for one torrent few are dialled', async () => {
  await using lab = new Lab()
  const services = await Promise.all(Array.from({ length: 40 }, () => service(lab)))
  const node = await lab.node({ pex: true })
  const [infohash] = node.store.add(testFile('many'))
  const liar = await Attacker.handshaken(node.address, infohash)
  lab.defer(() => liar.close())
  liar.introduce()
  liar.extended(await liar.numberOf('ut_pex'), encode({ added: Buffer.concat(services.map(({ compact }) => compact)) }))
  await heard(liar)
  const dialled = await Promise.all(services.map((each) => each.dialled()))
  assert.equal(
    dialled.reduce((sum, each) => sum + each, 0),
    MAX_FOUND,
  )
})

test('what a peer tells by peer exchange is not remembered without a bound, and a message of thousands is passed over', async () => {
  const manifest = findPackageJSON(EXCHANGE, import.meta.resolve('webtorrent'))
  const { default: utPex }: { default: UtPex } = await import(new URL('index.js', `file://${manifest}`).href)
  const wire = new Wire()
  wire.use(utPex())
  const { ut_pex: exchange } = wire
  assert(exchange)
  guardWire(wire, { pieces: [] } as unknown as Torrent) // all that a guard looks at
  let told = 0
  exchange.on('peer', () => {
    told += 1
  })
  const tell = (count: number, port: number) => {
    Object.assign(exchange, { _lastMessageTimestamp: 0 })
    const addresses = Array.from({ length: count }, (_, i) =>
      Buffer.from([1, 2, i >> 8, i & 255, port >> 8, port & 255]),
    )
    exchange.onMessage(encode({ added: Buffer.concat(addresses) }))
  }
  tell(20_000, 1)
  assert.equal(told, 0)
  for (let port = 1; port <= 200; port++) tell(100, port)
  assert.equal(told, 20_000)
  assert(Object.keys(exchange._remoteAddedPeers).length <= 1_000)
})
