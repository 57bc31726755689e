// Attacked: all that a node reads from strangers, by right messages that were changed at random, and by noise: messages, headers, handshakes,
// metadata, datagrams of uTP and DHT. Must hold: nothing is thrown but what says that a message is bad, the process lives, and others are served.
// More with FUZZ_RUNS, others with FUZZ_SEED; `npm run soak -- wire` does it for an hour.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  decodeMessage,
  EXTENSION_VERSION,
  encodeMessage,
  type Message,
} from '../../../../node/network/gossip/messages.ts'
import { COUNTS_BYTES, SYMBOL_BYTES } from '../../../../node/network/limits.ts'
import { type Encodable, encode } from '../../../../node/network/torrent/bencode.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { type Infohash, toBytes, toInfohash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { randomOf } from '../../../../scripts/assure/models/world.ts'
import { Attacker, MEETING_POINT } from './attacker.ts'
import { Lab, type TestNode, until } from './lab.ts'
import { GENESIS, testFile, testHeader } from './memory-store.ts'
import { mutantOf, type Random } from './mutants.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 4_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
/** Messages of one connection at most. */
const AT_ONCE = 40
/** Of the memory, between the end of the first tenth and the end of a long run, bytes. */
const MOST_GROWTH = 24_000_000
const LONG = 50_000

const infohashes = [GENESIS, toInfohash(Buffer.alloc(20, 7))]
const [first = GENESIS] = infohashes
const header = testHeader([{ name: 'steps.bin', bytes: new Uint8Array(3) }])
const told = { sealed: header.subarray(0, -20), torrent: toInfohash(header.subarray(-20)) }
const summary = { count: 9, weight: 2n ** 70n, fingerprint: ZERO_HASH, newestBlock: ZERO_HASH, stateRoot: ZERO_HASH }

/** One of each; the compiler asks for every type. */
const MESSAGES: { readonly [T in Message['type']]: Extract<Message, { type: T }> } = {
  get: { type: 'get', id: 1, infohashes },
  count: { type: 'count', id: 2, prefix: '' },
  list: { type: 'list', id: 3, prefix: 'ab', after: first },
  order: { type: 'order', id: 4, from: 0, most: 5_000, unordered: true },
  files: { type: 'files', id: 5, files: [testFile('of a stranger'), new Uint8Array()] },
  counts: { type: 'counts', id: 6, counts: new Uint8Array(COUNTS_BYTES) },
  listed: { type: 'listed', id: 7, infohashes, more: true },
  ordered: { type: 'ordered', id: 8, infohashes, next: 2, end: 9 },
  sketch: { type: 'sketch', id: 9, from: 0, most: 20 },
  symbols: { type: 'symbols', id: 9, symbols: new Uint8Array(8 * SYMBOL_BYTES).fill(3) },
  ancestors: { type: 'ancestors', id: 10, block: ZERO_HASH, most: 128 },
  headers: { type: 'headers', id: 10, headers: [told.sealed] },
  rows: { type: 'rows', id: 11, block: ZERO_HASH, from: 100_000 },
  part: { type: 'part', id: 11, bytes: new Uint8Array(40).fill(5), length: 100_040 },
  summary: { type: 'summary', summary },
  have: { type: 'have', infohashes },
  blocks: { type: 'blocks', blocks: [told] },
  seed: { type: 'seed', infohash: first },
}
const messages = Object.values(MESSAGES).map(encodeMessage)
/** After the number of the extension: the handshake, and the requests of metadata. */
const handshakes: readonly Encodable[] = [
  {
    m: { torrenttx: 7, ut_metadata: 3, ut_pex: 4 },
    metadata_size: 300,
    p: 7_651,
    reqq: 250,
    torrenttx: { genesis: toBytes(GENESIS), node: Buffer.alloc(20, 1), version: EXTENSION_VERSION },
    v: 'fuzz',
    yourip: Buffer.of(127, 0, 0, 1),
  },
  { msg_type: 0, piece: 0 },
  { msg_type: 1, piece: 0, total_size: 300 },
  { added: Buffer.of(127, 0, 0, 1, 0, 80), 'added.f': Buffer.of(2), dropped: '' },
]
/** Number and payload of each message of BEP 3, 5, 6 and 10. */
const FRAMES: readonly Uint8Array[] = [
  ...[0, 1, 2, 3, 0x0e, 0x0f].map((id) => Buffer.of(id)),
  Buffer.from('0400000000', 'hex'),
  Buffer.from('0580', 'hex'),
  ...['06', '08', '10', '0d', '11'].map((id) => Buffer.from(`${id}000000000000000000004000`, 'hex')),
  Buffer.from(`0700000000${'00'.repeat(40)}`, 'hex'),
  Buffer.from('090050', 'hex'),
  ...handshakes.map((each, i) => Buffer.concat([Buffer.of(20, i === 0 ? 0 : 1 + (i % 3)), encode(each)])),
]
const id = Buffer.alloc(20, 9)
const QUERIES: readonly Uint8Array[] = [
  { a: { id }, q: 'ping', t: 'aa', y: 'q' },
  { a: { id, target: id }, q: 'find_node', t: 'ab', y: 'q' },
  { a: { id, info_hash: toBytes(first) }, q: 'get_peers', t: 'ac', y: 'q' },
  { a: { id, implied_port: 1, info_hash: toBytes(first), port: 80, token: 'x' }, q: 'announce_peer', t: 'ad', y: 'q' },
  { a: { id, target: id }, q: 'get', t: 'ae', y: 'q' },
  { a: { id, k: id, seq: 1, sig: Buffer.alloc(64), token: 'x', v: 'value' }, q: 'put', t: 'af', y: 'q' },
  { r: { id, nodes: Buffer.alloc(52, 3), token: 'x', values: [Buffer.of(127, 0, 0, 1, 0, 80)] }, t: 'aa', y: 'r' },
  { e: [201, 'error'], t: 'aa', y: 'e' },
].map((each) => encode(each))
/** Type and version 1, extension, connection 1, times, window, numbers: SYN, DATA, STATE, FIN, RESET (BEP 29). */
const PACKETS: readonly Uint8Array[] = [4, 0, 2, 1, 3].flatMap((type) => {
  const head = Buffer.from(`${type}1000001000000010000000100100000000100000000`.padEnd(40, '0'), 'hex')
  return [head, Buffer.concat([head, Buffer.from('\x13BitTorrent protocol', 'latin1')])]
})

test(`a message that was changed at random is read, ignored or refused as bad, and what is read is written the same (seed ${seed})`, () => {
  const random = randomOf(seed)
  let [read, refused] = [0, 0]
  for (let i = 0; i < 2 * runs; i++) {
    const bytes = mutantOf(random, messages)
    try {
      const message = decodeMessage(bytes)
      if (message === undefined) continue
      read++
      assert.deepEqual(decodeMessage(encodeMessage(message)), message)
    } catch (error) {
      if (!(error instanceof RuleError && ['bad-message', 'bad-bencoding'].includes(error.code)))
        throw new Error(bytes.toString('hex'), { cause: error })
      refused++
    }
  }
  assert.ok(read > runs / 20 && refused > runs / 5, `${read} read, ${refused} refused`)
})

test(`changed messages, handshakes and frames end at most their connection (seed ${seed})`, async () => {
  await using lab = new Lab()
  const node = await lab.node()
  node.store.addBlock(header, [{ name: 'steps.bin', bytes: new Uint8Array(3) }])
  const swarms = [
    MEETING_POINT,
    first,
    infohashOfInfo(blockContent([{ name: 'steps.bin', bytes: new Uint8Array(3) }]).info),
  ]
  const random = randomOf(seed + 1)
  let beganWith = 0
  for (let done = 0, connection = 0; done < runs; connection++) {
    if (connection % 50 === 0) await isAlive(node)
    if (beganWith === 0 && done > runs / 10) beganWith = heapUsed()
    const attacker = await Attacker.handshaken(node.address, swarms[connection % swarms.length])
    // Bans on loopback are of this id.
    const introduction = { node: Buffer.from(connection.toString(16).padStart(40, '0'), 'hex') }
    if (random() < 0.8) attacker.introduce(introduction)
    for (let i = 0; i < AT_ONCE && !attacker.isClosed; i++, done++) await fire(attacker, random)
    attacker.close()
  }
  await isAlive(node)
  if (runs >= LONG) assert.ok(heapUsed() - beganWith < MOST_GROWTH, `${beganWith} bytes, then ${heapUsed()}`)
})

test(`changed datagrams of uTP and DHT, and noise, do no harm (seed ${seed})`, async () => {
  await using lab = new Lab()
  const node = await lab.node({ dht: { bootstrap: [] }, utp: true, pex: true })
  const { port, dhtPort } = node.network.address()
  assert(dhtPort)
  const socket = createSocket('udp4')
  lab.defer(() => new Promise((resolve) => socket.close(() => resolve(undefined))))
  const random = randomOf(seed + 2)
  const say = (datagram: Uint8Array, to: number) =>
    new Promise((resolve) => socket.send(datagram.subarray(0, 1_400), to, '127.0.0.1', resolve))
  for (let i = 0; i < runs; i++) {
    await say(random() < 0.1 ? noise(random) : mutantOf(random, QUERIES), dhtPort)
    await say(random() < 0.1 ? noise(random) : mutantOf(random, PACKETS), port)
  }
  const answers: string[] = []
  socket.on('message', (message) => answers.push(message.toString('latin1')))
  // A datagram may be lost in the crowd.
  const asking = setInterval(() => void say(QUERIES[0] ?? new Uint8Array(), dhtPort), 50)
  lab.defer(() => clearInterval(asking))
  await until(() => answers.some((answer) => answer.includes('1:t2:aa')), 'the DHT answered')
  await isAlive(node)
})

/** One thing that a stranger may say. */
async function fire(attacker: Attacker, random: Random): Promise<void> {
  const kind = random()
  if (kind < 0.5) {
    const number = random() < 0.9 ? await attacker.numberOf('torrenttx') : Math.floor(random() * 256)
    attacker.extended(number, mutantOf(random, messages))
  } else if (kind < 0.9) {
    const bytes = mutantOf(random, FRAMES)
    attacker.message(bytes[0] ?? 0, bytes.subarray(1))
  } else attacker.raw(random() < 0.5 ? noise(random) : mutantOf(random, FRAMES))
  if (attacker.socket.writableNeedDrain && !attacker.isClosed)
    await Promise.race([once(attacker.socket, 'drain'), once(attacker.socket, 'close')])
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256)))
}

let served = 0
async function isAlive(node: TestNode): Promise<void> {
  await using lab = new Lab()
  const other = await lab.node({ peers: [node] })
  const [infohash] = node.store.add(testFile(`alive ${served++}`))
  await until(() => other.store.has(infohash as Infohash), 'another node was served')
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed + process.memoryUsage().external
}
