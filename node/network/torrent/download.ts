// Fetches a folder from its swarm by plain BitTorrent: metadata first, judged before a byte of content is asked for.

import type { Torrent } from 'webtorrent'
import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import type { TorrentFile } from '../store.ts'
import { decodeDictionary } from './bencode.ts'
import { MemoryChunkStore } from './chunk-store.ts'
import type { TorrentClient } from './client.ts'
import { type Folder, infohashOfInfo, parseFolder, splitFiles } from './metainfo.ts'

/** Bytes that have come, and how many there are. Called often. */
export type Progress = (bytes: number, total: number) => void

export type DownloadOptions = {
  /** `host:port` of nodes or stock clients to ask. */
  readonly peers: Iterable<string>
  readonly trackers: readonly string[]
  /** Throws `RuleError` for a folder that is not wanted. */
  readonly check: (folder: Folder) => void
  /** It stays live until it idles, so that others can fetch from here: for what the store keeps, or refuses with an error of its own. */
  readonly isKept: boolean
  readonly signal: AbortSignal
  readonly onProgress?: Progress | undefined
}

/**
 * The files under `infohash`, verified piece by piece. Throws `RuleError` if the metadata is not what it should be, `OperationError('download-failed' | 'download-aborted')`.
 */
export async function download(
  client: TorrentClient,
  infohash: Infohash,
  { peers, trackers, check, isKept, signal, onProgress }: DownloadOptions,
): Promise<TorrentFile[]> {
  if (signal.aborted) throw aborted(infohash, signal)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let folder: Folder | undefined
  let chunks: MemoryChunkStore | undefined
  class CapturedStore extends MemoryChunkStore {
    constructor(chunkLength: number, content: { readonly length: number }) {
      super(chunkLength, content)
      chunks = this
    }
  }
  // A torrent of the same infohash is one that idles after a download which the store did not keep.
  const live = client.torrents.find((other) => other.infoHash === infohash)
  if (live !== undefined && !client.isIdle(live)) throw isSeeded(infohash)
  live?.destroy({ destroyStore: true })
  const torrent = client.add(infohash, { announce: [...trackers], store: CapturedStore, storeCacheSlots: 0 })
  const addMetadata = torrent._onMetadata.bind(torrent)
  torrent._onMetadata = async (metadata) => {
    try {
      if (torrent.destroyed) return
      folder ??= parseMetadata(infohash, metadata, check)
      await addMetadata(metadata)
    } catch (error) {
      reject(error)
    }
  }
  const onAbort = () => reject(aborted(infohash, signal))
  signal.addEventListener('abort', onAbort, { once: true })
  torrent.once('done', resolve)
  if (onProgress !== undefined) torrent.on('download', () => onProgress(torrent.downloaded, torrent.length ?? 0))
  torrent.on('error', reject)
  torrent.once('close', () => reject(new OperationError('download-failed', `the torrent ${infohash} was closed`)))
  try {
    await nameOf(torrent)
    for (const peer of peers) if (!torrent.destroyed) torrent.addPeer(peer)
    await promise
    if (folder === undefined || chunks === undefined) throw new OperationError('download-failed', 'nothing was stored')
    const files = splitFiles(folder, chunks.bytes)
    if (isKept) client.keepUntilIdle(torrent)
    else torrent.destroy({ destroyStore: true })
    return files
  } catch (cause) {
    torrent.destroy({ destroyStore: true })
    if (cause instanceof RuleError || cause instanceof OperationError) throw cause
    throw new OperationError('download-failed', `cannot download ${infohash}`, { retry: true, cause })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** webtorrent hands over `d4:info…e` with an info dictionary that it decoded and encoded again. */
function parseMetadata(infohash: Infohash, metadata: unknown, check: (folder: Folder) => void): Folder {
  const start = 'd4:info'.length
  const info = metadata instanceof Uint8Array ? metadata.subarray(start, -1) : new Uint8Array()
  if (infohashOfInfo(info) !== infohash || !('info' in decodeDictionary(metadata as Uint8Array))) {
    throw new RuleError('bad-torrent', `the metadata of ${infohash} is not canonical`, { infohash })
  }
  const folder = parseFolder(info)
  check(folder)
  return folder
}

/** webtorrent reads the infohash asynchronously, and accepts no peers before. */
async function nameOf(torrent: Torrent): Promise<void> {
  if (torrent.infoHash !== undefined || torrent.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  torrent.once('infoHash', resolve)
  torrent.once('close', resolve)
  await promise
}

function isSeeded(infohash: Infohash): OperationError {
  return new OperationError(
    'download-failed',
    `expected a torrent to download, got ${infohash}, which is seeded here`,
    {
      facts: { infohash },
    },
  )
}

function aborted(infohash: Infohash, signal: AbortSignal): OperationError {
  const options = { facts: { infohash }, retry: true, cause: signal.reason }
  return new OperationError('download-aborted', `nobody delivered ${infohash} in time`, options)
}
