// How the connected nodes stand to this one, as the RPC and the log say it.

import { type Agreement, agreementOf } from '../../agreement.ts'
import type { PeerInfo } from '../../network/network.ts'
import type { Summary } from '../../network/store.ts'
import type { Result } from '../api.ts'
import type { NodeParts } from './parts.ts'

type Parts = Pick<NodeParts, 'ledger' | 'network' | 'store' | 'follower'>
type Told = Result<'node_peers'>['peers'][number]

/** Every connected node, with how it stands to this one. */
export function agreementsOf({
  ledger,
  network,
  store,
  follower,
}: Parts): readonly { readonly peer: PeerInfo; readonly agreement: Agreement }[] {
  const status: typeof ledger.status = (infohash) => ledger.status(infohash)
  const here = { summary: store.summary(), view: follower?.view, status }
  return network.peers().map((peer) => ({ peer, agreement: agreementOf(here, peer.summary, peer.difference) }))
}

export function toConfirmation({ newestBlock, stateRoot, ...summary }: Summary): Result<'node_peers'>['confirmation'] {
  return { ...summary, block: newestBlock, state: stateRoot }
}

/** With the rivals of what is disputed. */
export function toAgreement({ ledger }: Pick<Parts, 'ledger'>, { disputed, ...rest }: Agreement): Told['agreement'] {
  if (disputed === undefined) return rest
  const rivals = disputed.map((there) => ({
    here: ledger.rivals(there).filter((rival) => isCounted(ledger.status(rival))),
    there,
  }))
  return { ...rest, rivals }
}

function isCounted(status: ReturnType<Parts['ledger']['status']>): boolean {
  return status === 'accepted' || status === 'ordered' || status === 'final'
}
