// Attacked: the torrenttx extension, by a peer that introduced itself. Must hold: it is banned, bounded, and others are served.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOLD_BYTES } from '../../../../node/network/gossip/messages.ts'
import { MAX_WANTED_PER_PEER } from '../../../../node/network/limits.ts'
import { type Encodable, encode } from '../../../../node/network/torrent/bencode.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Attacker, joined } from './attacker.ts'
import { Lab, type TestNode, until } from './lab.ts'
import { GENESIS_FILE, MemoryStore, testFile } from './memory-store.ts'

const OTHER_GENESIS = new TextEncoder().encode('{"genesis":"another"}')
const HASHES = Buffer.alloc(40, 1)
const SUMMARY = { count: 1, weight: Buffer.alloc(32), fingerprint: Buffer.alloc(32), block: Buffer.alloc(32) }

const REFUSED: Readonly<Record<string, Parameters<typeof Attacker.introduced>[1]>> = {
  'of another genesis': { genesis: Buffer.alloc(20, 9) },
  'of another version': { version: 1 },
  'without an id': { node: Buffer.alloc(0) },
  'whose id is a number': { node: 5 },
}
for (const [name, hello] of Object.entries(REFUSED)) {
  test(`a peer ${name} is refused`, async () => {
    await using lab = new Lab()
    const node = await lab.node()
    const attacker = await Attacker.introduced(node.address, hello)
    await until(() => attacker.isClosed, 'the node closed the connection')
    assert.deepEqual(node.network.peers(), [])
  })
}

test('a node of another genesis that dials gets nothing', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const foreign = await lab.node({ peers: [node] }, new MemoryStore(OTHER_GENESIS))
  node.store.add(testFile('ours'))
  const attacker = await Attacker.handshaken(node.address)
  lab.defer(() => attacker.close())
  await attacker.numberOf('torrenttx')
  assert.equal(foreign.network.peers().length + node.network.peers().length, 0)
})

test('a node that is told to dial itself does not become its own peer', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  node.network.addPeer(node.address.replace('127.0.0.1', 'localhost'))
  const other = await lab.node({ peers: [node] })
  await until(() => other.network.peers().length === 1 && node.network.peers().length > 0, 'another node connected')
  assert.equal(node.network.peers().length, 1)
})

const MALFORMED: Readonly<Record<string, Encodable>> = {
  'that is empty': new Uint8Array(),
  'that is not bencoded': Buffer.from('hello'),
  'with bytes after it': Buffer.from('d4:type3:fooe!'),
  'that is a list': [],
  'without a type': { id: 1 },
  'whose type is a number': { type: 1 },
  'that moves the decoder backwards': Buffer.from('d4:type4:have10:infohashesl-3:ee'),
  'of 125,000 bytes': { type: 'have', infohashes: Buffer.alloc(125_000) },
  'of 19 bytes of infohashes': { type: 'have', infohashes: Buffer.alloc(19) },
  'of infohashes that are a list': { type: 'have', infohashes: [] },
  'of 5,001 infohashes': { type: 'have', infohashes: Buffer.alloc(5_001 * 20) },
  'that asks for 101 files': { type: 'get', id: 1, infohashes: Buffer.alloc(101 * 20) },
  'that asks without a number': { type: 'get', infohashes: HASHES },
  'that asks with a negative number': { type: 'get', id: -1, infohashes: HASHES },
  'that counts too deep': { type: 'count', id: 1, prefix: Buffer.alloc(2) },
  'that lists too deep': { type: 'list', id: 1, prefix: Buffer.alloc(3), after: '' },
  'that lists after half an infohash': { type: 'list', id: 1, prefix: '', after: Buffer.alloc(10) },
  'that asks for symbols beyond the last': { type: 'sketch', id: 1, from: 1_025, most: 1 },
  'that asks for 1,025 symbols': { type: 'sketch', id: 1, from: 0, most: 1_025 },
  'that asks for symbols before the first': { type: 'sketch', id: 1, from: -1, most: 1 },
  'of a symbol and a half': { type: 'symbols', id: 1, symbols: Buffer.alloc(36) },
  'of 1,025 symbols': { type: 'symbols', id: 1, symbols: Buffer.alloc(1_025 * 24) },
  'with a summary of 2^255 transactions': Buffer.from(
    `d5:block32:${'b'.repeat(32)}5:counti${2n ** 255n}e11:fingerprint32:${'f'.repeat(32)}5:state32:${'s'.repeat(32)}4:type7:summary6:weight32:${'w'.repeat(32)}e`,
  ),
  'with half a header': { type: 'blocks', headers: Buffer.alloc(100) },
  'with 129 headers': { type: 'blocks', headers: Buffer.alloc(129 * TOLD_BYTES) },
  'with a short summary': { type: 'summary', ...SUMMARY },
  'with a summary of minus one': { type: 'summary', ...SUMMARY, state: Buffer.alloc(32), count: -1 },
  'that names no torrent': { type: 'seed', infohash: Buffer.alloc(19) },
}
for (const [name, message] of Object.entries(MALFORMED)) {
  test(`a message ${name} gets its sender banned`, async () => {
    await using lab = new Lab()
    const node = await lab.node()
    const attacker = await Attacker.introduced(node.address)
    await attacker.say(message as Encodable & object)
    await isBanned(lab, node, attacker)
  })
}

test('a message of a type that is not known yet, and an answer that nobody asked for, are ignored', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  lab.defer(() => attacker.close())
  await attacker.say({ type: 'from the future', id: 1 })
  await attacker.say({ type: 'files', id: 12, files: [] })
  await attacker.say({ type: 'get', id: 3, infohashes: Buffer.from(node.store.genesis, 'hex') })
  await until(() => attacker.told('files').length === 1, 'the node still answers')
  const [answer] = attacker.told('files')
  assert.deepEqual(answer?.['files'], [new Uint8Array(GENESIS_FILE)])
})

test('whoever sends a file of another infohash is banned, and the honest announcer is asked', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  const wanted = testFile('wanted')
  await attacker.say({ type: 'have', infohashes: joined(infohashOf(wanted)) })
  await until(() => attacker.told('get').length === 1, 'the node asked')
  const honest = await lab.node({ peers: [node] })
  honest.store.add(wanted)
  await attacker.say({ type: 'files', id: attacker.told('get')[0]?.['id'] as number, files: [testFile('another')] })
  await until(() => node.store.has(infohashOf(wanted)), 'the node has it')
  await isBanned(lab, node, attacker)
})

test('a peer that announced and leaves without answering does not keep others from delivering', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  const wanted = testFile('wanted')
  await attacker.say({ type: 'have', infohashes: joined(infohashOf(wanted)) })
  await until(() => attacker.told('get').length === 1, 'the node asked')
  const honest = await lab.node({ peers: [node] })
  honest.store.add(wanted)
  await until(() => honest.network.peers()[0]?.summary !== undefined, 'the honest node is connected')
  attacker.close()
  await until(() => node.store.has(infohashOf(wanted)), 'the node has it')
})

test('two invalid transactions get their sender banned; one does not', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  const files = [testFile('bad one'), testFile('bad two')]
  for (const [i, file] of files.entries()) {
    assert(!attacker.isClosed)
    await attacker.say({ type: 'have', infohashes: joined(infohashOf(file)) })
    await until(() => attacker.told('get').length === i + 1, 'the node asked')
    await attacker.say({ type: 'files', id: attacker.told('get')[i]?.['id'] as number, files: [file] })
    await until(() => node.store.received.length === i + 1, 'the store judged')
  }
  await isBanned(lab, node, attacker)
})

test('answers that do not fit the question get their sender banned', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const wrong = [
    { type: 'files', files: [] },
    { type: 'files', files: [[]] },
    { type: 'counts', counts: Buffer.alloc(5_120) },
    { type: 'listed', infohashes: '', more: 0 },
    { type: 'symbols', symbols: '' },
  ]
  for (const [i, answer] of wrong.entries()) {
    const attacker = await Attacker.introduced(node.address, { node: Buffer.alloc(20, i + 1) })
    await attacker.say({ type: 'have', infohashes: joined(infohashOf(testFile(`wanted ${i}`))) })
    await until(() => attacker.told('get').length === 1, 'the node asked')
    await attacker.say({ ...answer, id: attacker.told('get')[0]?.['id'] as number })
    await until(() => attacker.isClosed, 'the node closed the connection')
  }
})

test('announcements without end are forgotten beyond a bound, then their sender is banned', async () => {
  await using lab = new Lab()
  // On a slow machine it would take an attacker long to be faster than what is allowed: its clock goes slower here.
  const node = await lab.node({}, undefined, () => performance.now() / 50)
  const attacker = await Attacker.introduced(node.address)
  const batch = Buffer.alloc(5_000 * 20)
  let sent = 0
  for (; sent < 60 && !attacker.isClosed; sent++) {
    for (let i = 0; i < 5_000; i++) batch.writeUIntBE(sent * 5_000 + i, i * 20, 6)
    await attacker.say({ type: 'have', infohashes: batch })
    await new Promise((resolve) => setImmediate(resolve))
    assert(node.network.statistics().wanted <= MAX_WANTED_PER_PEER)
  }
  await isBanned(lab, node, attacker)
  assert(sent > 3)
  await until(() => node.network.statistics().wanted === 0, 'nothing of it is wanted any more')
})

test('questions faster than they can be served get their sender banned', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  for (let id = 0; id < 2_000; id++) await attacker.say({ type: 'count', id, prefix: '' })
  await isBanned(lab, node, attacker)
})

test('who asks and never reads is closed before the answers fill the memory', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const infohashes = node.store.add(...Array.from({ length: 100 }, (_, i) => testFile(`${i}${'x'.repeat(900)}`)))
  const attacker = await Attacker.introduced(node.address)
  await attacker.numberOf('torrenttx')
  await until(() => node.network.peers().length === 1, 'the attacker is a peer')
  attacker.socket.pause()
  for (let id = 0; id < 150; id++) await attacker.say({ type: 'get', id, infohashes: joined(...infohashes) })
  await until(() => node.network.peers().length === 0, 'the node gave up')
  attacker.close()
})

test('a bug of the store that a peer found does not end the node', async () => {
  await using lab = new Lab()
  class BuggyStore extends MemoryStore {
    override async onTransaction(...[infohash, file]: Parameters<MemoryStore['onTransaction']>) {
      if (file.length > 500) throw new TypeError('a bug')
      return await super.onTransaction(infohash, file)
    }
    override async onHeader(): Promise<never> {
      throw new TypeError('another bug')
    }
  }
  const node = await lab.node({}, new BuggyStore())
  const attacker = await Attacker.introduced(node.address)
  const file = testFile('x'.repeat(600))
  await attacker.say({ type: 'have', infohashes: joined(infohashOf(file)) })
  await until(() => attacker.told('get').length === 1, 'the node asked')
  await attacker.say({ type: 'files', id: attacker.told('get')[0]?.['id'] as number, files: [file] })
  await attacker.say({ type: 'blocks', headers: Buffer.alloc(TOLD_BYTES) })
  await until(() => attacker.isClosed, 'the node closed the connection')
  await isAlive(lab, node)
})

test('random changes of good messages neither crash nor confuse the node', async (t) => {
  await using lab = new Lab()
  const node = await lab.node()
  const infohashes = node.store.add(...Array.from({ length: 50 }, (_, i) => testFile(`stored ${i}`)))
  const seed = Math.floor(Math.random() * 2 ** 32)
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  const good = [
    { type: 'summary', ...SUMMARY, state: Buffer.alloc(32), count: 9 },
    { type: 'have', infohashes: joined(...infohashes) },
    { type: 'get', id: 1, infohashes: joined(...infohashes.slice(0, 3)) },
    { type: 'count', id: 2, prefix: Buffer.of(1) },
    { type: 'list', id: 3, prefix: Buffer.of(1), after: '' },
    { type: 'sketch', id: 4, from: 0, most: 20 },
    { type: 'symbols', id: 0, symbols: Buffer.alloc(24 * 8, 3) },
    { type: 'blocks', headers: Buffer.alloc(TOLD_BYTES) },
    { type: 'seed', infohash: Buffer.alloc(20) },
    { type: 'files', id: 0, files: [testFile('x')] },
  ].map((message) => encode(message))
  for (let round = 0; round < 150; round++) {
    const node20 = Buffer.alloc(20)
    node20.writeUInt32BE(round)
    const attacker = await Attacker.introduced(node.address, { node: node20 })
    for (let i = 0; i < 5 && !attacker.isClosed; i++) {
      const bytes = Buffer.from(good[Math.floor(random() * good.length)] ?? [])
      for (let flips = random() * 4; flips > 0; flips--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      }
      await attacker.say(random() < 0.2 ? bytes.subarray(0, random() * bytes.length) : bytes)
    }
    attacker.close()
  }
  await isAlive(lab, node)
  assert.equal(node.store.files.size, 52)
})

/** The connection is closed, the same node id is refused from now on, and others are served. */
async function isBanned(lab: Lab, node: TestNode, attacker: Attacker): Promise<void> {
  await until(() => attacker.isClosed, 'the node closed the connection')
  const again = await Attacker.introduced(node.address)
  await until(() => again.isClosed, 'the node refused the banned peer')
  await isAlive(lab, node)
}

async function isAlive(lab: Lab, node: TestNode): Promise<void> {
  const other = await lab.node({ peers: [node] })
  const [infohash] = node.store.add(testFile(`alive ${Math.random()}`))
  assert(infohash)
  await until(() => other.store.has(infohash), 'another node was served')
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
