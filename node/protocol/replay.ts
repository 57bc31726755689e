// The replay of a published block, however its rows were posted.

import { type BlobBlock, type BlobPosted, replayBlobs } from './blob-block.ts'
import { type ParentBlock, type PublishedBlock, type QueueReader, replayBlock, type Verdict } from './block.ts'
import type { Rules } from './rules.ts'
import type { Posted } from './trace.ts'

/** The content of a block as the contract's event carries it: all of it, or what it takes to know its blobs by. */
export type PostedBody = Posted | BlobPosted

/** A published block with all that its replay needs of it: its rows in calldata, or in blobs. */
export type WholeBlock = PublishedBlock | BlobBlock

/** Says which step of a block is the first wrong one, if any. Throws what `replayBlock` throws. */
export function replay(rules: Rules, parent: ParentBlock, block: WholeBlock, queue: QueueReader): Verdict {
  return 'blobs' in block ? replayBlobs(rules, parent, block, queue) : replayBlock(rules, parent, block, queue)
}
