// Set reconciliation by rateless symbols: its bytes follow the difference, whatever the size of the sets.

import type { Infohash } from '../../../protocol/ids.ts'
import { SYMBOL_BYTES, SYMBOLS } from '../../limits.ts'
import type { RemotePeer } from '../peer.ts'
import { Peeling } from './peeling.ts'
import type { Sketch } from './sketch.ts'

/** Symbols that are asked for at first: for each infohash by which the counts differ, and beyond. */
const FIRST_PER_INFOHASH = 1.5
const FIRST_MORE = 8
/** Then half as many again, and at least this many. */
const MORE_SHARE = 0.5
const MORE_AT_LEAST = 8
/** What a contradiction costs a peer that is to blame: two that others made to look like a third bring the same about. */
const CONTRADICTION_FAULTS = 10
/** Price in files read of looking at one symbol. */
const SYMBOL_COST = 0.5

/**
 * The infohashes of one side alone. Undefined if `SYMBOLS` do not suffice, or contradict each other: then the sets differ in more than some 700, or somebody
 * lies. Asks 14 times at most. Rejects as `RemotePeer.ask` does.
 */
export async function compareBySymbols(
  peer: RemotePeer,
  sketch: Pick<Sketch, 'copy'>,
  countsDiffer: number,
): Promise<readonly Infohash[] | undefined> {
  let most = Math.min(SYMBOLS, Math.ceil(FIRST_PER_INFOHASH * countsDiffer) + FIRST_MORE)
  let peeling: Peeling | undefined
  for (let from = 0; from < SYMBOLS; ) {
    const { symbols } = await peer.ask({ type: 'sketch', from, most })
    // What came meanwhile differs once more, and does no harm.
    const known = peeling ?? new Peeling(sketch.copy())
    peeling = known
    const peeled = await peer.serve((symbols.length / SYMBOL_BYTES) * SYMBOL_COST, () => known.add(symbols))
    if (peeled === 'done') return known.found
    if (peeled === 'contradiction') {
      peer.fault(CONTRADICTION_FAULTS, 'its symbols are not those of a set')
      return undefined
    }
    from = known.length
    most = Math.min(SYMBOLS - from, Math.max(MORE_AT_LEAST, Math.ceil(from * MORE_SHARE)))
  }
  return undefined
}
