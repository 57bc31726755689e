// A light peer at a node, both in Node: what it learns, what it fetches, whom it does not believe, and who may not connect.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { LightPeer, type LightPeerOptions, type Socket } from '../../../../node/light/light-peer.ts'
import type { LightBlock, LightRules } from '../../../../node/light/told-block.ts'
import { encodeExtended, encodeHandshake, WireReader } from '../../../../node/light/wire.ts'
import { EXTENSION_VERSION, encodeMessage } from '../../../../node/network/gossip/messages.ts'
import { meetingPoint } from '../../../../node/network/meeting-point.ts'
import { encode } from '../../../../node/network/torrent/bencode.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { isAllowedOrigin } from '../../../../node/network/websocket/origins.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { encodeSealed, genesisBlock } from '../../../../node/protocol/header.ts'
import { type Infohash, parseAddress, toBytes, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { Lab, type TestNode, until } from '../network/lab.ts'
import { GENESIS, testFile } from '../network/memory-store.ts'

const RULES: LightRules = {
  genesis: GENESIS,
  chain: 31_337n,
  bridge: parseAddress(`0x${'ab'.repeat(20)}`),
  easiestTarget: 2n ** 256n - 1n,
}
/** Of a node. */
const HERE = '93.184.216.34'
const FILES = [{ name: 'steps.bin', bytes: new Uint8Array(10) }]
const TORRENT = infohashOfInfo(blockContent(FILES).info)

/** A header for which nobody had to work, of a target that anything meets. */
function easyBlock(rules: LightRules): Uint8Array {
  return concat(encodeSealed(genesisBlock({ ...rules, state: ZERO_HASH })), toBytes(TORRENT))
}

function lightPeer(lab: Lab, node: TestNode, options: Partial<LightPeerOptions> = {}): LightPeer {
  const peer = new LightPeer({ url: `ws://${node.address}`, rules: RULES, ...options })
  lab.defer(() => peer.stop())
  return peer
}

test('it learns of what is new, and fetches it and what is old by its infohash', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const [old] = node.store.add(testFile('old'))
  const heard: Infohash[] = []
  const counts: number[] = []
  const peer = lightPeer(lab, node, {
    onHave: (infohashes) => heard.push(...infohashes),
    onSummary: ({ count }) => counts.push(count),
  })
  await peer.start()
  const [fresh] = node.store.add(testFile('fresh'))
  assert(old && fresh)
  await until(() => heard.includes(fresh) && counts.length > 0, 'it heard of it')
  const unknown = 'ff'.repeat(20) as Infohash
  assert.deepEqual(await peer.get([fresh, unknown, old]), [testFile('fresh'), undefined, testFile('old')])
  assert.equal(counts[0], 2)
  const [info] = node.network.peers()
  assert.deepEqual([info?.outgoing, info?.client, info?.address], [false, 'TorrentTX light', undefined])
  peer.stop()
  await until(() => node.network.peers().length === 0, 'the node saw it leave')
  await assert.rejects(peer.get([old]), (error) => error instanceof OperationError && error.code === 'peer-closed')
})

test('it is told of blocks, and believes those with the work that they ask for', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const told: LightBlock[] = []
  const onBlocks = (blocks: readonly LightBlock[]) => void told.push(...blocks)
  const peer = lightPeer(lab, node, { onBlocks })
  await peer.start()
  node.store.addBlock(easyBlock(RULES), FILES)
  await until(() => told.length === 1, 'the block was told')
  assert.equal(told[0]?.torrent, TORRENT)
  for (const [rules, code] of [
    [{ ...RULES, easiestTarget: 2n ** 200n }, 'bad-work'],
    [{ ...RULES, chain: 1n }, 'bad-header'],
  ] as const) {
    const { promise, resolve } = Promise.withResolvers<Error>()
    const stricter = lightPeer(lab, node, { rules, onBlocks, onClosed: resolve })
    await stricter.start()
    const reason = await promise
    assert(reason instanceof RuleError && reason.code === code, String(reason))
  }
  assert.equal(told.length, 1)
})

test('a file of another transaction than the one it asked for ends the connection', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const wanted = infohashOf(testFile('wanted'))
  node.store.files.set(wanted, testFile('another'))
  const { promise, resolve } = Promise.withResolvers<Error>()
  const peer = lightPeer(lab, node, { onClosed: resolve })
  await peer.start()
  const isBad = (error: unknown) => error instanceof RuleError && error.code === 'bad-answer'
  await assert.rejects(peer.get([wanted]), isBad)
  assert(isBad(await promise))
})

test('a node of another network, one that takes no pages, and nobody are told as such', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const deaf = await lab.node()
  const isClosed = (error: unknown) => error instanceof OperationError && error.code === 'peer-closed'
  const foreign = lightPeer(lab, node, { rules: { ...RULES, genesis: 'ab'.repeat(20) as Infohash } })
  await assert.rejects(foreign.start(), isClosed)
  await assert.rejects(lightPeer(lab, deaf).start(), isClosed)
  await assert.rejects(lightPeer(lab, node, { url: 'ws://127.0.0.1:9' }).start(), isClosed)
  assert.equal(node.network.peers().length + deaf.network.peers().length, 0)
})

test('a page connects if its origin may, and what is no page in any case', async () => {
  await using lab = new Lab()
  const connectAs = (origin: string) => (url: string) =>
    new (WebSocket as unknown as new (url: string, options: object) => WebSocket)(url, { headers: { origin } })
  const node = await lab.node({ webSocketOrigins: ['https://wallet.example'] })
  await lightPeer(lab, node).start()
  await lightPeer(lab, node, { connect: connectAs('https://wallet.example') }).start()
  for (const origin of ['https://evil.example', 'null', 'http://wallet.example', 'https://wallet.example:444'])
    await assert.rejects(lightPeer(lab, node, { connect: connectAs(origin) }).start(), /accepts pages/, origin)
  const open = await lab.node({ webSocketOrigins: 'remote' })
  await assert.rejects(lightPeer(lab, open, { connect: connectAs('https://wallet.example') }).start(), /accepts pages/)
  assert.deepEqual(
    [
      isAllowedOrigin('remote', 'https://a', { from: '8.8.8.8', to: HERE }),
      isAllowedOrigin('remote', 'https://a', { from: '::ffff:8.8.8.8', to: HERE }),
      isAllowedOrigin('remote', 'https://a', { from: '192.168.1.1', to: HERE }),
      isAllowedOrigin('remote', 'https://a', { from: 'fd00::1', to: HERE }),
      isAllowedOrigin('remote', 'https://a', { from: '::ffff:127.0.0.1', to: HERE }),
      isAllowedOrigin('none', undefined, { from: '8.8.8.8', to: HERE }),
    ],
    [true, true, false, false, false, false],
  )
})

for (const options of [{ secure: 0 }, { secure: 1 }, { secure: 2 }, { utp: true }] as const) {
  test(`nodes connect to one that takes pages on the same port: ${JSON.stringify(options)}`, async () => {
    await using lab = new Lab()
    const alice = await lab.node({ ...options, webSocketOrigins: 'any' })
    const bob = await lab.node({ ...options, peers: [alice] })
    const [infohash] = alice.store.add(testFile('carried'))
    assert(infohash)
    await until(() => bob.store.has(infohash), 'it came')
    const page = lightPeer(lab, alice)
    if ('secure' in options && options.secure === 2) await assert.rejects(page.start(), /accepts pages/)
    else {
      await page.start()
      assert.deepEqual(await page.get([infohash]), [testFile('carried')])
    }
  })
}

test('what a page fetched it need not hand on: a node that asks it for something is told that it has nothing', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const peer = lightPeer(lab, node)
  await peer.start()
  await until(() => node.network.peers().length === 1, 'it is connected')
  await assert.rejects(node.network.fetch('ee'.repeat(20) as Infohash, AbortSignal.timeout(2_500)))
  assert.equal(node.network.peers().length, 1, 'it is not blamed')
})

test('bytes may come in pieces of any size, and what is no node is cut off', () => {
  const infohash = 'ab'.repeat(20) as Infohash
  const handshake = Buffer.concat([
    Buffer.from('\x13BitTorrent protocol\0\0\0\0\0\x10\0\0', 'latin1'),
    Buffer.from(infohash, 'hex'),
    Buffer.alloc(20),
  ])
  const messages = Buffer.from('00000000000000050400000001000000051400616263', 'hex')
  const reader = new WireReader(infohash)
  const found = [...Buffer.concat([handshake, messages])].flatMap((byte) => reader.read(Uint8Array.of(byte)))
  assert.deepEqual(
    found.map(({ number, payload }) => [number, Buffer.from(payload).toString()]),
    [[0, 'abc']],
  )
  for (const bytes of [
    Buffer.alloc(68),
    Buffer.concat([handshake.subarray(0, 28), Buffer.alloc(40)]),
    Buffer.concat([handshake.subarray(0, 20), Buffer.alloc(8), handshake.subarray(28)]),
    Buffer.concat([handshake, Buffer.from('7fffffff14', 'hex')]),
    Buffer.concat([handshake, Buffer.from('0000000114', 'hex')]),
  ])
    assert.throws(
      () => new WireReader(infohash).read(bytes),
      (error) => error instanceof RuleError && error.code === 'bad-wire-message',
    )
})

test('a node that stops ends the connection with a reason', async () => {
  await using lab = new Lab()
  const node = await lab.node({ webSocketOrigins: 'any' })
  const { promise, resolve } = Promise.withResolvers<Error>()
  await lightPeer(lab, node, { onClosed: resolve }).start()
  await until(() => node.network.peers().length === 1, 'it is connected')
  const pending = new WebSocket(`ws://${node.address}`)
  await once(pending, 'open')
  await node.network.stop()
  assert.match((await promise).message, /stays connected/)
})

test('a page on the machine or in the subnet of a node is one of its user`s, whatever address it came by', () => {
  const isAllowed = (from: string, to: string) => isAllowedOrigin('remote', 'https://a', { from, to })
  assert.equal(isAllowed(HERE, HERE), false)
  assert.equal(isAllowed(`::ffff:${HERE}`, HERE), false)
  assert.equal(isAllowed('2606:2800:220:1::9', '2606:2800:220:1:2:3:4:5'), false)
  assert(isAllowed('2606:2800:220:2::9', '2606:2800:220:1:2:3:4:5'))
  assert(isAllowed('93.184.216.35', HERE))
})

test('a message in many pieces is put together once', (t) => {
  const infohash = 'ab'.repeat(20) as Infohash
  const reader = new WireReader(infohash)
  reader.read(encodeHandshake(infohash, new Uint8Array(20)))
  const { set } = Uint8Array.prototype
  let copied = 0
  t.mock.method(Uint8Array.prototype, 'set', function (this: Uint8Array, bytes: Uint8Array, at: number) {
    copied += bytes.length
    set.call(this, bytes, at)
  })
  const found = [...encodeExtended(1, new Uint8Array(5_000))].flatMap((byte) => reader.read(Uint8Array.of(byte)))
  assert.deepEqual([found.length, found[0]?.payload.length], [1, 5_000])
  assert(copied < 20_000, `${copied} bytes were copied`)
})

test('a node that asks and never reads fills no memory of a page, nor does one that goes on after its end', async (t) => {
  const events = new EventTarget()
  let unsent = 0
  let closes = 0
  const socket = {
    binaryType: 'blob',
    addEventListener: events.addEventListener.bind(events),
    send: (bytes: Uint8Array) => {
      unsent += bytes.length
    },
    close: () => {
      closes += 1
    },
    get bufferedAmount() {
      return unsent
    },
  }
  const say = (bytes: Uint8Array) =>
    events.dispatchEvent(new MessageEvent('message', { data: Uint8Array.from(bytes).buffer }))
  const reasons: Error[] = []
  const options = { url: 'ws://liar', rules: RULES, onClosed: (reason: Error) => reasons.push(reason) }
  const peer = new LightPeer({ ...options, connect: () => socket as unknown as Socket }) // what a peer uses of one
  t.after(() => peer.stop())
  const started = peer.start()
  say(encodeHandshake(infohashOfInfo(meetingPoint(GENESIS).info), new Uint8Array(20)))
  const torrenttx = { genesis: toBytes(GENESIS), version: EXTENSION_VERSION }
  say(encodeExtended(0, encode({ m: { torrenttx: 3 }, torrenttx })))
  await started
  const question = encodeExtended(1, encodeMessage({ type: 'sketch', id: 1, from: 0, most: 1_024 }))
  for (let i = 0; i < 1_000; i++) say(question)
  assert(unsent < 5_000_000, `${unsent} bytes wait`)
  assert.match(String(reasons[0]), /a node that reads what it asked for/)
  assert.deepEqual([reasons.length, closes], [1, 1])
  const { mock } = t.mock.method(WireReader.prototype, 'read')
  for (let i = 0; i < 10; i++) say(new Uint8Array(100_000))
  assert.equal(mock.callCount(), 0)
})
