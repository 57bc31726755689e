// Where the rows of a chain's blocks are posted.

import type { Rows } from '../../../miner/rows-choice.ts'

/** Of both, each block is in one or the other. */
export const ROWS_MODES = ['calldata', 'blobs', 'both'] as const satisfies readonly (Rows | 'both')[]
export type RowsMode = (typeof ROWS_MODES)[number]
