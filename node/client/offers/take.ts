// Taking an offer: look whether it still stands, choose what is paid, sign, hand in.

import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { MAX_OFFER_INPUTS, type Offer } from '../../protocol/offer.ts'
import { offerId } from '../../protocol/offer-file.ts'
import { encodeTransaction, type TakeTransaction } from '../../protocol/transaction.ts'
import { takeDigest, takeMessage } from '../../protocol/typed-data.ts'
import type { Result } from '../../rpc/api.ts'
import { nameAmount } from '../amount.ts'
import { chooseInputs, handIn, type Signer } from '../pay.ts'
import { signWithWork } from '../relay-work.ts'
import type { NodeClient } from '../rpc.ts'
import { type OfferStanding, type OpenOffer, standingOf, type TakenOffer } from './standing.ts'

export type Taken = {
  readonly infohash: Infohash
  readonly status: Result<'tx_get'>['status']
  /** It was taken by this taker before. */
  readonly isEarlier: boolean
  /** Of what the taker pays; absent of an earlier one. */
  readonly unorderedAncestors?: number
}

export type TakeOptions = {
  readonly memo?: string
  /** How long the node may ask its peers for what the offer gives. */
  readonly fetchMs: number
}

/** What an offer looks like before it is taken: open, or taken by this taker. Throws `offer-not-for-you`, `offer-gone`, `unknown-transaction`. */
export async function checkTakeable(
  node: NodeClient,
  taker: Pick<Signer, 'address'>,
  offer: Offer,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<OpenOffer | TakenOffer> {
  if (offer.from === taker.address) throw notForYou(offer, 'the wallet that made it')
  if (offer.taker !== undefined && offer.taker !== taker.address) throw notForYou(offer, taker.address)
  const standing = await standingOf(node, offer, fetchMs, signal)
  if (standing.state === 'taken' && standing.taker === taker.address) return standing
  if (standing.state !== 'open') throw gone(offer, standing)
  const { give } = offer
  if (standing.sum >= give.tokens) return standing
  const why = `its inputs hold ${nameAmount(standing.sum, give.asset)}, less than the ${give.tokens} that it gives`
  throw gone(offer, { state: 'void', why })
}

/**
 * `node` is one that spares what offers of the taker bind. `nowSeconds` goes into the file as its time. Throws as `checkTakeable` does,
 * `insufficient-funds`, and what handing in throws: `transaction-conflicting` where inputs of the taker went elsewhere, `payment-under-way`. An offer is never taken twice, however often
 * this is called: two takes spend the same outputs of the maker.
 */
export async function takeOffer(
  node: NodeClient,
  taker: Signer,
  offer: Offer,
  nowSeconds: number,
  { memo, fetchMs }: TakeOptions,
  signal?: AbortSignal,
): Promise<Taken> {
  const standing = await checkTakeable(node, taker, offer, fetchMs, signal)
  if (standing.state === 'taken') return { infohash: standing.by, status: standing.status, isEarlier: true }
  const wish = { ...offer.want, most: MAX_OFFER_INPUTS }
  const { prev, unorderedAncestors, relayBits } = await chooseInputs(node, taker.address, wish, signal)
  const body = { offer, time: nowSeconds, prev: prev.toSorted(), ...(memo === undefined ? {} : { memo }) }
  const make = (signature: Uint8Array): TakeTransaction => ({ kind: 'take', from: taker.address, signature, ...body })
  const digest = takeDigest(body)
  const tx =
    relayBits === 0
      ? make(await taker.sign(digest, takeMessage(body)))
      : await signWithWork(taker, digest, relayBits, make, signal)
  const { infohash, record } = await handIn(node, encodeTransaction(tx), signal).catch(async (error: unknown) => {
    if (!(error instanceof OperationError && error.code === 'transaction-conflicting')) throw error
    // Another taker, or the maker, was faster: nothing of this wallet's was.
    const now = await standingOf(node, offer, fetchMs, signal)
    throw now.state === 'open' ? error : gone(offer, now)
  })
  return { infohash, status: record.status, isEarlier: false, unorderedAncestors }
}

function notForYou(offer: Offer, got: string): OperationError {
  const id = offerId(offer)
  return new OperationError(
    'offer-not-for-you',
    `expected ${offer.taker ?? `anybody but its maker ${offer.from}`} to take offer ${id}, got ${got}; use another wallet, or ask the maker for an offer of your own`,
    { facts: { offer: id, maker: offer.from, ...(offer.taker === undefined ? {} : { taker: offer.taker }) } },
  )
}

/** Also where somebody wants to withdraw it. */
export function gone(offer: Offer, standing: Exclude<OfferStanding, { readonly state: 'open' }>): OperationError {
  const id = offerId(offer)
  if (standing.state === 'unknown') {
    return new OperationError(
      'unknown-transaction',
      `expected to find what offer ${id} gives, got nothing of ${standing.missing.join(', ')}: neither the node nor its peers have it; try again, or ask the maker for its proof ("ttx proof import")`,
      { facts: { offer: id, missing: standing.missing }, retry: true },
    )
  }
  const facts = { offer: id, state: standing.state, ...('by' in standing ? { by: standing.by } : {}) }
  const what =
    standing.state === 'void'
      ? `one that cannot be taken: ${standing.why}`
      : `one that ${standing.by} ${standing.state === 'taken' ? 'took' : standing.state === 'withdrawn' ? 'withdrew' : 'spent'} (${standing.status})`
  const advice =
    'status' in standing && standing.status === 'accepted'
      ? `until a block orders that, it may still lose to a rival: see "ttx status ${standing.by}"`
      : 'ask its maker for another one'
  return new OperationError('offer-gone', `expected offer ${id} to be open, got ${what}; ${advice}`, { facts })
}
