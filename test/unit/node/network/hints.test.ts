// Downloads that several ask for, and addresses that a stranger wrote into a proof: each asker's own check decides for it, and a
// node that keeps to this machine dials no address that leads elsewhere.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { diallable } from '../../../../node/network/places/hints.ts'
import { isLoopbackAddress } from '../../../../node/network/proof.ts'
import type { TorrentFile } from '../../../../node/network/store.ts'
import { blockContent, infohashOfInfo } from '../../../../node/network/torrent/metainfo.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { Lab, until } from './lab.ts'
import { testHeader } from './memory-store.ts'

const BLOCK: readonly TorrentFile[] = [{ name: 'steps.bin', bytes: new Uint8Array(50_000).fill(9) }]
const TORRENT = infohashOfInfo(blockContent(BLOCK).info)

test('whoever joins a download has a check of their own: a block is no transaction, and a transaction`s check stops no block', async () => {
  for (const first of ['block', 'transaction'] as const) {
    await using lab = new Lab()
    const seeder = await lab.node()
    seeder.store.addBlock(testHeader(BLOCK), BLOCK)
    const node = await lab.node()
    const signal = AbortSignal.timeout(20_000)
    // Who begins knows nobody; who joins brings the address, so that both are there when the metadata come.
    const hints = { peers: [seeder.address] }
    const block = () => node.network.fetchBlock(TORRENT, signal, first === 'block' ? { peers: [] } : hints)
    const transaction = () => node.network.fetch(TORRENT, signal, first === 'block' ? hints : { peers: [] })
    const begun = first === 'block' ? block() : transaction()
    begun.catch(() => undefined)
    await until(() => node.network.statistics().liveTorrents === 2, 'the download has begun')
    const joined = first === 'block' ? transaction() : block()
    await assert.rejects(first === 'block' ? joined : begun, { code: 'bad-proof' })
    assert.deepEqual(await (first === 'block' ? begun : joined), BLOCK)
  }
})

test('an address leads to this machine only as a number of loopback', () => {
  for (const address of ['127.0.0.1:1', '127.3.2.1:65534', '[::1]:7651']) assert(isLoopbackAddress(address), address)
  for (const address of [
    '127.0.0.1.example.org:1',
    '127.evil.org:1',
    'localhost:1',
    '10.0.0.1:1',
    '[::2]:1',
    '[::ffff:10.0.0.1]:1',
  ])
    assert(!isLoopbackAddress(address), address)
})

test('an address that a proof names is dialled where the profile says so, and a name nowhere but where it may lead', async () => {
  const names = new Map([
    ['node.example.org', ['93.184.216.34', '2606:2800:220:1::1', '10.1.2.3', '::1']],
    ['router.example.org', ['192.168.1.1', 'fd00::1', '169.254.1.1']],
  ])
  const asked: string[] = []
  const resolve = async (name: string) => {
    asked.push(name)
    return names.get(name) ?? []
  }
  const addresses = [
    'router:1',
    'localhost:1',
    'node.example.org:1',
    'router.example.org:80',
    'no.example.org:9',
    '93.184.216.35:2',
    '10.0.0.1:3',
  ]
  const more = ['[::1]:4', '127.0.0.1:5', '[2606:2800:220:1::2]:6', '[::ffff:192.168.0.1]:7', '93.184.216.34:1']
  assert.deepEqual(await diallable([...addresses, ...more], 'public', resolve), [
    ...['93.184.216.34:1', '[2606:2800:220:1::1]:1', '93.184.216.35:2', '[2606:2800:220:1::2]:6'],
  ])
  assert.deepEqual(asked, ['node.example.org', 'router.example.org', 'no.example.org'])
  assert.deepEqual(await diallable([...addresses, ...more], 'loopback', resolve), ['[::1]:4', '127.0.0.1:5'])
  assert.equal(asked.length, 3)
})

test('the peers that a proof names are dialled on this machine by number only, and by a public node not at all', async () => {
  for (const dialsHints of ['loopback', 'public', 'anywhere'] as const) {
    await using lab = new Lab()
    let knocks = 0
    const server = createServer((socket) => {
      knocks++
      socket.on('error', () => undefined).destroy()
    }).listen(0, '127.0.0.1')
    lab.defer(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    const node = await lab.node({ dialsHints })
    const stop = new AbortController()
    const infohash = 'e7'.repeat(20) as Infohash
    // A name: where it leads is for its owner to say.
    const named = node.network.fetch(infohash, stop.signal, { peers: [`localhost:${port}`] })
    named.catch(() => undefined)
    await until(() => node.network.statistics().liveTorrents === 2, 'the download has begun')
    if (dialsHints === 'anywhere') await until(() => knocks > 0, 'it was dialled')
    const joined = node.network.fetch(infohash, stop.signal, { peers: [`localhost:${port}`] })
    joined.catch(() => undefined)
    const seeder = await lab.node()
    seeder.store.addBlock(testHeader(BLOCK), BLOCK)
    // What is fetched over a whole exchange takes longer than a knock.
    const hints = { peers: [seeder.address] }
    if (dialsHints === 'public') {
      node.network.addPeer(seeder.address)
      await until(() => node.network.peers().length > 0, 'both are connected')
    }
    assert.deepEqual(await node.network.fetchBlock(TORRENT, stop.signal, hints), BLOCK)
    assert.equal(knocks > 0, dialsHints === 'anywhere')
    stop.abort()
    await assert.rejects(named, { code: 'transaction-not-found' })
  }
})
