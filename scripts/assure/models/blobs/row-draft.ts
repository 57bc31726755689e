// What a block says of one of its rows, and the block that says it: of its blobs nothing else is written.

import { BLOB_BYTES, BLOB_ELEMENTS, ELEMENT_CONTENT, elementsOf, MAX_BLOBS } from '../../../../node/protocol/blob.ts'
import { type BlobBlock, blobHeadOf, encodeRequest } from '../../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { toGrowth } from '../../../../node/protocol/header.ts'
import { type Hash, toBytes, toHash } from '../../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../../node/protocol/queue.ts'
import type { Asked } from '../../../../node/protocol/requests.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { publishedAs, type Scene } from './scene.ts'

/** What is stated of a step: of the last one by the header, which says nothing of its end. */
type Stated = {
  readonly state: Hash
  readonly end: number
  readonly requests: number
  readonly growth: number
}

export type RowDraft = {
  readonly stepCount: number
  readonly index: number
  readonly step: Uint8Array
  /** Of the step before; of the first step it is what every reader takes for it. */
  readonly before: Stated
  readonly own: Stated
  /** What the head says that the first steps consume. */
  readonly entries: readonly QueueEntry[]
  readonly requests: readonly Asked[]
}

/** The block, as it is published; undefined if the contract refuses its head. */
export function blockOf(scene: Scene, draft: RowDraft): BlobBlock | undefined {
  const { stepCount, own, entries, requests } = draft
  const head = {
    entries: blobHeadOf(entries.map(stepOf)).entries,
    requests: concat(...requests.map(encodeRequest)),
    stepCount,
    growth: toGrowth(own.growth),
    state: own.state,
  }
  return publishedAs(scene, { blobs: write(draft), head })
}

/** A step that consumes an entry; of forced ones as if it were void, which the head says of all of them. */
function stepOf(entry: QueueEntry): Uint8Array {
  if (entry.kind === 'deposit') return encodeStep({ kind: 'deposit', entry })
  if (entry.kind === 'entered') return encodeStep({ kind: 'entered', entry })
  return encodeStep({ kind: 'void', fee: entry.fee, packedHash: toHash(keccak(entry.packed)) })
}

/** As many blobs as the row takes, and there can be. What does not fit is left out. */
function write({ stepCount, index, step, before, own }: RowDraft): Uint8Array[] {
  const end = Math.max(2 * stepCount, before.end + elementsOf(step.length))
  const count = Math.min(MAX_BLOBS, Math.ceil(end / BLOB_ELEMENTS))
  const blobs = Array.from({ length: count }, () => new Uint8Array(BLOB_BYTES))
  put(blobs, before.end, step)
  if (index > 0) put(blobs, 2 * (index - 1), encodeStated(before))
  if (index < stepCount - 1) put(blobs, 2 * index, encodeStated(own))
  return blobs
}

function encodeStated({ state, end, requests, growth }: Stated): Uint8Array {
  const counts = [end, requests, growth].map((count) => encodeUint(count & 0xffff, 2))
  return concat(toBytes(state), ...counts)
}

function put(blobs: readonly Uint8Array[], element: number, content: Uint8Array): void {
  for (let i = 0; i < elementsOf(content.length); i++) {
    const blob = blobs[Math.floor((element + i) / BLOB_ELEMENTS)]
    const part = content.subarray(ELEMENT_CONTENT * i, ELEMENT_CONTENT * (i + 1))
    blob?.set(part, 32 * ((element + i) % BLOB_ELEMENTS) + 1)
  }
}
