// Ways of changing what is posted of a right block in blobs.

import { applyStep } from '../../../../../node/protocol/apply.ts'
import { type WrittenRow, writeBlobs } from '../../../../../node/protocol/blob.ts'
import { type AppliedStep, blobRowsOf, encodeRequest, splitHead } from '../../../../../node/protocol/blob-block.ts'
import { concat } from '../../../../../node/protocol/bytes.ts'
import type { State } from '../../../../../node/protocol/state.ts'
import { queueIndexes } from '../../../../../node/protocol/step.ts'
import type { World } from '../../world.ts'
import { postOf, type RightBlobs } from '../right-blocks.ts'
import type { BlobPost } from '../scene.ts'

/** What a liar posts in place of a right block; undefined if the block has nothing of that kind. */
type Lie = (right: RightBlobs) => BlobPost | undefined
export type Lies = Readonly<Record<string, Lie>>

export function below(world: World, most: number): number {
  return Math.floor(world.random() * most)
}

/** Two different numbers. */
export function twoOf(world: World, most: number): [number, number] {
  const a = below(world, most)
  return [a, (a + 1 + below(world, most - 1)) % most]
}

/** Another head on the same blobs. */
export function withHead(
  { post, scene }: RightBlobs,
  change: (head: BlobPost['head'], world: World) => Partial<BlobPost['head']> | undefined,
): BlobPost | undefined {
  const changed = change(post.head, scene.world)
  return changed && { ...post, head: { ...post.head, ...changed } }
}

/** The same with other requests. */
export function withRequests(
  right: RightBlobs,
  change: (requests: readonly Uint8Array[], world: World) => readonly Uint8Array[] | undefined,
): BlobPost | undefined {
  return withHead(right, (head, world) => {
    const changed = change(splitHead(head).requests.map(encodeRequest), world)
    return changed && { requests: concat(...changed) }
  })
}

/** Other rows under the same head. Counts are cut to the two bytes that they have. */
export function withRows(
  { post, steps, scene }: RightBlobs,
  change: (rows: readonly WrittenRow[], world: World) => readonly WrittenRow[] | undefined,
): BlobPost | undefined {
  const changed = change(blobRowsOf(steps), scene.world)
  const rows = changed?.map((row) => ({ ...row, requests: row.requests & 0xffff }))
  return rows && { ...post, blobs: writeBlobs(rows) }
}

/** One of the rows, which may be the last, of which the blobs have the step alone. */
export function withRow(right: RightBlobs, change: (row: WrittenRow, world: World) => Partial<WrittenRow>) {
  return withRows(right, (rows, world) => {
    const at = below(world, rows.length)
    const row = rows[at]
    return row && rows.with(at, { ...row, ...change(row, world) })
  })
}

/** One of the entries, which all steps but the last have. */
export function withEntry(right: RightBlobs, change: (row: WrittenRow, world: World) => Partial<WrittenRow>) {
  return withRows(right, (rows, world) => {
    const at = below(world, rows.length - 1)
    const row = rows[at]
    return rows.length < 2 || !row ? undefined : rows.with(at, { ...row, ...change(row, world) })
  })
}

/** The bytes of the first blob, to be changed in place; `false` if there is nothing to change. */
export function withBytes(
  { post, scene }: RightBlobs,
  change: (bytes: Uint8Array, world: World, stepCount: number) => unknown,
): BlobPost | undefined {
  const [first, ...others] = post.blobs
  const bytes = first?.slice() ?? new Uint8Array()
  return change(bytes, scene.world, post.head.stepCount) === false ? undefined : { ...post, blobs: [bytes, ...others] }
}

/** Other steps, of which the liar posts all that an honest miner would: invalid ones change nothing. */
export function retold(
  right: RightBlobs,
  change: (steps: readonly Uint8Array[], world: World) => readonly Uint8Array[] | undefined,
): BlobPost | undefined {
  const steps = change(
    right.steps.map(({ step }) => step),
    right.scene.world,
  )
  return steps && steps.length > 0 ? postOf(tell(right, steps, 0, right.scene.parent.state)) : undefined
}

/** One of the steps of a kind, if there is any. */
export function retoldStep(
  right: RightBlobs,
  kinds: readonly number[],
  change: (step: Uint8Array, world: World, index: number) => Uint8Array | undefined,
): BlobPost | undefined {
  return retold(right, (steps, world) => {
    const places = steps.flatMap((step, i) => (kinds.includes(step[0] ?? 0) ? [i] : []))
    if (places.length === 0) return undefined
    const at = world.pick(places)
    const step = change(steps[at] ?? new Uint8Array(), world, at)
    return step && steps.with(at, step)
  })
}

/** The steps from `from` on as they change the state before them, those that are invalid by nothing. */
export function tell({ scene }: RightBlobs, steps: readonly Uint8Array[], from: number, state: State): AppliedStep[] {
  const { world, parent } = scene
  const indexes = queueIndexes(parent.sealed.header.lanes, steps)
  let before = state
  return steps.slice(from).map((step, i) => {
    const { state: after, growth } = applyStep(world.rules, before, indexes[from + i] ?? 0n, step)
    before = after
    return { step, after, growth }
  })
}
