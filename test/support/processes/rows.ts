// Where miners and liars of arenas post the rows of their blocks.

import { ROWS, type Rows } from '../../../miner/rows-choice.ts'
import { expectationOf, type LieKind, usualMode } from '../../../scripts/devnet/drill/lies.ts'
import type { DataMode } from '../../../scripts/devnet/drill/posting.ts'

/** In calldata, which takes no time to commit to; `npm run soak -- arenas` has them in blobs, by FUZZ_ROWS. */
export const arenaRows: Rows = ROWS.find((rows) => rows === process.env['FUZZ_ROWS']) ?? 'calldata'

/** Where a lie is told: there too, or where it usually is if it cannot be told there. */
export function arenaModeOf(lie: LieKind): DataMode {
  return expectationOf(lie, arenaRows) === undefined ? usualMode(lie) : arenaRows
}
