// From a wrong block to its refutation in one step: replay and proof, which a watcher does apart from each other.

import { type RefutationParent, refutePosted } from '../../miner/watch/refutation.ts'
import type { Refutation } from '../../node/ethereum/refute-call.ts'
import { type PublishedBlock, type QueueReader, replayBlock } from '../../node/protocol/block.ts'
import { blockId } from '../../node/protocol/header.ts'
import type { Rules } from '../../node/protocol/rules.ts'

/**
 * The refutation of a block by its first wrong step. Nothing where no step can be proved wrong from here: the block is right, or
 * `replayBlock` answers `unknown`, which it says for itself. Throws `RuleError('bad-steps')` for what no bridge can have published.
 */
export function buildRefutation(
  rules: Rules,
  parent: RefutationParent,
  block: PublishedBlock,
  queue: QueueReader,
): Refutation | undefined {
  const { header } = parent.sealed
  const verdict = replayBlock(rules, { id: blockId(parent.sealed), header, state: parent.state }, block, queue)
  return verdict.verdict === 'invalid' ? refutePosted(rules, parent, block, queue, verdict) : undefined
}
