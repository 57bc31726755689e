// All kinds of bad blocks by name.

import type { Lie } from './lie.ts'
import { QUEUE_LIES } from './lies/queue.ts'
import { REQUEST_LIES } from './lies/requests.ts'
import { RESULT_LIES } from './lies/results.ts'
import { SHAPE_LIES } from './lies/shapes.ts'
import { TRANSACTION_LIES } from './lies/transactions.ts'
import { type Content, type Scene, Story } from './scene.ts'

const TABLE = { ...TRANSACTION_LIES, ...RESULT_LIES, ...REQUEST_LIES, ...QUEUE_LIES, ...SHAPE_LIES } as const

export type LieKind = keyof typeof TABLE

export const LIES: Readonly<Record<LieKind, Lie>> = TABLE
/** In the order of the table: what needs nothing of Ethereum's queue first. */
export const LIE_KINDS = Object.keys(TABLE) as readonly LieKind[]

/** What a liar of this kind posts. Throws what `needOf` reads where the scene has nothing of the kind. */
export function tellLie(kind: LieKind, scene: Scene): Content {
  const told = LIES[kind].tell(scene)
  return told instanceof Story ? told.content() : told
}
