// How far a peer says that it is from this node: whether its order is read, or it is compared with, or left alone as it will ask.

import type { NetworkStore } from '../../store.ts'
import type { RemotePeer } from '../peer.ts'

/** Whoever has so many more than this node is read in order; differences below are found by comparison. */
const FAR = 500

/** It says that it has many more than this node: a claim, which is believed as far as its order brings something. */
export function isAhead(peer: RemotePeer, store: Pick<NetworkStore, 'summary'>): boolean {
  return (peer.summary?.count ?? 0) - store.summary().count > FAR
}

/** It has many fewer, and will ask: to compare now would be to list all of it. */
export function isBehind(peer: RemotePeer, store: Pick<NetworkStore, 'summary'>): boolean {
  return peer.summary !== undefined && store.summary().count - peer.summary.count > FAR
}
