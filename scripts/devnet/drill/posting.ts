// How the content of a block is posted: in calldata, or in blobs with a head, of which a liar may change anything.

import { randomBytes } from 'node:crypto'
import type { KzgPool, Sidecar } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { BLOB_BYTES, type WrittenRow, writeBlobs } from '../../../node/protocol/blob.ts'
import { type BlobHead, type BlobPosted, blobHeadOf, deriveBlobHeader } from '../../../node/protocol/blob-block.ts'
import type { ParentBlock } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import type { Header } from '../../../node/protocol/header.ts'
import { type Hash, toBytes } from '../../../node/protocol/ids.ts'
import { requestsIn } from '../../../node/protocol/requests.ts'
import { RuleError } from '../../../node/protocol/rule-error.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { queueIndexes } from '../../../node/protocol/step.ts'
import type { Posted } from '../../../node/protocol/trace.ts'
import { headerOf } from './content.ts'
import type { Content } from './scene.ts'

export type DataMode = 'calldata' | 'blobs'

/** All that is posted of a block in blobs, before anybody commits to it. */
export type BlobDraft = BlobHead & {
  readonly rows: readonly WrittenRow[]
  readonly stepCount: number
  readonly growth: number
  /** After the last step. */
  readonly state: Hash
  readonly blobs: readonly Uint8Array[]
}

/** What goes to Ethereum with the header. */
export type Body = Posted | (BlobPosted & { readonly blobs: readonly Uint8Array[]; readonly sidecar: Sidecar })

/** A body, and the header that the contract derives from it. */
export type Posting = { readonly header: Header; readonly body: Body }

export function postInCalldata(rules: Rules, parent: ParentBlock, content: Content, target: bigint): Posting {
  const body = { steps: concat(...content.steps), states: concat(...content.states.map(toBytes)) }
  return { header: headerOf(rules, parent, content, target), body }
}

/** Takes some seconds. `alter` is what a liar does to the blobs and the head. */
export async function postInBlobs(
  rules: Rules,
  parent: ParentBlock,
  content: Content,
  target: bigint,
  kzg: Pick<KzgPool, 'sidecar'>,
  alter: (draft: BlobDraft) => BlobDraft = (draft) => draft,
): Promise<Posting> {
  const { blobs, stepCount, growth, state, entries, requests } = alter(draftOf(rules, parent, content))
  const sidecar = await kzg.sidecar(blobs)
  const head = { entries, requests, hashes: sidecar.hashes }
  const told = { stepCount, growth, state, ...head }
  return { header: headerOfHead(rules, parent, target, told), body: { ...head, blobs, sidecar } }
}

/** What asks for more than there is has a header all the same, of which a liar has to show the work: the bridge is to refuse the head. */
function headerOfHead(
  rules: Rules,
  parent: ParentBlock,
  target: bigint,
  told: Parameters<typeof deriveBlobHeader>[3],
): Header {
  try {
    return deriveBlobHeader(rules, parent, target, told)
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const nothing = new Uint8Array()
    return deriveBlobHeader(rules, parent, target, { ...told, growth: 0, entries: nothing, requests: nothing })
  }
}

/** The rows of a draft written again. */
export function withRows(draft: BlobDraft, rows: readonly WrittenRow[]): BlobDraft {
  return { ...draft, rows, blobs: writeBlobs(rows) }
}

/** With random blobs behind those of the rows. */
export function withSpareBlobs(draft: BlobDraft, count: number): BlobDraft {
  const spare = Array.from({ length: count }, () => {
    // The first byte of an element is 0, so that it is below the modulus.
    return randomBytes(BLOB_BYTES).map((byte, i) => (i % 32 === 0 ? 0 : byte))
  })
  return { ...draft, blobs: [...draft.blobs, ...spare] }
}

/** Tells growth and requests truly, whatever the states are. */
function draftOf(rules: Rules, parent: ParentBlock, { steps, states }: Content): BlobDraft {
  let [state, requests, growth] = [parent.state, 0, 0]
  const indexes = queueIndexes(parent.header.lanes, steps)
  const rows = steps.map((step, i) => {
    const applied = applyStep(rules, state, indexes[i] ?? 0n, step)
    state = applied.state
    growth += applied.growth
    requests += requestsIn([step]).length
    return { step, state: states[i] ?? parent.header.state, requests, growth }
  })
  const blobs = writeBlobs(rows)
  const last = states.at(-1) ?? parent.header.state
  return { rows, stepCount: steps.length, growth, state: last, blobs, ...blobHeadOf(steps) }
}
