// The torrent that all nodes of a network join: where they find each other, whatever the peer discovery.

import { encodeText } from '../protocol/bytes.ts'
import type { Infohash } from '../protocol/ids.ts'
import { TX_PIECE_BYTES } from '../protocol/infohash.ts'
import { type Content, folderContent } from './torrent/metainfo.ts'

/** A constant of the network, since its bytes follow from genesis: folder `torrenttx` with one file. */
export function meetingPoint(genesis: Infohash): Content {
  const bytes = encodeText(`Nodes of the TorrentTX network that begins with transaction ${genesis} meet here.\n`)
  return folderContent('torrenttx', TX_PIECE_BYTES, [{ name: 'meeting-point.txt', bytes }])
}
