// Vectors of offers and takes: their files, their packed forms, what is signed of them and by whom.

import { formatHex } from '../../node/protocol/bytes.ts'
import type { Infohash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { encodeOffer, type OfferBody, packOffer } from '../../node/protocol/offer.ts'
import { packTransaction } from '../../node/protocol/packed.ts'
import { MAX_TOKENS } from '../../node/protocol/rules.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import { offerDigest, type TakeBody, takeDigest } from '../../node/protocol/typed-data.ts'
import { type Account, signOffer, signTake } from '../assure/models/world.ts'

/** Each shape that the two can have: the shortest, the longest, with and without each member that is not always there. */
export type TakeShape = {
  readonly name: string
  readonly offer: OfferBody
  readonly take: Omit<TakeBody, 'offer'>
}

/** `prev`: eight infohashes, ascending. */
export function takeShapes(
  taker: Account,
  { contract, issued, prev }: { readonly contract: Account; readonly issued: Infohash; readonly prev: Infohash[] },
): TakeShape[] {
  const [entered, ttx] = [{ tokens: 250n, asset: contract.address }, { tokens: 1_000n }]
  const time = 1_767_225_600
  const offer = { give: ttx, want: entered, time, prev: prev.slice(0, 2) }
  const take = { time: time + 60, prev: prev.slice(2, 4) }
  const most = { tokens: MAX_TOKENS, asset: issued }
  return [
    { name: 'TTX for what a contract entered', offer, take },
    { name: 'what was issued for TTX', offer: { ...offer, give: { ...most, tokens: 7n }, want: ttx }, take },
    {
      name: 'for somebody, with a memo',
      offer: { ...offer, taker: taker.address },
      take: { ...take, memo: 'for {March}' },
    },
    {
      name: 'both of one transaction',
      offer: { ...offer, give: entered, want: { tokens: 3n, asset: issued } },
      take: { ...take, prev: offer.prev },
    },
    {
      name: 'least of everything',
      offer: { give: { tokens: 1n }, want: { tokens: 1n, asset: contract.address }, time: 0, prev: prev.slice(0, 1) },
      take: { time: 0, prev: prev.slice(1, 2) },
    },
    {
      name: 'most of everything',
      offer: {
        give: most,
        want: { tokens: MAX_TOKENS, asset: contract.address },
        taker: taker.address,
        time: 2 ** 40 - 1,
        prev: prev.slice(0, 4),
      },
      take: { time: 2 ** 40 - 1, prev: prev.slice(4), memo: '~'.repeat(140) },
    },
  ]
}

/** What `test/vectors/take.json` holds. */
export function takeVectors(maker: Account, taker: Account, shapes: readonly TakeShape[]) {
  return shapes.map(({ name, offer: body, take }) => {
    const offer = signOffer(maker, body)
    const tx = signTake(taker, { offer, ...take })
    const [offerFile, file] = [encodeOffer(offer), encodeTransaction(tx)]
    return {
      name,
      offerFile: new TextDecoder().decode(offerFile),
      offerInfohash: infohashOf(offerFile),
      packedOffer: hex(packOffer(offer)),
      offerDigest: hex(offerDigest(offer)),
      maker: maker.address,
      packed: hex(packTransaction(tx)),
      digest: hex(takeDigest(tx)),
      taker: taker.address,
      file: new TextDecoder().decode(file),
      infohash: infohashOf(file),
    }
  })
}

function hex(bytes: Uint8Array): string {
  return `0x${formatHex(bytes)}`
}
