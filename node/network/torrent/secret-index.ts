// Finds a stored torrent by the hash that an encrypted handshake (MSE) shows instead of its infohash.

import { concat, encodeText, formatHex } from '../../protocol/bytes.ts'
import { sha1 } from '../../protocol/hash.ts'
import { type Infohash, toBytes } from '../../protocol/ids.ts'

const PREFIX = encodeText('req2')

/** About 200 bytes of memory for each infohash: filled only where encryption is on. */
export class SecretIndex {
  readonly #infohashes = new Map<string, Infohash>()

  add(infohash: Infohash): void {
    this.#infohashes.set(formatHex(sha1(concat(PREFIX, toBytes(infohash)))), infohash)
  }

  /** `hash` is sha1('req2' + infohash), hex. */
  get(hash: string): Infohash | undefined {
    return this.#infohashes.get(hash)
  }
}
