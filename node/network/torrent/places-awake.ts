// Which live torrent makes room for another one where all places, or all bytes, are taken: what the user's own coins hang on goes last.

import type { Infohash } from '../../protocol/ids.ts'

/**
 * The one to put to sleep, of torrents that are longest idle first; undefined if none may go for it. For somebody else's only what nobody is connected
 * to goes, and nothing of the user's; for the user's own what is somebody else's, connected or not, and last of its own what is idle.
 */
export function makesRoom<T extends { readonly infoHash: string; readonly wires: readonly unknown[] }>(
  torrents: Iterable<T>,
  wanted: Infohash,
  isOwn: (infohash: Infohash) => boolean,
): T | undefined {
  const isForOwn = isOwn(wanted)
  let connected: T | undefined
  let idleOwn: T | undefined
  for (const torrent of torrents) {
    const isIdle = torrent.wires.length === 0
    const own = isOwn(torrent.infoHash as Infohash) // what is stored is under such a name
    if (isIdle && !own) return torrent
    if (!own) connected ??= torrent
    else if (isIdle) idleOwn ??= torrent
  }
  return isForOwn ? (connected ?? idleOwn) : undefined
}

/** Torrents that are smaller count as nothing, and never go for a larger one. */
const LARGE_BYTES = 1_048_576
/** A large one to which somebody is connected has this long before it may go for another one: to stay connected costs nothing. */
const LEAST_AWAKE_MS = 60_000

type Awake = { readonly bytes: number; readonly isIdle: boolean; readonly awakeMs: number }

/**
 * Which of the live torrents, those that woke first coming first, goes where one of `bytes` would make them more than `most`: one that is idle, else one that was
 * awake for a minute. `fits` if none has to go, since one alone always fits; undefined if none may.
 */
export function makesBytes<T extends Awake>(live: readonly T[], bytes: number, most: number): T | 'fits' | undefined {
  const large = live.filter((torrent) => torrent.bytes >= LARGE_BYTES)
  const taken = large.reduce((sum, torrent) => sum + torrent.bytes, 0)
  if (bytes < LARGE_BYTES || taken === 0 || taken + bytes <= most) return 'fits'
  return large.find(({ isIdle }) => isIdle) ?? large.find(({ awakeMs }) => awakeMs >= LEAST_AWAKE_MS)
}
