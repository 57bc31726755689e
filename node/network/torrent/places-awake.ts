// Which live torrent makes room for another one where all places are taken: what the user's own coins hang on goes last.

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
