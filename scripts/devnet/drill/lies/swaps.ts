// Lies about swaps: one half of one, an offer that is taken twice, and offers that were not made to the one who takes them.

import { encodeText } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { addressOfKey, type Infohash } from '../../../../node/protocol/ids.ts'
import { infohashOf } from '../../../../node/protocol/infohash.ts'
import type { Offer, OfferBody } from '../../../../node/protocol/offer.ts'
import { publicKeyOf, signDigest } from '../../../../node/protocol/signature.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { encodeTransaction, type TakeTransaction } from '../../../../node/protocol/transaction.ts'
import { offerDigest, type TakeBody, takeDigest } from '../../../../node/protocol/typed-data.ts'
import { asIf, forge } from '../forge.ts'
import type { Lie } from '../lie.ts'
import { FRIEND, ownOutput, type Scene, Story, sign, stepOf } from '../scene.ts'

/** One who offers coins that the liar issued to them: all the world has the key, which holds nothing else. */
const MAKER_KEY = keccak(encodeText('one who swaps with a liar'))
const MAKER = addressOfKey(publicKeyOf(MAKER_KEY))
const ISSUED = 1_000n
const GIVEN = 400n

/** Behind an issuance to the maker: what they offer, and the liar as the one who can take it, with the change of the issuance. */
type Market = {
  readonly story: Story
  readonly issued: Infohash
  readonly offer: OfferBody
  readonly take: Omit<TakeBody, 'offer'>
}

function marketIn(scene: Scene): Market {
  const story = new Story(scene)
  const { infohash } = ownOutput(story)
  const issuance = sign(scene, { to: MAKER, tokens: ISSUED, issuance: true, prev: [infohash] })
  const issued = infohashOf(encodeTransaction(issuance))
  const { time, rules } = scene
  const offer = { give: { tokens: GIVEN, asset: issued }, want: { tokens: rules.minRequest }, time, prev: [issued] }
  return { story: story.say(stepOf(issuance)), issued, offer, take: { time, prev: [issued] } }
}

function offered(body: OfferBody): Offer {
  return { ...body, from: MAKER, signature: signDigest(offerDigest(body), MAKER_KEY) }
}

/** Signs as the liar. */
function taken({ liar }: Scene, body: TakeBody): TakeTransaction {
  return { kind: 'take', ...body, from: liar.address, signature: liar.sign(takeDigest(body)) }
}

/** The swap that is right, with what is changed of it. */
function swap({ story, offer, take }: Market, change: Partial<OfferBody> = {}): TakeTransaction {
  return taken(story.scene, { ...take, offer: offered({ ...offer, ...change }) })
}

export const SWAP_LIES = {
  'half-a-swap': {
    about: 'a swap of which one half is done: the liar has the coins, and has not paid',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const market = marketIn(scene)
      const { story, offer } = market
      const tx = swap(market)
      const { tokens } = offer.want
      const infohash = infohashOf(encodeTransaction(tx))
      const back = (owner: typeof MAKER, change: bigint) => (state: Story['state']) =>
        forge(forge(state, { infohash, owner }, change), { owner }, change)
      return story.say(stepOf(tx), back(MAKER, -tokens)(back(tx.from, tokens)(story.resultOf(stepOf(tx)))))
    },
  },
  'swap-for-more': {
    about: 'a swap that gives one unit more than was offered',
    expected: { problem: 'WrongState' },
    tell: (scene) => {
      const market = marketIn(scene)
      const { story, issued } = market
      const tx = swap(market)
      const infohash = infohashOf(encodeTransaction(tx))
      const move = (state: Story['state'], owner: typeof MAKER, change: bigint) =>
        forge(forge(state, ofAsset({ infohash, owner }, issued), change), ofAsset({ owner }, issued), change)
      return story.say(stepOf(tx), move(move(story.resultOf(stepOf(tx)), MAKER, -1n), tx.from, 1n))
    },
  },
  'offer-taken-twice': {
    about: 'a second take of an offer whose coins are gone',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const market = marketIn(scene)
      const first = swap(market)
      const story = market.story.say(stepOf(first))
      const prev = [infohashOf(encodeTransaction(first))]
      return story.pretend(taken(scene, { ...market.take, offer: first.offer, prev }), asIf)
    },
  },
  'take-replayed': {
    about: 'a take that comes a second time',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const market = marketIn(scene)
      const tx = swap(market)
      return market.story.say(stepOf(tx)).pretend(tx, asIf)
    },
  },
  'offer-for-another': {
    about: 'a take of an offer that was made to somebody else',
    expected: { problem: 'BadOffer' },
    tell: (scene) => {
      const market = marketIn(scene)
      return market.story.pretend(swap(market, { taker: FRIEND }), asIf)
    },
  },
  'offer-of-nobody': {
    about: 'a take of an offer that its maker did not sign',
    expected: { problem: 'MissingInput' },
    tell: (scene) => {
      const market = marketIn(scene)
      const { story, offer, take } = market
      const changed = { ...offered(offer), give: { ...offer.give, tokens: ISSUED } }
      return story.pretend(taken(scene, { ...take, offer: changed }), asIf)
    },
  },
  'swap-of-one-asset': {
    about: 'a swap of some coins for more of the same',
    expected: { problem: 'BadOffer' },
    tell: (scene) => {
      const market = marketIn(scene)
      return market.story.pretend(swap(market, { want: { ...market.offer.give, tokens: 1n } }), asIf)
    },
  },
  'swap-without-cover': {
    about: 'a swap that gives more than its maker put in',
    expected: { problem: 'Overspend' },
    tell: (scene) => {
      const market = marketIn(scene)
      return market.story.pretend(swap(market, { give: { ...market.offer.give, tokens: ISSUED + 1n } }), asIf)
    },
  },
} satisfies Readonly<Record<string, Lie>>
