// Which states stay on disk: all near the final block, few of long ago. From any of them what is above it can be replayed.

/** How many blocks behind the newest one all states stay that were ever kept, which is one in 16. */
export type Keep = bigint | 'all'

export const DEFAULT_KEEP: Keep = 256n

/** Of what is older, one state in this many blocks stays: as many are replayed at most for a block that is asked for. */
const SPARSE_BLOCKS = 256n

/** Heights, of these (ascending), whose states need not be kept any more once `newest` is the newest; never the first, which may be all there is below. */
export function superfluous(heights: readonly bigint[], newest: bigint, keep: Keep): bigint[] {
  if (keep === 'all') return []
  let slot: bigint | undefined
  return heights.filter((height, i) => {
    const isFirst = i === 0 || slot !== height / SPARSE_BLOCKS
    slot = height / SPARSE_BLOCKS
    return !isFirst && height + keep < newest
  })
}
