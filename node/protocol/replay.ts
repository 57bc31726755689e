// The replay of a published block, however its rows were posted.

import { type BlobBlock, type BlobPosted, deriveBlobHeader, postedIn, replayRows } from './blob-block.ts'
import {
  deriveHeader,
  finish,
  type ParentBlock,
  type PublishedBlock,
  type QueueReader,
  type Replay,
  replaySteps,
  type Verdict,
} from './block.ts'
import type { Header } from './header.ts'
import type { Rules } from './rules.ts'
import { type Posted, splitPosted } from './trace.ts'

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

/**
 * The header that the contract makes of the content: of a block in blobs as far as it looks, which is at what is said beside them, and takes
 * number of steps, growth and state from the given one. Throws `RuleError('bad-steps')`.
 */
export function headerOfContent(
  rules: Rules,
  parent: Omit<ParentBlock, 'state'>,
  { target, stepCount, growth, state }: Header,
  body: PostedBody,
): Header {
  if (isInBlobs(body)) return deriveBlobHeader(rules, parent, target, { stepCount, growth, state, ...body })
  const { steps, states } = splitPosted(body)
  return deriveHeader(rules, parent, target, steps, states)
}

/** Says which step of a block is the first wrong one, if any. Throws what `replayBlock` throws. */
export function replay(rules: Rules, parent: ParentBlock, block: WholeBlock, queue: QueueReader): Verdict {
  return finish(replayInParts(rules, parent, block, queue))
}

/** The same with a pause after each row. */
export function replayInParts(rules: Rules, parent: ParentBlock, block: WholeBlock, queue: QueueReader): Replay {
  return 'blobs' in block ? replayRows(rules, parent, block, queue) : replaySteps(rules, parent, block, queue)
}
