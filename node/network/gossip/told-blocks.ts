// What peers say of blocks, kept for a node that has still to begin: it takes the sealed header of the final block from here.

import { blockId, decodeSealed } from '../../protocol/header.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { MAX_HEADERS } from '../limits.ts'
import type { ToldBlock } from '../store.ts'
import type { RemotePeer } from './peer.ts'

/** A sealed header, and who says that its torrent is this one. */
export type Telling = ToldBlock & { readonly peers: ReadonlySet<RemotePeer> }

export class ToldBlocks {
  /** What each peer said last, as many as one message holds: 56 kB. Nothing unless something is begun with it. */
  #told: Map<RemotePeer, Map<Hash, ToldBlock>> | undefined

  /** From now on what is said is kept. */
  keep(): void {
    this.#told ??= new Map()
  }

  /** What was kept is forgotten, and nothing is kept any more. */
  forget(): void {
    this.#told = undefined
  }

  add(peer: RemotePeer, blocks: readonly ToldBlock[]): void {
    if (this.#told === undefined) return
    const known = this.#told.get(peer) ?? new Map<Hash, ToldBlock>()
    this.#told.set(peer, known)
    for (const block of blocks) {
      const id = idOf(block.sealed)
      if (id === undefined) continue
      // What is said last of a block counts: a peer may have learned better what its torrent is.
      known.delete(id)
      known.set(id, block)
      const [oldest] = known.keys()
      if (known.size > MAX_HEADERS && oldest !== undefined) known.delete(oldest)
    }
  }

  /** What connected peers say of a block, by torrents: that which most of them name comes first. */
  of(id: Hash): Telling[] {
    const tellings = new Map<Infohash, { readonly block: ToldBlock; readonly peers: Set<RemotePeer> }>()
    for (const [peer, blocks] of this.#told ?? []) {
      if (peer.closed.aborted) {
        this.#told?.delete(peer)
        continue
      }
      const block = blocks.get(id)
      if (block === undefined) continue
      const telling = tellings.get(block.torrent) ?? { block, peers: new Set() }
      tellings.set(block.torrent, telling)
      telling.peers.add(peer)
    }
    return [...tellings.values()]
      .sort((a, b) => b.peers.size - a.peers.size)
      .map(({ block, peers }) => ({ ...block, peers }))
  }
}

function idOf(sealed: Uint8Array): Hash | undefined {
  try {
    return blockId(decodeSealed(sealed))
  } catch (error) {
    if (error instanceof RuleError) return undefined
    throw error
  }
}
