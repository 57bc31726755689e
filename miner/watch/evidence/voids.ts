// Which forced transactions a replay of a block needs: those whose steps call them void, since such a step holds no more than a hash.

import { type BlobBlock, splitHead } from '../../../node/protocol/blob-block.ts'
import { readRow } from '../../../node/protocol/blob-row.ts'
import type { Header } from '../../../node/protocol/header.ts'
import type { WholeBlock } from '../../../node/protocol/replay.ts'
import { decodeStep, readLanes, type Step, splitSteps, stepEntryHash } from '../../../node/protocol/step.ts'

/** Void steps with the numbers of their entries in the lane. Throws `RuleError('bad-steps')` where steps in calldata have no shape. */
export function voidsOf(parent: Header, block: WholeBlock): readonly (readonly [index: bigint, Step<'void'>])[] {
  const steps = 'blobs' in block ? queuedRows(block) : splitSteps(block.steps)
  const { places } = readLanes(parent.lanes, steps)
  return places.flatMap(({ index }, i) => {
    const step = decodeStep(steps[i] ?? new Uint8Array())
    return step?.kind === 'void' ? [[index, step] as const] : []
  })
}

/**
 * The rows of the queue, as far as they are what the queue has there. The first that is not makes the block wrong, whatever is in the queue; a hash
 * that is made up in it must have nobody look for something that never was.
 */
function queuedRows(block: BlobBlock): Uint8Array[] {
  const { stepCount } = block.sealed.header
  const rows: Uint8Array[] = []
  for (const [i, entry] of splitHead(block).entries.entries()) {
    const row = i < stepCount ? readRow(block.blobs, stepCount, i).step : undefined
    if (row === undefined || entryHashOf(row) !== entryHashOf(entry)) break
    rows.push(row)
  }
  return rows
}

function entryHashOf(step: Uint8Array) {
  const decoded = decodeStep(step)
  return decoded && stepEntryHash(decoded)
}
