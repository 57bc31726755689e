// Peer exchange (BEP 11) among the nodes at the meeting point: webtorrent reads what it is told, but tells nothing itself.

import type Wire from 'bittorrent-protocol'
import type { RemotePeer } from './peer.ts'

export class PeerExchange {
  readonly #wires = new Map<RemotePeer, Wire>()

  /** Tells the newcomer at once whom this node knows, and the others within a minute of the newcomer. Does nothing where it is off. */
  add(peer: RemotePeer, wire: Wire): void {
    if (wire.ut_pex === undefined || wire.peerExtendedMapping['ut_pex'] === undefined) return
    for (const [other, otherWire] of this.#wires) {
      tell(wire, other)
      tell(otherWire, peer)
    }
    if (this.#wires.size > 0) wire.ut_pex._sendMessage()
    wire.ut_pex.start()
    this.#wires.set(peer, wire)
    peer.closed.addEventListener('abort', () => this.#wires.delete(peer), { once: true })
  }
}

function tell(wire: Wire, { hello: { address } }: RemotePeer): void {
  if (address === undefined) return
  if (address.startsWith('[')) wire.ut_pex?.addPeer6(address)
  else wire.ut_pex?.addPeer(address)
}
