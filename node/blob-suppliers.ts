// Who may have blobs beside beacon nodes: this node itself, of blocks that it knew before Ethereum did, and peers.

import type { BlockPool } from './block-pool.ts'
import type { BlobSupplier } from './ethereum/blobs/blob-source.ts'
import type { TorrentFile } from './network/store.ts'
import { BLOB_BYTES, MAX_BLOBS } from './protocol/blob.ts'
import type { Infohash } from './protocol/ids.ts'

/** What of the network is asked. */
export type TorrentFetcher = (torrent: Infohash, signal: AbortSignal) => Promise<readonly TorrentFile[]>

const PATIENCE_MS = 60_000

/** The block of its own miner a node has whole, whoever else has it, and so it has those that peers sent before they were published. */
export function poolWithBlobs(pool: Pick<BlockPool, 'blobsOf'>): BlobSupplier {
  return { name: 'mined blocks', deliver: async ({ hashes }) => pool.blobsOf(hashes) }
}

/** The torrent of a block in blobs carries them as they are. Whoever published it names one: a hint, so what comes is as little believed as that of anybody. */
export function peersWithBlobs(fetch: TorrentFetcher): BlobSupplier {
  return {
    name: 'peers',
    followsHint: true,
    async deliver({ torrent }, signal) {
      if (torrent === undefined) return []
      const files = await fetch(torrent, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]))
      const bytes = files.find(({ name }) => name === 'blobs.bin')?.bytes ?? new Uint8Array()
      const count = Math.min(Math.floor(bytes.length / BLOB_BYTES), MAX_BLOBS)
      return Array.from({ length: count }, (_, i) => bytes.slice(BLOB_BYTES * i, BLOB_BYTES * (i + 1)))
    },
  }
}
