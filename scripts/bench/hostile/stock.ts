// A webtorrent client as it comes, in a process of its own: fetches each torrent that it is told of, and says how long it took.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebTorrent from 'webtorrent'

const path = mkdtempSync(join(tmpdir(), 'ttx-bench-stock-'))
const off = { dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, webSeeds: false, tracker: false }
const client = new WebTorrent({ ...off, utp: false })
client.on('error', () => {})
process.on('message', async ({ infohash, peer }: { infohash: string; peer: string }) => {
  const began = performance.now()
  const torrent = client.add(infohash, { announce: [], path: join(path, infohash) })
  torrent.once('infoHash', () => torrent.addPeer(peer))
  await new Promise((resolve) => torrent.once('done', resolve))
  process.send?.({ infohash, ms: performance.now() - began })
})
process.on('disconnect', () => {
  rmSync(path, { recursive: true, force: true })
  process.exit()
})
process.send?.('ready')
