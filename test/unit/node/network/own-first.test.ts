// Which torrents are live where places are scarce: what the user's coins hang on before all that strangers ask for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Network } from '../../../../node/network/network.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { makesBytes, makesRoom } from '../../../../node/network/torrent/places-awake.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Attacker } from './attacker.ts'
import { Lab, SILENT, until } from './lab.ts'
import { MemoryStore, testFile, testHeader } from './memory-store.ts'

const id = (name: string) => name.repeat(20) as Infohash
const [own, ownToo, theirs, theirsToo] = ['a1', 'a2', 'b1', 'b2'].map(id) as [Infohash, Infohash, Infohash, Infohash]
const isOwn = (infohash: Infohash) => infohash.startsWith('a')
const live = (infoHash: Infohash, wires = 0) => ({ infoHash, wires: Array.from({ length: wires }) })

test('what is somebody else`s and idle goes first, for anybody', () => {
  const torrents = [live(own), live(theirsToo, 1), live(theirs)]
  for (const wanted of [ownToo, id('b3')]) assert.equal(makesRoom(torrents, wanted, isOwn)?.infoHash, theirs)
})

test('for what is somebody else`s nothing of the user goes, nor what a peer is connected to', () => {
  assert.equal(makesRoom([live(own), live(ownToo), live(theirs, 1)], theirsToo, isOwn), undefined)
  assert.equal(makesRoom([], theirs, isOwn), undefined)
})

test('for the user`s own a connected one of somebody else goes, then an idle one of its own, never a connected one of its own', () => {
  assert.equal(makesRoom([live(ownToo), live(theirs, 2)], own, isOwn)?.infoHash, theirs)
  assert.equal(makesRoom([live(ownToo, 1), live(id('a3'))], own, isOwn)?.infoHash, id('a3'))
  assert.equal(makesRoom([live(ownToo, 1)], own, isOwn), undefined)
})

test('handshakes for the user`s own payments are answered when strangers hold all places, and are not driven out by them', async () => {
  await using lab = new Lab()
  const store = new MemoryStore()
  const ours = store.add(testFile('ours'), testFile('ours too'))
  const others = store.add(...Array.from({ length: 5 }, (_, i) => testFile(`theirs ${i}`)))
  const bounds = { idleTorrentMs: 60_000 }
  const deps = { store, log: SILENT, bounds, isOwn: (infohash: Infohash) => ours.includes(infohash) }
  const network = new Network(deps, { maxLiveTorrents: 2 })
  lab.defer(() => network.stop())
  await network.start()
  const address = `127.0.0.1:${network.address().port}`
  const connect = async (infohash: Infohash | undefined) => {
    const peer = await Attacker.handshaken(address, infohash)
    lab.defer(() => peer.close())
    return peer
  }
  const strangers = [await connect(others[0]), await connect(others[1])]
  const third = await connect(others[2])
  await until(() => third.isClosed, 'there is no place for a third')
  assert(strangers.every((peer) => !peer.isClosed))
  const first = await connect(ours[0])
  await until(() => strangers.filter((peer) => peer.isClosed).length === 1, 'one of them made room')
  const second = await connect(ours[1])
  await until(() => strangers.every((peer) => peer.isClosed), 'both made room')
  const late = await connect(others[3])
  await until(() => late.isClosed, 'there is no place for somebody else')
  assert(!first.isClosed && !second.isClosed)
  assert.equal(network.statistics().liveTorrents, 3)
})

test('who has a payment is who announced or fetched it, or has the same set; being told of it is not enough', async () => {
  await using lab = new Lab()
  const alice = await lab.node()
  const silent = await Attacker.introduced(alice.address)
  lab.defer(() => silent.close())
  const bob = await lab.node({ peers: [alice] })
  await until(() => alice.network.peers().length === 2, 'both are connected')
  const [payment] = alice.store.add(testFile('a payment'))
  assert(payment)
  await until(() => alice.network.holders(payment) === 1, 'bob fetched it')
  await until(() => bob.network.holders(payment) === 1, 'bob knows it from alice')
  await until(() => silent.heard.length > 0, 'the silent one was told')
  // The store of bob gets one more: the sets differ, and what each has stays known.
  bob.store.add(testFile('another'))
  await until(() => alice.store.files.size === 3, 'alice has it as well')
  assert.deepEqual([alice.network.holders(payment), bob.network.holders(payment)], [1, 1])
  assert.equal(alice.network.holders(infohashOf(testFile('unknown to all'))), 0)
})

const MIB = 1_048_576
const large = (mib: number, isIdle: boolean, awakeMs: number) => ({ bytes: mib * MIB, isIdle, awakeMs })

test('large torrents go where their bytes would be too many: an idle one, else one that was awake for a minute, else none', () => {
  const fresh = large(40, false, 59_999)
  const old = large(30, false, 60_000)
  const idle = large(5, true, 1)
  const small = { bytes: 500, isIdle: true, awakeMs: 90_000 }
  assert.equal(makesBytes([old, fresh, small, idle], 26 * MIB, 100 * MIB), idle)
  assert.equal(makesBytes([old, fresh, small], 31 * MIB, 100 * MIB), old)
  assert.equal(makesBytes([fresh, small], 61 * MIB, 100 * MIB), undefined)
  assert.equal(makesBytes([old, fresh], 30 * MIB, 100 * MIB), 'fits')
  assert.equal(makesBytes([small], 200 * MIB, 100 * MIB), 'fits', 'alone it always does')
  assert.equal(makesBytes([old, fresh, large(40, false, 0)], 500, 100 * MIB), 'fits', 'a payment always does')
})

test('connections for many blocks do not keep all of them in memory', async () => {
  await using lab = new Lab()
  const node = await lab.node({ maxLiveBytes: 7 * MIB, idleTorrentMs: 60_000 })
  const torrents = Array.from({ length: 6 }, (_, i) => {
    const files = [{ name: 'state', bytes: new Uint8Array(2 * MIB).fill(i + 1) }]
    node.store.addBlock(testHeader(files, i + 1), files)
    return infohashOfInfo(blockContent(files).info)
  })
  const peers: Attacker[] = []
  for (const torrent of torrents) {
    const peer = await Attacker.handshaken(node.address, torrent)
    lab.defer(() => peer.close())
    peers.push(peer)
  }
  await until(() => peers.filter((peer) => peer.isClosed).length === 3, 'only three blocks of two MiB are live')
  assert.equal(node.network.statistics().liveTorrents, 4, 'and the meeting point')
  const [first] = peers
  const [payment] = node.store.add(testFile('a payment'))
  assert(first && payment)
  const client = await Attacker.handshaken(node.address, payment)
  lab.defer(() => client.close())
  await until(() => node.network.statistics().liveTorrents === 5, 'a payment wakes up beside them')
})
