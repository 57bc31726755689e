// Set reconciliation where symbols do not suffice: finds what a peer holds and this node does not, by comparing counts and sums of infohash prefixes.

import type { Infohash } from '../../../protocol/ids.ts'
import type { Answer } from '../messages.ts'
import type { RemotePeer } from '../peer.ts'
import { type Buckets, decodeCounts } from './buckets.ts'

/** Prefixes with at most this many infohashes at the peer are listed; larger ones are counted one byte deeper. */
const LIST_AT_MOST = 256
/** Two bytes: as deep as `count` can tell. */
const DEEPEST = 4
/** Questions that one reconciliation has open. */
const AT_ONCE = 3
/** If this many prefixes of one byte differ: the sets differ in some thousand infohashes at least, and it is better to read them in order. */
const MUCH_DIFFERS = 255
const MUCH = 5_000

export type PrefixDeps = {
  readonly buckets: Buckets
  /** Whether to end where much differs. */
  readonly mayBeMuch: boolean
  /** Called with what the peer lists; waits as long as more would be too much. Returns how many were new. */
  onListed(infohashes: readonly Infohash[]): Promise<number>
}

type Listed = Extract<Answer, { type: 'listed' }>
type Part = { readonly prefix: string; readonly theirs: number; readonly ours: number }

/** Asks until all differences are listed. Returns how many infohashes were new, or that much differs, of which nothing was listed then. Rejects as `RemotePeer.ask` does. */
export async function compareByPrefixes(peer: RemotePeer, deps: PrefixDeps): Promise<number | 'much'> {
  const parts: Part[] = [{ prefix: '', theirs: peer.summary?.count ?? 0, ours: deps.buckets.size }]
  let found = 0
  while (parts.length > 0) {
    const visits = parts.splice(-AT_ONCE).map(async (part) => {
      const isListed = part.prefix.length === DEEPEST || part.theirs <= LIST_AT_MOST || part.theirs > 2 * part.ours
      if (isListed) found += await list(peer, part.prefix, deps)
      else parts.push(...(await differing(peer, part.prefix, deps.buckets)))
    })
    await Promise.all(visits)
    if (deps.mayBeMuch && deps.buckets.size > MUCH && parts.length >= MUCH_DIFFERS && found === 0) return 'much'
  }
  return found
}

async function differing(peer: RemotePeer, prefix: string, buckets: Buckets): Promise<Part[]> {
  const { counts } = await peer.ask({ type: 'count', prefix })
  const ours = decodeCounts(buckets.encodeCounts(prefix))
  return decodeCounts(counts).flatMap((theirs, i) => {
    if (theirs.count === 0 || (theirs.count === ours[i]?.count && theirs.sum === ours[i]?.sum)) return []
    const byte = i.toString(16).padStart(2, '0')
    return [{ prefix: prefix + byte, theirs: theirs.count, ours: ours[i]?.count ?? 0 }]
  })
}

async function list(peer: RemotePeer, prefix: string, deps: PrefixDeps): Promise<number> {
  let found = 0
  let after: Infohash | '' | undefined = ''
  while (after !== undefined) {
    const { infohashes, more }: Listed = await peer.ask({ type: 'list', prefix, after })
    found += await deps.onListed(infohashes)
    after = more ? infohashes.at(-1) : undefined
  }
  return found
}
