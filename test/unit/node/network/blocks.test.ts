// Bridging blocks: announced by header, fetched as torrents, no matter who dialled whom, and passed on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { concat } from '../../../../node/protocol/bytes.ts'
import { SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { toBytes } from '../../../../node/protocol/ids.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { Attacker } from './attacker.ts'
import { Lab, until } from './lab.ts'
import { MemoryStore, testHeader } from './memory-store.ts'

function blockOf(bytes: number, fill: number) {
  return [
    { name: 'block.json', bytes: Buffer.from(`{"height":"${fill}"}`) },
    { name: 'steps.bin', bytes: new Uint8Array(bytes).map((_, i) => (i * fill) % 251) },
  ]
}

test('a block goes to the node that dialled and to the node that was dialled, and on from there', async () => {
  await using lab = new Lab()
  const dialled = await lab.node()
  const middle = await lab.node({ peers: [dialled] })
  const dialler = await lab.node({ peers: [middle] })
  await until(() => middle.network.peers().length === 2, 'they are connected')
  const block = blockOf(3_000_000, 7)
  middle.store.addBlock(testHeader(block), block)
  const nodes = [dialled, middle, dialler]
  await until(() => nodes.every(({ store }) => store.blocks.size === 1), 'all have it')
  for (const { store } of nodes) assert.deepEqual([...store.blocks.values()][0]?.files.map(flat), block.map(flat))

  const next = blockOf(100_000, 9)
  dialled.store.addBlock(testHeader(next), next)
  await until(() => nodes.every(({ store }) => store.blocks.size === 2), 'all have the next')
})

test('who connects later is told of the blocks that there are', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const blocks = [1, 2, 3, 4, 5].map((fill) => blockOf(1_000, fill))
  for (const block of blocks) node.store.addBlock(testHeader(block), block)
  const late = await lab.node({ peers: [node] })
  await until(() => late.store.blocks.size === 5, 'it has all')
})

test('nothing is fetched for a header that the store refuses, and its sender is banned for the second', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  const block = blockOf(1_000, 1)
  await attacker.say({ type: 'blocks', headers: testHeader(block, 0xbd) })
  await attacker.say({ type: 'blocks', headers: testHeader(block, 0xbd) })
  await until(() => attacker.isClosed, 'the node closed the connection')
  assert.equal(attacker.told('seed').length, 0)
})

test('a header whose torrent is another block is fetched once, and held against nobody who tells of it', async () => {
  await using lab = new Lab()
  const one = await lab.node()
  const block = blockOf(1_000, 4)
  one.store.addBlock(testHeader(block), block)
  const node = await lab.node()
  let offered = 0
  node.store.onBlock = async () => {
    offered += 1
    throw new RuleError('bad-header', 'expected the content of the header, got another')
  }
  node.network.addPeer(one.address)
  await until(() => offered === 1, 'it was fetched')
  const again = await Attacker.introduced(node.address)
  lab.defer(() => again.close())
  for (let times = 1; times <= 8; times++) {
    await again.say({ type: 'blocks', headers: testHeader(block) })
    // Messages are handled one after another: an answer says that the header was looked at.
    await again.say({ type: 'get', id: times, infohashes: toBytes(node.store.genesis) })
    await until(() => again.told('files').length === times, 'it was answered')
  }
  assert.deepEqual(again.told('seed'), [], 'nobody is asked for the torrent again')
  assert.equal(offered, 1)
  assert.equal(node.network.peers().length, 2)
})

test('a wrong torrent that somebody tells with a right header keeps nobody from having the block, and is one for each who tells', async () => {
  await using lab = new Lab()
  const [one, node] = [await lab.node(), await lab.node()]
  const block = blockOf(1_000, 6)
  const told = testHeader(block)
  const liar = await Attacker.introduced(node.address)
  lab.defer(() => liar.close())
  for (let fill = 20; fill < 24; fill++) {
    const decoy = testHeader(blockOf(1_000, fill))
    await liar.say({ type: 'blocks', headers: concat(told.subarray(0, SEALED_BYTES), decoy.subarray(SEALED_BYTES)) })
  }
  await until(() => liar.told('seed').length === 1, 'it was asked for what it told first')
  one.store.addBlock(told, block)
  node.network.addPeer(one.address)
  await until(() => node.store.blocks.size === 1, 'the block came by its own torrent')
  assert.equal(liar.told('seed').length, 1)
})

test('a peer that cannot be dialled is asked to connect for the torrent', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const attacker = await Attacker.introduced(node.address)
  lab.defer(() => attacker.close())
  const block = blockOf(1_000, 1)
  await attacker.say({ type: 'blocks', headers: testHeader(block) })
  await until(() => attacker.told('seed').length === 1, 'it was asked')
  const wanted = infohashOfInfo(blockContent(block).info)
  assert.equal(Buffer.from(attacker.told('seed')[0]?.['infohash'] as Uint8Array).toString('hex'), wanted)
})

test('a block that is larger than allowed is not fetched', async () => {
  await using lab = new Lab()
  const block = blockOf(100_000, 3)
  const big = await lab.node()
  big.store.addBlock(testHeader(block), block)
  const small = await lab.node({ peers: [big], maxBlockBytes: 99_999 })
  const torrent = infohashOfInfo(blockContent(block).info)
  await until(() => small.network.peers().length === 1, 'they are connected')
  await assert.rejects(small.network.fetchBlock(torrent, AbortSignal.timeout(10_000)), RuleError)
  assert.equal(small.store.blocks.size, 0)
})

test('a torrent that somebody asked for is not kept in memory, whatever is in it and whoever stays connected', async () => {
  await using lab = new Lab()
  const blocks = [1, 200_000].map((bytes) => blockOf(bytes, 4))
  const big = await lab.node()
  for (const block of blocks) big.store.addBlock(testHeader(block), block)
  // It has them from Ethereum, and looks for no announced ones.
  const store = new MemoryStore()
  store.onHeader = async () => 'known'
  const node = await lab.node({ peers: [big], idleTorrentMs: 600_000 }, store)
  await until(() => node.network.peers().length === 1, 'they are connected')
  for (const block of blocks) {
    const torrent = infohashOfInfo(blockContent(block).info)
    const files = await node.network.fetchBlock(torrent, AbortSignal.timeout(60_000))
    assert.deepEqual(files.map(flat), block.map(flat))
    assert.equal(node.network.statistics().liveTorrents, 1, 'the meeting point')
  }
})

test('a block that nobody has fails when the caller gives up, also for the second caller', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const torrent = infohashOfInfo(blockContent(blockOf(10, 1)).info)
  const long = assert.rejects(node.network.fetchBlock(torrent, AbortSignal.timeout(400)), isAborted)
  await assert.rejects(node.network.fetchBlock(torrent, AbortSignal.timeout(100)), isAborted)
  await long
  assert.equal(node.network.statistics().liveTorrents, 1)
})

test('a store that was filled before the start serves its blocks', async () => {
  await using lab = new Lab()
  const store = new MemoryStore()
  const block = blockOf(200_000, 5)
  store.addBlock(testHeader(block), block)
  const node = await lab.node({}, store)
  const torrent = infohashOfInfo(blockContent(block).info)
  assert.deepEqual(await node.network.fetchBlock(torrent, AbortSignal.timeout(1_000)), block)
})

function flat(file: { readonly name: string; readonly bytes: Uint8Array }) {
  return [file.name, Buffer.from(file.bytes).toString('latin1')]
}

function isAborted(error: unknown): boolean {
  return error instanceof OperationError && error.code === 'download-aborted' && error.retry
}

test('a download that a stop of the node ends says so', async () => {
  await using lab = new Lab()
  const node = await lab.node()
  const torrent = infohashOfInfo(blockContent(blockOf(10, 2)).info)
  const fetching = node.network.fetchBlock(torrent, AbortSignal.timeout(60_000))
  const ended = assert.rejects(fetching, ({ code, cause }: OperationError) => {
    assert.deepEqual([code, cause instanceof OperationError && cause.code], ['download-aborted', 'stopped'])
    return true
  })
  await until(() => node.network.statistics().liveTorrents === 2, 'the download began')
  await node.network.stop()
  await ended
})
