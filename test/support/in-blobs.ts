// A block whose rows are in blobs, made of steps that apply, as its miner would publish it.

import type { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { applyStep } from '../../node/protocol/apply.ts'
import { writeBlobs } from '../../node/protocol/blob.ts'
import {
  type AppliedStep,
  type BlobPosted,
  blobHeadOf,
  blobRowsOf,
  deriveBlobHeader,
} from '../../node/protocol/blob-block.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { type Header, toGrowth } from '../../node/protocol/header.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../node/protocol/state.ts'
import { queueIndexes } from '../../node/protocol/step.ts'

export type InBlobs = {
  readonly header: Header
  readonly posted: BlobPosted & { readonly blobs: readonly Uint8Array[] }
  readonly state: State
}

/** `more` are blobs behind those of the rows, which count for nothing. Throws if a step does not apply. */
export async function assembleInBlobs(
  kzg: Pick<KzgPool, 'hashes'>,
  rules: Rules,
  parent: ParentBlock,
  target: bigint,
  steps: readonly Uint8Array[],
  more: readonly Uint8Array[] = [],
): Promise<InBlobs> {
  const indexes = queueIndexes(parent.header.lanes, steps)
  let { state } = parent
  const applied = steps.map((step, i): AppliedStep => {
    const result = applyStep(rules, state, indexes[i] ?? 0n, step)
    if (result.reason !== 'None') throw new Error(`step ${i} is invalid: ${result.reason}`)
    state = result.state
    return { step, after: result.state, growth: result.growth }
  })
  const blobs = [...writeBlobs(blobRowsOf(applied)), ...more]
  const hashes = await kzg.hashes(blobs)
  if (!hashes.every((hash) => hash !== undefined)) throw new Error('these are not blobs')
  const head = blobHeadOf(steps)
  const growth = toGrowth(applied.reduce((sum, each) => sum + each.growth, 0))
  const said = { ...head, hashes, stepCount: steps.length, growth, state: stateRoot(state) }
  return {
    header: deriveBlobHeader(rules, parent, target, said),
    posted: { ...head, hashes, blobs },
    state,
  }
}
