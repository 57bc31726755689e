// Makes blocks whose rows are in blobs for tests without a miner: chosen steps on a parent, with lies where a test wants them.

import { applyStep } from '../../../node/protocol/apply.ts'
import { type WrittenRow, writeBlobs } from '../../../node/protocol/blob.ts'
import {
  type BlobBlock,
  type BlobHead,
  blobHeadOf,
  blobRowsOf,
  deriveBlobHeader,
} from '../../../node/protocol/blob-block.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import type { Address, Hash } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { encodeStep, queueIndexes, type Step } from '../../../node/protocol/step.ts'
import { fakeHash } from './fake-kzg.ts'
import { type Forged, mine } from './forge.ts'

export type BlobForged = BlobBlock & Pick<Forged, 'parent' | 'next' | 'sealedBytes'>

export type BlobLies = {
  /** What is written in place of the true rows. */
  readonly rows?: (rows: readonly WrittenRow[]) => readonly WrittenRow[]
  /** What is posted in place of what was written. */
  readonly blobs?: (blobs: readonly Uint8Array[]) => readonly Uint8Array[]
  readonly head?: (head: BlobHead) => BlobHead
  /** By what the state has grown, as the header says. */
  readonly growth?: number
  /** A packed transaction at the end, which changes nothing. */
  readonly wrong?: Uint8Array
}

/**
 * Applies the steps one after another; one that is invalid changes nothing, and is posted all the same. `hashesOf` tells the versioned hashes of the
 * blobs: by default those of `FakeKzg`.
 */
export async function forgeInBlobs(
  rules: Rules,
  parent: ParentBlock,
  steps: readonly Step[],
  target: bigint,
  miner: Address,
  lies: BlobLies = {},
  hashesOf: (blobs: readonly Uint8Array[]) => readonly Hash[] | Promise<readonly Hash[]> = (blobs) =>
    blobs.map(fakeHash),
): Promise<BlobForged> {
  const { wrong } = lies
  const all: readonly Step[] = wrong === undefined ? steps : [...steps, { kind: 'transaction', packed: wrong }]
  const encoded = all.map(encodeStep)
  const indexes = queueIndexes(parent.header.lanes, encoded)
  let { state } = parent
  const applied = encoded.map((step, i) => {
    const { state: after, growth } = applyStep(rules, state, indexes[i] ?? 0n, step)
    state = after
    return { step, after, growth }
  })
  const rows = [...(lies.rows ?? same)(blobRowsOf(applied))]
  const blobs = (lies.blobs ?? same)(writeBlobs(rows))
  const head = (lies.head ?? same)(blobHeadOf(applied.map(({ step }) => step)))
  const hashes = await hashesOf(blobs)
  const last = rows.at(-1)
  if (last === undefined) throw new RangeError('a block in blobs has steps')
  const stated = { stepCount: rows.length, growth: lies.growth ?? last.growth, state: last.state }
  const header = deriveBlobHeader(rules, parent, target, { ...head, ...stated, hashes })
  return { ...head, hashes, blobs, ...mine(header, miner, state), parent }
}

function same<T>(each: T): T {
  return each
}
