// Where the rows of a block can be posted, apart from all that follows from it: settings name it, and load nothing else for that.

export const ROWS = ['calldata', 'blobs'] as const
export type Rows = (typeof ROWS)[number]
/** What a miner may be told. */
export type RowsChoice = 'auto' | Rows
