// Attacked: a node's BitTorrent connections, by raw sockets. Must hold: the process lives, the attacker is cut off, others are served.
// Long: one list of attacks.

import assert from 'node:assert/strict'
import { createDiffieHellman, createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { on, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { HANDSHAKE_MS } from '../../../../node/network/limits.ts'
import { encode } from '../../../../node/network/torrent/bencode.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { toInfohash } from '../../../../node/protocol/ids.ts'
import { Attacker, MEETING_POINT } from './attacker.ts'
import { Lab, type TestNode, until } from './lab.ts'
import { testFile, testHeader } from './memory-store.ts'

/** Each leaves the connection closed by the node. */
const ATTACKS: Readonly<Record<string, (attacker: Attacker) => Promise<void> | void>> = {
  'a metadata request before the extended handshake': async (attacker) => {
    attacker.extended(await attacker.numberOf('ut_metadata'), encode({ msg_type: 0, piece: 0 }))
  },
  'a short have': (attacker) => attacker.message(4, Buffer.of(0xff)),
  'a have of a piece that no torrent has': (attacker) => attacker.message(4, Buffer.alloc(4, 0xff)),
  'a length of 2 GiB': (attacker) => attacker.raw(Buffer.from('7fffffff14', 'hex')),
  'a length that is negative if read as signed': (attacker) => attacker.raw(Buffer.from('ffffffff14', 'hex')),
  'a bitfield of 100 kB for one piece': (attacker) => attacker.message(5, Buffer.alloc(100_000, 0xff)),
  'a request past the end of the piece': (attacker) => attacker.message(6, words(0, 16_384, 16_384)),
  'a request with a negative offset': (attacker) => attacker.message(6, words(0, 0xffff_0000, 16_384)),
  'a request of nothing': (attacker) => attacker.message(6, words(0, 0, 0)),
  'a piece without an offset': (attacker) => attacker.message(7, Buffer.alloc(4)),
  'an extended message without a number': (attacker) => attacker.message(20),
  'an extended handshake that moves the decoder backwards': (attacker) => attacker.extended(0, Buffer.from('l-3:e')),
  'an extended handshake with a backwards list in it': (attacker) => attacker.extended(0, Buffer.from('d1:ml-3:ee')),
  'an extended handshake of lists in lists': (attacker) => attacker.extended(0, Buffer.alloc(16_000, 'l')),
  'an extended handshake of 100 kB': (attacker) => attacker.extended(0, encode({ v: 'x'.repeat(100_000) })),
  'an endless info dictionary': (attacker) => attacker.extended(0, encode({ metadata_size: 2 ** 40 })),
  'extension numbers that are not numbers': (attacker) => attacker.extended(0, encode({ m: { ut_metadata: 'x' } })),
  'a flood of bitfields': (attacker) => {
    for (let i = 0; i < 10_000; i++) attacker.message(5, Buffer.of(0x80))
  },
  'an allowed-fast of a piece that no torrent has': (attacker) => attacker.message(0x11, words(77)),
}

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(`is cut off: ${name}`, async () => {
    await using lab = new Lab()
    const node = await lab.node()
    const attacker = await Attacker.handshaken(node.address)
    lab.defer(() => attacker.close())
    await attack(attacker)
    await until(() => attacker.isClosed, 'the node closed the connection')
    await isAlive(lab, node)
  })
}

for (const [name, attack] of Object.entries(ATTACKS).slice(1)) {
  test(`is cut off, in one piece with the handshakes: ${name}`, async () => {
    await using lab = new Lab()
    const node = await lab.node()
    const attacker = await Attacker.connect(node.address)
    lab.defer(() => attacker.close())
    await attacker.inOnePiece(() => {
      attacker.handshake(MEETING_POINT)
      return attack(attacker)
    })
    await until(() => attacker.isClosed, 'the node closed the connection')
    await isAlive(lab, node)
  })
}

test('a short have and then have-all on a second connection do not fill the memory', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  for (const [id, payload] of [[4, Buffer.alloc(0)] as const, [0x0e, Buffer.alloc(0)] as const]) {
    const attacker = await Attacker.handshaken(node.address)
    lab.defer(() => attacker.close())
    attacker.message(id, payload)
    attacker.message(2)
  }
  await isAlive(lab, node)
})

test('bytes that are no handshake at all, zeros for a key exchange among them, only end the connection', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  for (const bytes of [Buffer.alloc(100), Buffer.alloc(5_000), Buffer.alloc(96, 0xff), Buffer.alloc(20_000, 0xff)]) {
    const attacker = await Attacker.connect(node.address)
    attacker.raw(bytes)
    await until(() => attacker.isClosed, 'the node closed the connection')
  }
  // A random number is a public key like any other; what follows it is not.
  const attackers = await Promise.all(Array.from({ length: 10 }, () => Attacker.connect(node.address)))
  for (const attacker of attackers) attacker.raw(randomBytes(2_000))
  await isAlive(lab, node)
  for (const attacker of attackers) attacker.raw(randomBytes(2_000))
  await until(() => attackers.every((attacker) => attacker.isClosed), 'the node closed the connections')
  await isAlive(lab, node)
})

test('a broken message inside an encrypted connection is caught as well', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const { socket, encrypt } = await encryptedAttacker(node.address)
  lab.defer(() => socket.destroy())
  let answered = 0
  socket.on('data', (data: Buffer) => {
    answered += data.length
  })
  await until(() => answered > 100, 'the node answered the encrypted handshake')
  assert(!socket.destroyed && !socket.readableEnded)
  socket.write(encrypt(Buffer.from('7fffffff14', 'hex')))
  await until(() => socket.destroyed || socket.readableEnded, 'the node closed the connection')
  await isAlive(lab, node)
})

test('who asks for a block and never reads is cut off, and costs no memory', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const files = [{ name: 'steps.bin', bytes: new Uint8Array(1_000_000).fill(1) }]
  node.store.addBlock(testHeader(files), files)
  const attacker = await Attacker.handshaken(node.address, infohashOfInfo(blockContent(files).info))
  lab.defer(() => attacker.close())
  attacker.message(2)
  await until(() => attacker.heard.some(({ id }) => id === 1), 'the node unchoked')
  attacker.socket.pause()
  const before = process.memoryUsage().arrayBuffers
  let isClosed = false
  attacker.socket.once('close', () => {
    isClosed = true
  })
  for (let i = 0; i < 20_000 && !isClosed; i++) {
    attacker.message(6, words(i % 15, 0, 65_536))
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  attacker.socket.resume()
  await until(() => attacker.isClosed, 'the node closed the connection')
  assert(process.memoryUsage().arrayBuffers - before < 100_000_000, 'unsent blocks piled up')
  await isAlive(lab, node)
})

const HOSTILE_INFOS: Readonly<Record<string, Buffer>> = {
  'that moves the decoder backwards': Buffer.from('l-3:e'),
  'with pieces of no length': info({ 'piece length': 0 }),
  'with pieces of 2^50 bytes': info({ 'piece length': 2 ** 50 }),
  'with files of 2^50 bytes': info({ files: [{ length: 2 ** 50, path: ['tx.json'] }] }),
  'with a path that leaves the folder': info({ files: [{ length: 10, path: ['..'] }] }),
  'of a file that is too long for a transaction': info({ files: [{ length: 1_025, path: ['tx.json'] }] }),
  'of another folder': info({ name: 'block' }),
  'with more pieces than its files have': info({ pieces: Buffer.alloc(40) }),
  'that is a number': Buffer.from('i5e'),
}

for (const [name, hostile] of Object.entries(HOSTILE_INFOS)) {
  test(`a seeder of metadata ${name} gets nothing out of a fetch`, async () => {
    await using lab = new Lab()
    const node = await lab.node()
    const infohash = toInfohash(createHash('sha1').update(hostile).digest())
    const peer = await metadataServer(lab, hostile)
    const fetched = node.network.fetch(infohash, AbortSignal.timeout(1_500), { peers: [peer] })
    await assert.rejects(fetched, (error: Error & { code?: string }) => {
      return ['bad-torrent', 'bad-bencoding', 'bad-proof', 'transaction-not-found'].includes(error.code ?? '')
    })
    await isAlive(lab, node)
  })
}

test('who comes when all places are taken gets that of whoever has said nothing for the longest', async () => {
  await using lab = new Lab()
  const node = await lab.node({ maxConnections: 3 })
  const attackers: Attacker[] = []
  for (let i = 0; i < 3; i++) attackers.push(await Attacker.handshaken(node.address))
  await isAlive(lab, node)
  await until(() => attackers.some(({ isClosed }) => isClosed), 'one of them was closed')
  assert.deepEqual(
    attackers.map(({ isClosed }) => isClosed),
    [true, false, false],
  )
})

test('one host gets no more places than are its own, where few are free', async () => {
  await using lab = new Lab()
  const node = await lab.node({ maxConnections: 8, maxConnectionsPerHost: 3 })
  const attackers: Attacker[] = []
  for (let i = 0; i < 30; i++) attackers.push(await Attacker.connect(node.address))
  await until(() => attackers.filter(({ isClosed }) => !isClosed).length <= 6, 'two of eight places stay free')
  await isAlive(lab, node)
})

test('a connection without a handshake is closed after five seconds', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const silent = await Attacker.connect(node.address)
  const half = await Attacker.handshaken(node.address)
  await until(() => silent.isClosed && half.isClosed, 'the node closed both', HANDSHAKE_MS + 20_000)
  await isAlive(lab, node)
})

test('handshakes for torrents that nobody stored, and for many that are, leave few of them live', async () => {
  await using lab = new Lab()
  const node = await lab.node({ maxLiveTorrents: 10, idleTorrentMs: 60_000 })
  const infohashes = node.store.add(...Array.from({ length: 30 }, (_, i) => testFile(`stored ${i}`)))
  for (const infohash of [...infohashes, 'ab'.repeat(20)]) {
    const attacker = await Attacker.handshaken(node.address, infohash)
    attacker.close()
  }
  assert(node.network.statistics().liveTorrents <= 11)
})

test('datagrams to the DHT that no honest node sends do no harm', async () => {
  await using lab = new Lab()
  const node = await lab.node({ dht: { bootstrap: [] } })
  const { dhtPort } = node.network.address()
  assert(dhtPort)
  const socket = createSocket('udp4')
  lab.defer(() => socket.close())
  const id = Buffer.alloc(20)
  const odd = ['l-3:e', 'd1:t2:aa1:y1:q1:ql-3:eee', 'd1:q4:ping1:t2:aa1:y1:qe', 'i5e', 'le', ''].map((text) =>
    Buffer.from(text),
  )
  const queries = [
    { q: 'find_node', a: { target: 5 } },
    { q: 'get_peers', a: { id, info_hash: 5 } },
    { q: 'get_peers', a: { id, info_hash: [] } },
    { q: 'announce_peer', a: { id, info_hash: 7, port: 1, token: 'x' } },
    { q: 'get', a: { id, target: 3 } },
    { q: 'put', a: { id, v: 'x', k: 5, sig: 5, seq: 'y', token: 3 } },
    { q: [], a: 5 },
  ].map((query) => encode({ ...query, t: 'aa', y: 'q' }))
  for (const datagram of [...odd, ...queries]) {
    await new Promise((resolve) => socket.send(datagram, dhtPort, '127.0.0.1', resolve))
  }
  // It still answers, after all of them.
  socket.send(encode({ a: { id }, q: 'ping', t: 'zz', y: 'q' }), dhtPort, '127.0.0.1')
  for await (const [answer] of on(socket, 'message', { signal: AbortSignal.timeout(20_000) })) {
    if (answer.includes('1:t2:zz')) break
  }
  await isAlive(lab, node)
})

test('a tracker that breaks off, or answers nonsense, does not end the node', async () => {
  await using lab = new Lab()
  let answered = 0
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nd8:int',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nl-3:e',
  ]
  const servers = answers.map((answer) => {
    return createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        answered += 1
        socket.end(answer)
      })
    }).listen(0, '127.0.0.1')
  })
  await Promise.all(servers.map((server) => once(server, 'listening')))
  lab.defer(() => servers.map((server) => server.close()))
  const trackers = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`)
  const node = await lab.node({ trackers })
  await until(() => answered >= 2, 'both trackers were asked')
  await isAlive(lab, node)
})

/** Another node can still connect and get something. */
async function isAlive(lab: Lab, node: TestNode): Promise<void> {
  const other = await lab.node({ peers: [node] })
  const [infohash] = node.store.add(testFile(`alive ${Math.random()}`))
  assert(infohash)
  await until(() => other.store.has(infohash), 'another node was served')
}

/** A listener that answers every handshake and metadata request with `hostile`. */
async function metadataServer(lab: Lab, hostile: Buffer): Promise<string> {
  const server = createServer((socket) => {
    const attacker = new (Attacker as unknown as new (socket: Socket) => Attacker)(socket)
    socket.once('data', (handshake: Buffer) => {
      attacker.handshake(handshake.subarray(28, 48).toString('hex'))
      attacker.extended(0, encode({ m: { ut_metadata: 3 }, metadata_size: hostile.length }))
      void attacker.numberOf('ut_metadata').then((number) => {
        const head = encode({ msg_type: 1, piece: 0, total_size: hostile.length })
        attacker.extended(number, Buffer.concat([head, hostile]))
      })
    })
    lab.defer(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lab.defer(() => server.close())
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return `127.0.0.1:${address.port}`
}

/** Connects to the meeting point encrypted (MSE, RC4), its handshake sent as first payload. */
async function encryptedAttacker(address: string): Promise<{ socket: Socket; encrypt: (bytes: Buffer) => Buffer }> {
  const attacker = await Attacker.connect(address)
  const { socket } = attacker
  socket.removeAllListeners('data')
  const prime =
    'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'
  const exchange = createDiffieHellman(prime, 'hex', 2)
  socket.write(Buffer.concat([Buffer.alloc(96), exchange.generateKeys()]).subarray(-96))
  const [theirs]: [Buffer] = (await once(socket, 'data')) as [Buffer]
  const secret = exchange.computeSecret(theirs.subarray(0, 96))
  const sha1 = (...parts: (Buffer | string)[]) => {
    const hash = createHash('sha1')
    for (const part of parts) hash.update(part)
    return hash.digest()
  }
  const infohash = Buffer.from(MEETING_POINT, 'hex')
  const named = sha1('req2', infohash).map((byte, i) => byte ^ (sha1('req3', secret)[i] ?? 0))
  const encrypt = rc4(sha1('keyA', secret, infohash))
  const head = Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05', 'latin1')
  const handshake = Buffer.concat([head, infohash, Buffer.from('-XX0001-encrypted000')])
  const negotiation = Buffer.from('0000000000000000000000020000', 'hex')
  const body = encrypt(Buffer.concat([negotiation, Buffer.of(0, handshake.length), handshake]))
  socket.write(Buffer.concat([sha1('req1', secret), named, body]))
  return { socket, encrypt }
}

function rc4(key: Buffer): (bytes: Buffer) => Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, i) => i)
  const at = (i: number) => box[i & 255] ?? 0
  const swap = (i: number, j: number) => {
    const held = at(i)
    box[i] = at(j)
    box[j] = held
  }
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255
    swap(i, j)
  }
  let [i, j] = [0, 0]
  const next = () => {
    i = (i + 1) & 255
    j = (j + at(i)) & 255
    swap(i, j)
    return at(at(i) + at(j))
  }
  for (let skipped = 0; skipped < 1_024; skipped++) next()
  return (bytes) => bytes.map((byte) => byte ^ next()) as Buffer
}

function info(changed: Parameters<typeof encode>[0] & object): Buffer {
  const plain = {
    files: [{ length: 10, path: ['tx.json'] }],
    name: 'tx',
    'piece length': 16_384,
    pieces: Buffer.alloc(20),
  }
  return Buffer.from(encode({ ...plain, ...changed }))
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length)
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * i)
  return bytes
}
