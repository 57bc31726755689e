// What blobs hash to, remembered: a commitment takes 0.1 to 0.4 s of a thread that all share, and the same bytes come again, from others or with the next try.

import { createHash } from 'node:crypto'
import type { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import type { Hash } from '../../../node/protocol/ids.ts'

/** Of the newest blobs. */
const REMEMBERED = 1_024

export type BlobHasher = Pick<KzgPool, 'hashes'>

export class BlobHashes implements BlobHasher {
  readonly #kzg: BlobHasher
  /** By the SHA-256 of bytes. */
  readonly #known = new Map<string, Promise<Hash | undefined>>()

  constructor(kzg: BlobHasher) {
    this.#kzg = kzg
  }

  /** The versioned hash of each; undefined for bytes that are not a blob. Throws what the pool throws. */
  hashes(blobs: readonly Uint8Array[]): Promise<(Hash | undefined)[]> {
    return Promise.all(blobs.map((blob) => this.#hashOf(blob)))
  }

  /** It is found to the end, whoever gives up waiting: to end a task of the pool ends its thread, which takes seconds to start again. */
  #hashOf(blob: Uint8Array): Promise<Hash | undefined> {
    const key = createHash('sha256').update(blob).digest('base64')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const hash = this.#kzg.hashes([blob]).then(([first]) => first)
    this.#known.set(key, hash)
    hash.catch(() => this.#known.delete(key))
    const [oldest] = this.#known.keys()
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return hash
  }
}
