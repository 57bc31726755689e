// Withdrawing an offer: its maker pays one of its inputs to themselves. Only a block that orders this ends it.

import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import type { Offer } from '../../protocol/offer.ts'
import { offerId } from '../../protocol/offer-file.ts'
import { ofAsset } from '../../protocol/state.ts'
import { encodeTransaction } from '../../protocol/transaction.ts'
import type { Result } from '../../rpc/api.ts'
import { handIn, haveSigned, type Signer } from '../pay.ts'
import type { NodeClient } from '../rpc.ts'
import { standingOf } from './standing.ts'
import { gone } from './take.ts'

export type Withdrawn = {
  readonly infohash: Infohash
  readonly status: Result<'tx_get'>['status']
  /** It was withdrawn before. */
  readonly isEarlier: boolean
}

/** `nowSeconds` goes into the file as its time. Throws `bad-arguments`, `offer-gone`, `unknown-transaction`, and what handing in throws. */
export async function withdrawOffer(
  node: NodeClient,
  maker: Signer,
  offer: Offer,
  nowSeconds: number,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Withdrawn> {
  if (offer.from !== maker.address) throw notYours(offer, maker)
  const standing = await standingOf(node, offer, fetchMs, signal)
  if (standing.state === 'withdrawn') return { infohash: standing.by, status: standing.status, isEarlier: true }
  if (standing.state !== 'open') throw gone(offer, standing)
  // A withdrawal out of money that no block has ordered dies with that money, and so does the offer.
  const [output = missing()] = standing.outputs
  const payment = ofAsset({ to: maker.address, tokens: output.value }, offer.give.asset)
  const tx = await haveSigned(maker, { ...payment, time: nowSeconds, prev: [output.infohash] })
  const { infohash, record } = await handIn(node, encodeTransaction(tx), signal)
  return { infohash, status: record.status, isEarlier: false }
}

function notYours(offer: Offer, { address }: Signer): OperationError {
  const id = offerId(offer)
  return new OperationError(
    'bad-arguments',
    `expected the wallet that made offer ${id}, ${offer.from}, got ${address}; name that one with --wallet`,
    { facts: { offer: id, maker: offer.from } },
  )
}

function missing(): never {
  throw new RangeError('an open offer has an input')
}
