// Attacked: the WebSockets of a node, by raw sockets. Must hold: the process lives, the attacker is cut off, nodes and pages keep their places.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { LightPeer } from '../../../../node/light/light-peer.ts'
import { ZERO_ADDRESS } from '../../../../node/protocol/ids.ts'
import { Attacker } from './attacker.ts'
import { Lab, type TestNode, until } from './lab.ts'
import { GENESIS, testFile } from './memory-store.ts'

const UPGRADE = [
  'GET / HTTP/1.1',
  'host: x',
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-extensions: permessage-deflate',
]
const [BINARY, TEXT, CONTINUED, PING] = [2, 1, 0, 9]

/** A frame as clients send it: masked, with a key of zeros. `first` has the flags and the kind. */
function frame(first: number, payload: Uint8Array, claimed = payload.length): Buffer {
  const head = Buffer.alloc(14)
  head[0] = first
  head[1] = 0xff
  head.writeBigUInt64BE(BigInt(claimed), 2)
  return Buffer.concat([head, payload])
}
const whole = (kind: number, payload: Uint8Array) => frame(0x80 | kind, payload)
/** A control frame has its length in one byte. */
const ping = (length: number) => Buffer.concat([Buffer.of(0x89, 0x80 | length, 0, 0, 0, 0), Buffer.alloc(length)])

function say(attacker: Attacker, ...lines: readonly string[]): void {
  attacker.raw(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
}

/** An open WebSocket, and all bytes that came. */
async function opened(node: TestNode) {
  const attacker = await Attacker.connect(node.address)
  const heard: Buffer[] = []
  attacker.socket.on('data', (bytes: Buffer) => heard.push(bytes))
  say(attacker, ...UPGRADE)
  const text = () => Buffer.concat(heard).toString('latin1')
  await until(() => text().includes('\r\n\r\n'), 'the upgrade was answered')
  return { attacker, text }
}

async function isAlive(lab: Lab, node: TestNode): Promise<void> {
  const page = new LightPeer({
    url: `ws://${node.address}`,
    rules: { genesis: GENESIS, chain: 1n, bridge: ZERO_ADDRESS, easiestTarget: 1n },
  })
  lab.defer(() => page.stop())
  await page.start()
  const label = String(performance.now())
  const [infohash] = node.store.add(testFile(label))
  assert(infohash)
  assert.deepEqual(await page.get([infohash]), [testFile(label)])
  page.stop()
}

const ATTACKS: Readonly<Record<string, (attacker: Attacker) => void>> = {
  'a frame of 2 GiB': (attacker) => attacker.raw(frame(0x82, Buffer.alloc(10), 2 ** 31)),
  'a frame of 2^63 bytes': (attacker) => attacker.raw(frame(0x82, Buffer.alloc(10), 2 ** 63)),
  'a frame of 300 kB': (attacker) => attacker.raw(whole(BINARY, Buffer.alloc(300_000))),
  'a text frame': (attacker) => attacker.raw(whole(TEXT, Buffer.from('hello'))),
  'a compressed frame': (attacker) => attacker.raw(frame(0xc2, Buffer.from('789c', 'hex'))),
  'a frame without a mask': (attacker) => attacker.raw(Buffer.from('8205aaaaaaaaaa', 'hex')),
  'a frame of an unknown kind': (attacker) => attacker.raw(whole(3, Buffer.alloc(1))),
  'a message in 1,000 fragments': (attacker) => {
    attacker.raw(frame(BINARY, Buffer.alloc(1)))
    for (let i = 0; i < 1_000; i++) attacker.raw(frame(CONTINUED, Buffer.alloc(1)))
  },
  'fragments of nothing, without end': (attacker) => {
    attacker.raw(frame(BINARY, Buffer.alloc(0)))
    for (let i = 0; i < 1_000; i++) attacker.raw(frame(CONTINUED, Buffer.alloc(0)))
  },
  'fragments that are more than a message may have': (attacker) => {
    attacker.raw(frame(BINARY, Buffer.alloc(100_000)))
    for (let i = 0; i < 5; i++) attacker.raw(frame(CONTINUED, Buffer.alloc(100_000)))
  },
  'a flood of pings': (attacker) => attacker.raw(Buffer.concat(Array.from({ length: 20_000 }, () => ping(125)))),
  'a flood of empty messages': (attacker) =>
    attacker.raw(Buffer.concat(Array.from({ length: 20_000 }, () => whole(BINARY, Buffer.alloc(0))))),
  'a ping that is too long': (attacker) => attacker.raw(whole(PING, Buffer.alloc(200))),
  'what is not BitTorrent': (attacker) => attacker.raw(whole(BINARY, Buffer.alloc(100))),
  'a handshake for nothing that is here': (attacker) => {
    const handshake = Buffer.from(`\x13BitTorrent protocol${'\0'.repeat(8)}${'x'.repeat(40)}`, 'latin1')
    attacker.raw(whole(BINARY, handshake))
  },
}

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(`is cut off: ${name}`, async () => {
    await using lab = new Lab()
    const node = await lab.node({ webSocketOrigins: 'any' })
    const { attacker, text } = await opened(node)
    lab.defer(() => attacker.close())
    assert.match(text(), /^HTTP\/1.1 101 /)
    assert.doesNotMatch(text(), /permessage-deflate/, 'nothing is compressed')
    attack(attacker)
    await until(() => attacker.isClosed, 'the node closed the connection')
    await isAlive(lab, node)
  })
}

const REQUESTS: Readonly<Record<string, readonly [answer: RegExp, ...lines: readonly string[]]>> = {
  'a megabyte of headers': [/^(HTTP\/1.1 431|$)/, ...UPGRADE, ...Array(1_000).fill(`x: ${'y'.repeat(1_000)}`)],
  'a page that is not there': [/^HTTP\/1.1 426/, 'GET / HTTP/1.1', 'host: x'],
  'an upgrade to something else': [/^HTTP\/1.1 400/, ...UPGRADE.map((line) => line.replace('websocket', 'h2c'))],
  'no HTTP behind the first word': [/^HTTP\/1.1 400/, 'GET \0\0\0', ''],
}
for (const [name, [answer, ...lines]] of Object.entries(REQUESTS)) {
  test(`is refused and closed: ${name}`, async () => {
    await using lab = new Lab()
    const node = await lab.node({ webSocketOrigins: 'any' })
    const attacker = await Attacker.connect(node.address)
    let heard = ''
    attacker.socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1')
    })
    say(attacker, ...lines)
    await until(() => attacker.isClosed, 'the node closed the connection')
    assert.match(heard, answer)
    await isAlive(lab, node)
  })
}

test('who begins and does not go on is closed in time: a first byte, a header without end, an upgrade, half a frame', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const begin = async (bytes: string) => {
    const attacker = await Attacker.connect(node.address)
    attacker.raw(Buffer.from(bytes))
    return attacker
  }
  const slow = await Promise.all(['G', 'GET', 'GET / HTTP/1.1\r\nx: ', '\x13Bit'].map(begin))
  const upgraded = [await opened(node), await opened(node)].map(({ attacker }) => attacker)
  upgraded[1]?.raw(frame(0x82, Buffer.alloc(3), 1_000))
  await until(() => [...slow, ...upgraded].every(({ isClosed }) => isClosed), 'all are closed')
  await isAlive(lab, node)
})

test('hundreds of upgrades at once take no place from a node, nor from a page that comes later', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any', maxConnections: 20, maxConnectionsPerHost: 20 })
  const first = await lab.node({ peers: [node] })
  await until(() => node.network.peers().length === 1, 'a node is connected')
  const crowd = await Promise.all(Array.from({ length: 300 }, () => Attacker.connect(node.address)))
  lab.defer(() => {
    for (const attacker of crowd) attacker.close()
  })
  for (const attacker of crowd) say(attacker, ...UPGRADE)
  await until(() => crowd.filter(({ isClosed }) => !isClosed).length < 20, 'most were closed')
  await isAlive(lab, node)
  await lab.node({ peers: [node] })
  await until(() => node.network.peers().length === 2, 'another node found a place')
  assert.equal(first.network.peers().length, 1)
})

test('a crowd of pages that introduce themselves leaves the places of nodes alone', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any', maxConnections: 20, maxConnectionsPerHost: 20 })
  const others = [await lab.node({ peers: [node] }), await lab.node({ peers: [node] })]
  await until(() => node.network.peers().length === 2, 'both nodes are connected')
  const pages = Array.from({ length: 40 }, () => {
    const rules = { genesis: GENESIS, chain: 1n, bridge: ZERO_ADDRESS, easiestTarget: 1n }
    return new LightPeer({ url: `ws://${node.address}`, rules })
  })
  lab.defer(() => {
    for (const page of pages) page.stop()
  })
  await Promise.allSettled(pages.map((page) => page.start()))
  const ofPages = node.network.peers().filter(({ client }) => client === 'TorrentTX light').length
  assert(ofPages <= 14, `${ofPages} pages`)
  assert.deepEqual(
    others.map(({ network }) => network.peers().length),
    [1, 1],
  )
})

test('thousands of requests in one piece, and behind the first, are not read', async (t) => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  let read = 0
  const count = () => {
    read += 1
  }
  subscribe('http.server.request.start', count)
  t.after(() => unsubscribe('http.server.request.start', count))
  const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
  for (const first of ['', request]) {
    const attacker = await Attacker.connect(node.address)
    lab.defer(() => attacker.close())
    attacker.raw(Buffer.from(first))
    attacker.raw(Buffer.from(request.repeat(10_000)))
    await until(() => attacker.isClosed, 'the node closed the connection')
  }
  assert(read <= 1, `${read} requests were read`)
  await isAlive(lab, node)
})
