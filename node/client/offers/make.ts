// Making an offer: choose what it gives, sign. Nothing is sent: whoever gets the file can take it.

import { OperationError } from '../../errors.ts'
import { type Address, type Infohash, ZERO_ADDRESS } from '../../protocol/ids.ts'
import { type Amount, MAX_OFFER_INPUTS, type Offer, type OfferBody } from '../../protocol/offer.ts'
import { offerId } from '../../protocol/offer-file.ts'
import { ofAsset } from '../../protocol/state.ts'
import { offerDigest, offerMessage } from '../../protocol/typed-data.ts'
import { chooseInputs, type Signer } from '../pay.ts'
import type { NodeClient } from '../rpc.ts'

export type Terms = {
  readonly give: Amount
  readonly want: Amount
  /** Who alone may take it. */
  readonly taker?: Address
}

export type MadeOffer = {
  readonly id: Infohash
  readonly offer: Offer
  /** Base units of what is given that its inputs hold: as long as it is open, nothing else may spend them. */
  readonly bound: bigint
  readonly unorderedAncestors: number
}

/**
 * Whole outputs are bound: one if one is enough, else up to four. `node` is one that spares what other offers bind. `nowSeconds` goes into the file as
 * its time. Throws `bad-arguments`, and what choosing inputs throws: `insufficient-funds`, `funds-spread`.
 */
export async function makeOffer(
  node: NodeClient,
  maker: Signer,
  terms: Terms,
  nowSeconds: number,
  signal?: AbortSignal,
): Promise<MadeOffer> {
  const { give, want, taker } = terms
  if (give.asset === want.asset) throw badTerms('two different assets', give.asset ?? 'TTX on both sides')
  if (taker === maker.address) throw badTerms('a taker who is somebody else', taker)
  // Signed, that would be an offer to anybody.
  if (taker === ZERO_ADDRESS) throw badTerms('a taker who has a key', taker)
  const { prev, sum, unorderedAncestors } = await choose(node, maker.address, give, signal)
  const body: OfferBody = { ...terms, time: nowSeconds, prev: prev.toSorted() }
  const offer = { ...body, from: maker.address, signature: await maker.sign(offerDigest(body), offerMessage(body)) }
  return { id: offerId(offer), offer, bound: sum, unorderedAncestors }
}

/** The smallest output that is enough: two would bind more than is needed. */
async function choose(node: NodeClient, owner: Address, { tokens, asset }: Amount, signal?: AbortSignal) {
  const wish = ofAsset({ tokens }, asset)
  try {
    return await chooseInputs(node, owner, { ...wish, most: 1 }, signal)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'funds-spread')) throw error
    return await chooseInputs(node, owner, { ...wish, most: MAX_OFFER_INPUTS }, signal)
  }
}

function badTerms(expected: string, got: string): OperationError {
  return new OperationError('bad-arguments', `expected ${expected}, got ${got}; offer something for something else`)
}
