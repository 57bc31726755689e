// A stock client, which knows nothing of this network, fetches from a node by infohash and seeds to one.

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { TorrentFile } from '../../../../node/network/store.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import { Lab, until } from './lab.ts'
import { testFile, testHeader } from './memory-store.ts'
import type { StockAnswer, StockRequest } from './stock-client.ts'

const BLOCK: readonly TorrentFile[] = [
  { name: 'balances.bin', bytes: new Uint8Array(100_000).map((_, i) => i % 251) },
  { name: 'block.json', bytes: Buffer.from('{"height":"1"}') },
  { name: 'steps.bin', bytes: new Uint8Array(70_000).fill(7) },
]
const BLOCK_TORRENT = infohashOfInfo(blockContent(BLOCK).info)

for (const secure of [0, 1]) {
  const how = secure === 0 ? 'plain' : 'encrypted'
  test(`a stock client with ${how} connections fetches a transaction and a block, and a node fetches from it`, async () => {
    await using lab = new Lab()
    const stock = await startStock(lab, secure)
    const node = await lab.node({ idleTorrentMs: 100 })
    const files = Array.from({ length: 20 }, (_, i) => testFile(`stored ${i}`))
    const infohashes = node.store.add(...files)
    node.store.addBlock(testHeader(BLOCK), BLOCK)
    assert.equal(node.network.statistics().liveTorrents, 1, 'stored transactions are not live')

    const fetched = await ask(stock, { do: 'fetch', infohash: infohashes[7] ?? '', peer: node.address })
    assert.deepEqual(fetched, { files: { 'tx/tx.json': base64(testFile('stored 7')) } })
    const block = await ask(stock, { do: 'fetch', infohash: BLOCK_TORRENT, peer: node.address })
    assert.deepEqual(block, { files: Object.fromEntries(BLOCK.map((f) => [`block/${f.name}`, base64(f.bytes)])) })

    const file = testFile('from a stock client')
    const seeded = await ask(stock, {
      do: 'seed',
      folder: 'tx',
      pieceBytes: 16_384,
      files: { 'tx.json': base64(file) },
    })
    assert('peer' in seeded)
    assert.equal(seeded.infohash, infohashOf(file))
    const hints = { peers: [seeded.peer] }
    const signal = AbortSignal.timeout(20_000)
    assert.deepEqual(await node.network.fetch(infohashOf(file), signal, hints), file)
    assert(node.store.has(infohashOf(file)))

    const other = await ask(stock, {
      do: 'seed',
      folder: 'block',
      pieceBytes: 65_536,
      files: { 'steps.bin': base64(new Uint8Array(150_000).fill(1)) },
    })
    assert('peer' in other)
    const wanted = infohashOfInfo(blockContent([{ name: 'steps.bin', bytes: new Uint8Array(150_000).fill(1) }]).info)
    assert.equal(other.infohash, wanted)
    const got = await node.network.fetchBlock(wanted, signal, { peers: [other.peer] })
    assert.deepEqual(got, [{ name: 'steps.bin', bytes: new Uint8Array(150_000).fill(1) }])

    stock.disconnect()
    await until(() => node.network.statistics().liveTorrents === 1, 'all torrents sleep again')
  })
}

async function startStock(lab: Lab, secure: number): Promise<ChildProcess> {
  const child = fork(new URL('stock-client.ts', import.meta.url), [String(secure)])
  lab.defer(async () => {
    if (child.connected) child.disconnect()
    if (child.exitCode === null) await once(child, 'exit')
  })
  await once(child, 'message')
  return child
}

async function ask(stock: ChildProcess, request: StockRequest): Promise<StockAnswer> {
  stock.send(request)
  const [answer] = await once(stock, 'message', { signal: AbortSignal.timeout(20_000) })
  return answer
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
