// What a transaction moves: who spends which outputs, and what becomes of them. One flow, or the two halves of a swap.

import type { Asset } from './asset.ts'
import type { Address, Infohash } from './ids.ts'
import type { Amount } from './offer.ts'
import { type EntryName, ofAsset } from './state.ts'
import type { VerifiedTransaction } from './verify.ts'

export type Flow = {
  readonly from: Address
  /** Outputs of `from`, of this asset; of TTX if there is none. */
  readonly prev: readonly Infohash[]
  readonly asset?: Asset
  /** What they must hold at least. */
  readonly least: bigint
  /** What leaves the account of `from`; the rest of the inputs comes back as one output. */
  readonly spent: bigint
  /** What somebody gets; nobody does by a request, which leaves for Ethereum, nor where somebody joins outputs of their own. */
  readonly paid?: Amount & { readonly to: Address }
}

/** A transaction and its id. */
export type Identified = Pick<VerifiedTransaction, 'tx' | 'infohash'>

/** In the order in which the step function spends: of a take that of the maker first. */
export function flowsOf({ tx, infohash }: Identified): Flow[] {
  if (tx.kind === 'take') {
    const { offer, from, prev } = tx
    const { give, want } = offer
    return [
      flowOf({ from: offer.from, to: from, prev: offer.prev, ...give }),
      flowOf({ from, to: offer.from, prev, ...want }),
    ]
  }
  const { from, to, prev, tokens, asset, bridge, issuance } = tx
  if (issuance) return [{ from, prev, least: 0n, spent: 0n, paid: { to, tokens, asset: infohash } }]
  const common = ofAsset({ from, prev, least: tokens }, asset)
  if (bridge) return [{ ...common, spent: tokens }]
  return to === from ? [{ ...common, spent: 0n }] : [flowOf(ofAsset({ from, to, prev, tokens }, asset))]
}

function flowOf({
  from,
  to,
  prev,
  tokens,
  asset,
}: Pick<Flow, 'from' | 'prev'> & Amount & { readonly to: Address }): Flow {
  return ofAsset({ from, prev, least: tokens, spent: tokens, paid: ofAsset({ to, tokens }, asset) }, asset)
}

/** The outputs that a flow whose inputs hold `sum` creates, in the order of the step function. The last one may be above what an entry can hold. */
export function createdBy({ from, asset, spent, paid }: Flow, sum: bigint): CreatedOutput[] {
  const first = paid === undefined ? [] : [ofAsset({ owner: paid.to, value: paid.tokens }, paid.asset)]
  return sum > spent ? [...first, ofAsset({ owner: from, value: sum - spent }, asset)] : first
}

export type CreatedOutput = Omit<EntryName, 'infohash'> & { readonly value: bigint }
