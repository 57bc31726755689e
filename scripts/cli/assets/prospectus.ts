// The prospectus of an asset as a torrent: the text that says what it is, under a name that any BitTorrent client can fetch it by (BEP 3).

import { basename } from 'node:path'
import { concat, encodeText } from '../../../node/protocol/bytes.ts'
import { sha1 } from '../../../node/protocol/hash.ts'
import { type Infohash, toInfohash } from '../../../node/protocol/ids.ts'

/** Of the file. */
export const MAX_PROSPECTUS_BYTES = 2 ** 24
const PIECE_BYTES = 2 ** 16

/** The torrent of one file, without trackers: the same for the same name and bytes. */
export function prospectusTorrent(path: string, bytes: Uint8Array): { infohash: Infohash; torrent: Uint8Array } {
  const name = encodeText(basename(path))
  const pieces: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    pieces.push(sha1(bytes.subarray(start, start + PIECE_BYTES)))
  const hashes = concat(...pieces)
  const info = concat(
    encodeText(`d6:lengthi${bytes.length}e4:name${name.length}:`),
    name,
    encodeText(`12:piece lengthi${PIECE_BYTES}e6:pieces${hashes.length}:`),
    hashes,
    encodeText('e'),
  )
  return { infohash: toInfohash(sha1(info)), torrent: concat(encodeText('d4:info'), info, encodeText('e')) }
}
