// Blocks that were here before they came to Ethereum as a supplier of blobs: whoever mined one, or was told of it, need not ask for them.

import type { PooledBlock } from './block-pool.ts'
import type { BlobSupplier } from './ethereum/blobs/blob-source.ts'
import { blobTraceRoot } from './protocol/blob-hash.ts'
import { rowsIn } from './protocol/block-torrent.ts'
import { decodeSealed } from './protocol/header.ts'

export function minedBlobs(mined: () => readonly PooledBlock[]): BlobSupplier {
  return {
    name: 'mined blocks',
    async deliver({ hashes }) {
      const root = blobTraceRoot(hashes)
      const block = mined().find(({ sealed }) => decodeSealed(sealed).header.traceRoot === root)
      const rows = block && rowsIn(block.files)
      return rows !== undefined && 'blobs' in rows ? rows.blobs : []
    },
  }
}
