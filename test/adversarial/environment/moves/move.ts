// One move of the driver against everybody else.

import type { Chance } from '../chance.ts'
import type { Ground } from '../ground.ts'

export type Move = {
  readonly name: string
  /** Of a hundred moves, some so many are of this kind. */
  readonly weight: number
  /** Answers what was done, in a few words; nothing where it is not possible now. `number` is that of the move. */
  readonly make: (ground: Ground, chance: Chance, number: number) => Promise<string | undefined>
}
