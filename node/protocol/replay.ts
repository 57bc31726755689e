// The replay of a published block, however its rows were posted.

import { type BlobBlock, type BlobPosted, postedIn, replayBlobs } from './blob-block.ts'
import { type ParentBlock, type PublishedBlock, type QueueReader, replayBlock, type Verdict } from './block.ts'
import type { Rules } from './rules.ts'
import type { Posted } from './trace.ts'

/** The content of a block as the contract's event carries it: all of it, or what it takes to know its blobs by. */
export type PostedBody = Posted | BlobPosted

/** The content with all that a replay needs of it: the blobs as well, if its rows are there. */
export type WholeBody = Posted | (BlobPosted & { readonly blobs: readonly Uint8Array[] })

export type WholeBlock = PublishedBlock | BlobBlock

/** Whether the rows of a block are in blobs, which may be elsewhere. */
export function isInBlobs(body: PostedBody | WholeBody): body is BlobPosted {
  return 'hashes' in body
}

/** Whether nothing is missing for a replay. */
export function isWhole(body: PostedBody | WholeBody): body is WholeBody {
  return !isInBlobs(body) || 'blobs' in body
}

/** The steps and states of a block that was found right. */
export function postedOf(block: WholeBlock): Posted {
  return 'blobs' in block ? postedIn(block) : block
}

/** Says which step of a block is the first wrong one, if any. Throws what `replayBlock` throws. */
export function replay(rules: Rules, parent: ParentBlock, block: WholeBlock, queue: QueueReader): Verdict {
  return 'blobs' in block ? replayBlobs(rules, parent, block, queue) : replayBlock(rules, parent, block, queue)
}
