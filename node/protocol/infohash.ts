// The id of a transaction: BitTorrent v1 infohash of a folder `tx` with one file `tx.json` (BEP 3).

import { concat, encodeText } from './bytes.ts'
import { sha1 } from './hash.ts'
import { type Infohash, toInfohash } from './ids.ts'

export const TX_PIECE_BYTES = 16_384

/** The bencoded info dictionary of a transaction file of at most one piece. */
export function encodeTxInfo(file: Uint8Array): Uint8Array {
  if (file.length > TX_PIECE_BYTES) throw new RangeError(`a transaction file has at most ${TX_PIECE_BYTES} bytes`)
  return concat(
    encodeText(
      `d5:filesld6:lengthi${file.length}e4:pathl7:tx.jsoneee4:name2:tx12:piece lengthi${TX_PIECE_BYTES}e6:pieces20:`,
    ),
    sha1(file),
    encodeText('e'),
  )
}

/** The infohash of the torrent that holds `file` as `tx/tx.json`. */
export function infohashOf(file: Uint8Array): Infohash {
  return toInfohash(sha1(encodeTxInfo(file)))
}
