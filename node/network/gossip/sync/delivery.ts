// What a peer delivered of a batch: which files are right, and what that says of the peer.

import type { Infohash } from '../../../protocol/ids.ts'
import { isFileOf } from '../fetcher.ts'
import type { RemotePeer } from '../peer.ts'

/** Faults of a guide for each file that it listed and does not have, and at most for those of one answer: what a peer holds may change. */
const GONE_FAULTS = 0.5
const MAX_GONE_FAULTS = 10

/** The right ones by infohash. `isGuide`: it listed all that is wanted; others may well not have it. */
export function rightFiles(
  peer: RemotePeer,
  { wanted, files, isGuide }: { wanted: readonly Infohash[]; files: readonly Uint8Array[]; isGuide: boolean },
): Map<Infohash, Uint8Array> {
  const right = new Map<Infohash, Uint8Array>()
  for (const [i, infohash] of wanted.entries()) {
    const file = files[i]
    if (file !== undefined && isFileOf(peer, infohash, file)) right.set(infohash, file)
  }
  const points = Math.min(GONE_FAULTS * (wanted.length - right.size), MAX_GONE_FAULTS)
  if (isGuide && points > 0) peer.fault(points, 'it listed what it does not have')
  return right
}

/** In time and with something is well; an empty answer does not count against those who never said that they had it, unless it took them long to say so. */
export function judgeDelivery({ standing }: RemotePeer, files: number, isLate: boolean): void {
  if (files > 0 && !isLate) standing.delivered()
  else if (files === 0 && isLate) standing.failed()
}
