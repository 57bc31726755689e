// Where miners and liars of arenas post the rows of their blocks.

import { ROWS, type Rows } from '../../../miner/rows.ts'

/** In calldata, which takes no time to commit to; `npm run soak -- arenas` has them in blobs, by FUZZ_ROWS. */
export const arenaRows: Rows = ROWS.find((rows) => rows === process.env['FUZZ_ROWS']) ?? 'calldata'
