// All kinds of bad blocks by name.

import type { Expectation, Lie } from './lie.ts'
import { ASSET_LIES } from './lies/assets.ts'
import { BLOB_LIES } from './lies/blobs.ts'
import { QUEUE_LIES } from './lies/queue.ts'
import { REQUEST_LIES } from './lies/requests.ts'
import { RESULT_LIES } from './lies/results.ts'
import { SHAPE_LIES } from './lies/shapes.ts'
import { SWAP_LIES } from './lies/swaps.ts'
import { TRANSACTION_LIES } from './lies/transactions.ts'
import type { DataMode } from './posting.ts'
import { type Content, type Scene, Story } from './scene.ts'

const TABLE = {
  ...TRANSACTION_LIES,
  ...RESULT_LIES,
  ...REQUEST_LIES,
  ...QUEUE_LIES,
  ...ASSET_LIES,
  ...SWAP_LIES,
  ...SHAPE_LIES,
  ...BLOB_LIES,
} as const

export type LieKind = keyof typeof TABLE

export const LIES: Readonly<Record<LieKind, Lie>> = TABLE
/** In the order of the table: what needs nothing of Ethereum's queue first. */
export const LIE_KINDS = Object.keys(TABLE) as readonly LieKind[]

/** What must become of a lie that is posted in this way; `undefined` if it cannot be. */
export function expectationOf(kind: LieKind, data: DataMode): Expectation | undefined {
  const { expected, inBlobs = expected, alter } = LIES[kind]
  if (data === 'blobs') return inBlobs ?? undefined
  return alter === undefined ? expected : undefined
}

/** Where a lie is told unless somebody wants it elsewhere. */
export function usualMode(kind: LieKind): DataMode {
  return LIES[kind].alter === undefined ? 'calldata' : 'blobs'
}

/** What a liar of this kind posts. Throws what `needOf` reads where the scene has nothing of the kind. */
export function tellLie(kind: LieKind, scene: Scene): Content {
  const told = LIES[kind].tell(scene)
  return told instanceof Story ? told.content() : told
}
