// What can be asked for facts about blocks. Nobody is believed: what comes back is compared with the hash that it was asked for by.

import type { PublishedBlock } from '../../../node/protocol/block.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import type { PostedBody } from '../../../node/protocol/replay.ts'
import type { Output } from '../../../node/protocol/state.ts'

/** A block as the contract's event tells it: whole, unless its rows are in blobs, which are elsewhere. */
export type PostedBlock = PostedBody & { readonly sealed: SealedHeader }

/** Each question may throw whatever it likes: that is not an answer. `undefined` is one: I have none. */
export interface Source {
  /** For messages: no path, no key. */
  readonly name: string
  /** A question is given up after this long. */
  readonly limitMs: number
  /** Header and content as they were posted; of genesis, which nobody posted, the header. */
  block(id: Hash, signal: AbortSignal): Promise<PostedBlock | undefined>
  /** Bytes that may be the blobs of this block, which have these hashes: some of them, in any order, perhaps with others. */
  blobs?(id: Hash, hashes: readonly Hash[], signal: AbortSignal): Promise<readonly Uint8Array[] | undefined>
  /**
   * Packed forced transactions by their numbers in their lane: some of those that are asked for, perhaps with others. Whoever looks
   * for them one by one also tells each as it is found: what was found before time was up counts.
   */
  forced(
    indices: readonly bigint[],
    signal: AbortSignal,
    tell: (index: bigint, packed: Uint8Array) => void,
  ): Promise<ReadonlyMap<bigint, Uint8Array>>
  /** Whether the contract has made the block final. No hash binds this one. */
  isFinal(id: Hash, signal: AbortSignal): Promise<boolean>
  /** All outputs after a block. */
  snapshot?(id: Hash, signal: AbortSignal): Promise<Iterable<Output> | undefined>
  /** The file of the genesis transaction. */
  genesis?(signal: AbortSignal): Promise<Uint8Array | undefined>
}

/** Header, steps and states of a block that has only a header. */
export function bare(sealed: SealedHeader): PublishedBlock {
  return { sealed, steps: new Uint8Array(), states: new Uint8Array() }
}
