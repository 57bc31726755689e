// A download by plain BitTorrent that comes to nothing: its torrent is closed under it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_NETWORK_OPTIONS, NETWORK_BOUNDS } from '../../../../node/network/options.ts'
import { TorrentClient } from '../../../../node/network/torrent/client.ts'
import { download } from '../../../../node/network/torrent/download.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { Lab, SILENT, until } from './lab.ts'

const INFOHASH = 'ab'.repeat(20) as Infohash

test('a download fails when its torrent is closed, and not when another one is', async () => {
  await using lab = new Lab()
  const client = new TorrentClient(
    {
      log: SILENT,
      lookup: async () => undefined,
      lookupSecret: () => undefined,
      isOwn: () => false,
      isBanned: () => false,
      onDied: () => {},
    },
    { ...DEFAULT_NETWORK_OPTIONS, ...NETWORK_BOUNDS, port: 0 },
  )
  lab.defer(() => client.close())
  await client.opened()
  const stop = new AbortController()
  const begin = (infohash: Infohash) =>
    download(client, infohash, { peers: [], trackers: [], check: () => undefined, isKept: true, signal: stop.signal })
  const other = begin('cd'.repeat(20) as Infohash)
  const failed = assert.rejects(begin(INFOHASH), { code: 'download-failed' })
  const find = () => client.torrents.find(({ infoHash }) => infoHash === INFOHASH)
  await until(() => find() !== undefined, 'it has begun')
  find()?.destroy({ destroyStore: true })
  await failed
  stop.abort()
  await assert.rejects(other, { code: 'download-aborted', retry: true })
})
