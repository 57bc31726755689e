// One block replayed on a state that is given, with everything else that this needs.

import { OperationError } from '../../node/errors.ts'
import { MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import { splitHead } from '../../node/protocol/blob-block.ts'
import type { QueueReader, Verdict } from '../../node/protocol/block.ts'
import type { SealedHeader } from '../../node/protocol/header.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { replayInParts, type WholeBlock } from '../../node/protocol/replay.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import { inTurns } from '../../node/turns.ts'
import type { Evidence } from './evidence/evidence.ts'

/** All but the state: the block, the header of what it builds on, and the entries of the queue that it calls void. */
export type Scene = { readonly block: WholeBlock; readonly parent: SealedHeader; readonly queue: QueueReader }

/** Throws what `Evidence` throws, and `OperationError('never-published')` for a block that no bridge can have accepted. */
export async function sceneOf(evidence: Evidence, id: Hash, signal: AbortSignal): Promise<Scene> {
  const { header } = (await evidence.block(id, signal)).sealed
  const { sealed: parent } = await evidence.block(header.parent, signal)
  const isChild = header.height === parent.header.height + 1n
  // The state of a block without steps is nowhere but in its header.
  if (!isChild || (header.stepCount === 0 && header.state !== parent.header.state)) throw neverPublished(id)
  const block = await evidence.whole(id, parent.header, signal)
  if ('blobs' in block) {
    const { entries, requests } = splitHead(block)
    const least = Math.max(1, entries.length, requests.length)
    if (header.stepCount < least || header.stepCount > MAX_BLOB_STEPS) throw neverPublished(id)
  }
  return { block, parent, queue: await evidence.queueOf(parent.header, block, signal) }
}

/** In turns with everything else. Throws the signal's reason. */
export async function replay(
  rules: Rules,
  { block, parent, queue }: Scene,
  before: State,
  signal: AbortSignal,
): Promise<Exclude<Verdict, { verdict: 'unknown' }>> {
  const ground = { id: block.sealed.header.parent, header: parent.header, state: before }
  const verdict = await inTurns(replayInParts(rules, ground, block, queue), signal)
  if (verdict.verdict === 'unknown') throw new RangeError(`step ${verdict.step} lacks its queue entry: ${verdict.why}`)
  return verdict
}

function neverPublished(id: Hash): OperationError {
  return new OperationError(
    'never-published',
    `expected block ${id} to follow from the header of its parent, as the bridge sees to; got one that does not: it was made up`,
    { facts: { block: id } },
  )
}
