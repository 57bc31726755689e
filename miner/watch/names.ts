// The whole ids of blocks of which the contract's own links tell but 24 bytes.

import { type BlockKey, type Hash, keyOf, shortId, tagOf } from '../../node/protocol/ids.ts'

export class Names {
  /** Ids of headers that were seen: nobody can change what they are. */
  readonly #proven = new Map<BlockKey, Hash>()

  /** The id of a header that was hashed here. */
  prove(id: Hash): void {
    this.#proven.set(keyOf(id), id)
  }

  /** What a block is called whose record has this key and tag: `hint`, where nothing better is known and it can be so. */
  of(key: BlockKey, tag: string, hint: Hash | undefined): Hash {
    const proven = this.#proven.get(key)
    const named = [proven, hint].find((id) => id !== undefined && tagOf(id) === tag)
    return named ?? shortId(tag, key)
  }

  /** The whole id of a block that was seen by this one, if its header was hashed here. */
  whole(id: Hash): Hash {
    return this.of(keyOf(id), tagOf(id), id)
  }

  /** Whether the block has another name by now. */
  isOutdated(id: Hash): boolean {
    return this.whole(id) !== id
  }

  /** Forgets all but these. */
  keep(ids: ReadonlySet<Hash>): void {
    const keys = new Set([...ids].map(keyOf))
    for (const key of this.#proven.keys()) if (!keys.has(key)) this.#proven.delete(key)
  }
}
