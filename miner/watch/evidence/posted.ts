// Whether bytes are those of a published block: they all hang on its id, so it does not matter who sends them.

import { MAX_BLOBS } from '../../../node/protocol/blob.ts'
import { splitHead } from '../../../node/protocol/blob-block.ts'
import { blobTraceRoot } from '../../../node/protocol/blob-hash.ts'
import type { PublishedBlock } from '../../../node/protocol/block.ts'
import { blockId, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, isSameBlock } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import { isInBlobs } from '../../../node/protocol/replay.ts'
import { requestsRoot } from '../../../node/protocol/requests.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import { readLanes, splitSteps } from '../../../node/protocol/step.ts'
import { splitStates, traceOf, traceRoot } from '../../../node/protocol/trace.ts'
import type { PostedBlock } from './source.ts'

/**
 * Whether it is the block of this id, by the 24 bytes of it that the contract keeps, since a short or misspelt id is all that may be known of
 * it; and that in all that its header binds: steps and states by the trace root; of a block in blobs the hashes by the
 * trace root, and the requests by theirs. What it consumes of the queue takes the parent's header as well: `checkEntries`. Throws
 * `RuleError('bad-evidence')`, or what is wrong with the shape.
 */
export function checkPosted(id: Hash, block: PostedBlock): void {
  if (!isSameBlock(blockId(block.sealed), id)) throw anotherBlock(id, 'the header of')
  const isRight = isInBlobs(block) ? isPostedInBlobs(block.sealed.header, block) : isPosted(block)
  if (!isRight) throw anotherBlock(id, 'the content that is committed to by the header of')
}

/**
 * Whether the entries of the queue that a block in blobs names lead from where its parent leaves the lanes to where its header says that it does.
 * Throws as `checkPosted` does.
 */
export function checkEntries(id: Hash, parent: Header, block: PostedBlock): void {
  if (!isInBlobs(block)) return
  const { entries } = splitHead(block)
  const { lanes, places } = readLanes(parent.lanes, entries)
  const stated = block.sealed.header.lanes
  const isThere = LANES.every(
    (lane) => lanes[lane].count === stated[lane].count && lanes[lane].hash === stated[lane].hash,
  )
  if (!isThere || places.length !== entries.length)
    throw anotherBlock(id, 'the entries of the queue that are consumed by')
}

/** Whether steps and states are those that the header commits to. What a block without steps leads to is its parent's to say. */
export function isPosted({ sealed, steps, states }: PublishedBlock): boolean {
  const { stepCount, traceRoot: root, state } = sealed.header
  const split = splitSteps(steps)
  if (split.length !== stepCount || states.length !== 32 * stepCount) return false
  const after = splitStates(states)
  if (traceRoot(traceOf(split, after)) !== root) return false
  return (after.at(-1) ?? state) === state
}

function isPostedInBlobs(header: SealedHeader['header'], block: Extract<PostedBlock, { hashes: unknown }>): boolean {
  const { hashes } = block
  if (hashes.length === 0 || hashes.length > MAX_BLOBS) return false
  if (!hashes.every((hash) => hash.startsWith('0x01')) || blobTraceRoot(hashes) !== header.traceRoot) return false
  const { requests } = splitHead(block)
  return requests.length === header.requestCount && requestsRoot(requests) === header.requestsRoot
}

function anotherBlock(id: Hash, what: string): RuleError {
  return new RuleError('bad-evidence', `expected ${what} block ${id}, got others`, { block: id })
}
