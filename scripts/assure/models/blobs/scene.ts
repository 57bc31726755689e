// Blocks in blobs without a chain: a parent whose state is known, a queue, and what a contract would make of a publication.

import { type BlobBlock, type BlobHead, deriveBlobHeader } from '../../../../node/protocol/blob-block.ts'
import { concat, encodeText, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock, type SealedHeader } from '../../../../node/protocol/header.ts'
import { type Hash, toHash, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import type { LaneLengths, LanePoints } from '../../../../node/protocol/queue.ts'
import { RuleError } from '../../../../node/protocol/rule-error.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { toBaseUnits } from '../../../../node/protocol/units.ts'
import type { World } from '../world.ts'
import { lanesAt, QueueBook } from './queue-book.ts'

/** What blocks of one height have in common. */
export type Scene = {
  readonly world: World
  readonly parent: { readonly sealed: SealedHeader; readonly state: State }
  readonly book: QueueBook
}

/** All that a publication says, and what is in its blobs. */
export type BlobPost = {
  readonly blobs: readonly Uint8Array[]
  readonly head: BlobHead & { readonly stepCount: number; readonly growth: number; readonly state: Hash }
}

const EASIEST_TARGET = 2n ** 244n - 1n
let made = 0

/** A parent with this state, that leaves the lanes there. */
export function sceneOf(world: World, state: State, counts: LaneLengths): Scene {
  made += 1
  const lanes = lanesAt(keccak(encodeText(`lanes ${made}`)), counts)
  return { world, parent: { sealed: parentOf(world, state, lanes), state }, book: new QueueBook(lanes) }
}

function parentOf({ rules }: World, state: State, lanes: LanePoints): SealedHeader {
  const network = { chain: rules.chain, bridge: rules.bridge, easiestTarget: EASIEST_TARGET, state: stateRoot(state) }
  const { header, seal } = genesisBlock(network)
  // A world's deposits come from nowhere: this is more than there can be of its money.
  return { header: { ...header, lanes, supply: toBaseUnits(2n * header.supply) }, seal }
}

/** The block that such a publication is; undefined if the contract refuses it. The hashes of the blobs are made up unless they are given. */
export function publishedAs(
  { world, parent, book }: Scene,
  { blobs, head }: BlobPost,
  hashes = blobs.map(madeUpHash),
): BlobBlock | undefined {
  const { sealed } = parent
  try {
    const before = { id: blockId(sealed), header: sealed.header }
    const header = deriveBlobHeader(world.rules, before, EASIEST_TARGET, { ...head, hashes })
    if (!book.isOn(header.lanes)) return undefined
    return {
      sealed: { header, seal: { miner: world.rules.token, nonce: ZERO_HASH } },
      hashes,
      entries: head.entries,
      requests: head.requests,
      blobs,
    }
  } catch (error) {
    if (error instanceof RuleError && error.code === 'bad-steps') return undefined
    throw error
  }
}

/** A versioned hash of nothing: commitments take longer than all else. */
function madeUpHash(): Hash {
  made += 1
  return toHash(concat(Uint8Array.of(1), keccak(encodeUint(made, 8)).subarray(1)))
}
