// How a peer introduces itself over a wire, and for what its connection is closed at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Wire from 'bittorrent-protocol'
import type { Torrent } from 'webtorrent'
import { extendWire } from '../../../../node/network/gossip/extension.ts'
import { decodeMessage, EXTENSION_VERSION } from '../../../../node/network/gossip/messages.ts'
import { encode } from '../../../../node/network/torrent/bencode.ts'
import { guardWire } from '../../../../node/network/torrent/guard.ts'
import { type Infohash, toBytes } from '../../../../node/protocol/ids.ts'

const OURS = 'aa'.repeat(20) as Infohash
const OTHER = 'bb'.repeat(20) as Infohash
const GENESIS = 'cc'.repeat(20) as Infohash
const right = { genesis: toBytes(GENESIS), node: toBytes(OTHER), version: EXTENSION_VERSION }

const CASES = [
  ['without a word about itself', undefined, 'bad-hello'],
  ['with half of its id', { ...right, node: new Uint8Array(10) }, 'bad-hello'],
  ['of another network', { ...right, genesis: toBytes(OTHER) }, 'foreign-network'],
  ['of another version', { ...right, version: 1 }, 'foreign-network'],
  ['with our own id', { ...right, node: toBytes(OURS) }, 'unwanted-peer'],
] as const

for (const [name, torrenttx, code] of CASES) {
  test(`a peer ${name} is closed with ${code}`, async () => {
    const { failure, heard, hello } = connect()
    hello(torrenttx)
    assert.equal((await failure).code, code)
    assert.equal(heard.length, 0)
  })
}

test('one that introduces itself is heard', async () => {
  const { greeted, hello } = connect()
  hello(right)
  assert.equal(await greeted, OTHER)
})

test('what a peer says that it runs is shown without what could harm a terminal, and not at any length', async () => {
  for (const [said, shown] of [
    ['TorrentTX 0.1.0', 'TorrentTX 0.1.0'],
    ['\u001b[31mred\n', '[31mred'],
    ['x'.repeat(1_000), 'x'.repeat(48)],
    ['\u0000\u0001', undefined],
  ] as const) {
    const { greeted, hello, clients } = connect()
    hello(right, said)
    await greeted
    assert.deepEqual(clients, [shown])
  }
})

test('a message that BitTorrent does not have closes the connection', async () => {
  const { failure, wire } = connect()
  wire.write(Buffer.from('0000000200ff', 'hex')) // a choke has no content
  assert.equal((await failure).code, 'bad-wire-message')
})

test('what is no message of ours is called so', () => {
  for (const message of [{}, { type: 'get' }, { type: 'get', id: 1, infohashes: new Uint8Array(3) }])
    assert.throws(() => decodeMessage(encode(message)), { code: 'bad-message' }, JSON.stringify(message))
})

/** A wire after the handshake of BEP 3, with the extension on it. */
function connect() {
  // Its types know nothing of its first argument.
  const wire: Wire = Reflect.construct(Wire, ['tcpIncoming'])
  const heard: string[] = []
  const { promise: greeted, resolve: greet } = Promise.withResolvers<string>()
  const clients: (string | undefined)[] = []
  const onHello = ({ id, client }: { id: string; client?: string }) => {
    heard.push(id)
    clients.push(client)
    greet(id)
    return undefined
  }
  extendWire(wire, { genesis: GENESIS, nodeId: OURS, port: 1 }, { onHello })
  const failure = new Promise<Error & { code?: string }>((resolve) => wire.on('error', resolve))
  wire.write(
    Buffer.concat([
      Buffer.from('\x13BitTorrent protocol', 'latin1'),
      Buffer.from('0000000000100005', 'hex'),
      toBytes(GENESIS),
      Buffer.from('-XX0001-somebody0000'),
    ]),
  )
  // As webtorrent does, which looks the torrent up first. The guard reads only how many pieces it has.
  wire.once('handshake', () => guardWire(wire, { pieces: [] } as unknown as Torrent))
  const hello = (torrenttx: object | undefined, v = 'somebody') => {
    const content = encode({
      v,
      m: { torrenttx: 7 },
      ...(torrenttx === undefined ? {} : { torrenttx: torrenttx as never }),
    })
    const head = Buffer.alloc(6)
    head.writeUInt32BE(content.length + 2)
    head[4] = 20
    wire.write(Buffer.concat([head, content]))
  }
  return { wire, heard, clients, greeted, hello, failure }
}
