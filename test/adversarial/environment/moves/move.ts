// One move of the driver against everybody else.

import type { Chance } from '../chance.ts'
import type { Ground } from '../ground.ts'

export type Move = {
  readonly name: string
  /** Of a hundred moves, about this many are of this kind. */
  readonly weight: number
  /** There is nothing of the kind to do where all rows are in calldata. */
  readonly isOfBlobs?: true
  /** Returns what was done, in a few words; `undefined` if it is not possible now. `number` is that of the move. */
  readonly make: (ground: Ground, chance: Chance, number: number) => Promise<string | undefined>
}
