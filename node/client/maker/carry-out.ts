// Doing what a plan says: money back to the stock, exact outputs out of it, offers on these. Cut off anywhere, the next plan goes on from what the node says.

import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import type { Offer, OfferBody } from '../../protocol/offer.ts'
import { MAX_INPUTS } from '../../protocol/rules.ts'
import { ofAsset } from '../../protocol/state.ts'
import { encodeTransaction } from '../../protocol/transaction.ts'
import { offerDigest, offerMessage } from '../../protocol/typed-data.ts'
import { sparing } from '../offers/sparing.ts'
import { handIn, haveSigned, pay, type Signer } from '../pay.ts'
import type { NodeClient } from '../rpc.ts'
import { type Free, type Plan, SIDES, type Side, type Wanted } from './ladder.ts'
import { amountOf, assetGiven, type Booked, type MakerBook, type Market, outputOf, type PricedFrom } from './market.ts'
import { firstOwn, ownMoney } from './own-money.ts'

export type Hands = {
  readonly node: NodeClient
  readonly book: MakerBook
  readonly stock: Signer
  readonly shop: Signer
  readonly now: () => number
}

/** What could not be done now, oldest first: the next plan tries again. */
export type Done = { readonly made: number; readonly withdrawn: number; readonly problems: readonly OperationError[] }

/** What goes wrong on its own, and is another plan once it went wrong. */
const PASSING: readonly OperationError['code'][] = [
  'transaction-conflicting',
  'payment-under-way',
  'insufficient-funds',
  'funds-spread',
]

/** Payments of others that no block has ordered are looked at up to this many, to join what is there. */
const MOST_LOOKS = 64

/** Throws what is not of one payment: a node that does not answer, a disk that is full, a broken rule. */
export async function carryOut(
  hands: Hands,
  market: Market,
  plan: Pick<Plan, 'made' | 'swept'> & { readonly withdrawn: readonly Booked[] },
  pricedFrom: PricedFrom,
  signal?: AbortSignal,
): Promise<Done> {
  const problems: OperationError[] = []
  const isDone = async (act: () => Promise<unknown>): Promise<boolean> => {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof OperationError && PASSING.includes(error.code))) throw error
      problems.push(error)
      return false
    }
  }
  const withdrawn = await takeBack(hands, market, plan, isDone, signal)
  let made = 0
  for (const wanted of plan.made.filter(({ from }) => from !== undefined)) {
    await offer(hands, market, wanted, wanted.from, pricedFrom)
    made++
  }
  // Nearest to the price first, both sides in turn; a side ends where its stock does.
  const ended = new Set<Side>()
  for (const wanted of inTurn(plan.made.filter(({ from }) => from === undefined))) {
    if (ended.has(wanted.side)) continue
    const cut = () => cutRung(hands, market, wanted, pricedFrom, signal)
    if (await isDone(cut)) made++
    else ended.add(wanted.side)
  }
  return { made, withdrawn, problems }
}

/**
 * Payments of the shop to the stock: of several outputs that no offer gives, and of that of each rung alone, which withdraws it: together, a take of one
 * rung that is ordered first would revive all others.
 */
async function takeBack(
  { node, stock, shop, now }: Hands,
  market: Market,
  { withdrawn, swept }: { readonly withdrawn: readonly Booked[]; readonly swept: readonly Free[] },
  isDone: (act: () => Promise<unknown>) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<number> {
  const isPaid = async (side: Side, outputs: readonly Pick<Free, 'infohash' | 'value'>[]) => {
    const tokens = outputs.reduce((sum, { value }) => sum + value, 0n)
    const prev = outputs.map(({ infohash }) => infohash).toSorted()
    const payment = ofAsset({ to: stock.address, tokens }, assetGiven(market, side))
    const tx = await haveSigned(shop, { ...payment, time: seconds(now), prev })
    return await isDone(() => handIn(node, encodeTransaction(tx), signal))
  }
  let count = 0
  for (const side of SIDES) {
    const rungs = withdrawn.filter(({ offer: { give } }) => give.asset === assetGiven(market, side))
    for (const { offer } of rungs)
      if (await isPaid(side, [{ infohash: outputOf(offer), value: offer.give.tokens }])) count += 1
    const outputs = swept.filter((output) => output.side === side)
    for (let at = 0; at < outputs.length; at += MAX_INPUTS) await isPaid(side, outputs.slice(at, at + MAX_INPUTS))
  }
  return count
}

/** Pays the shop exactly what the rung gives, and offers that. */
async function cutRung(hands: Hands, market: Market, wanted: Wanted, pricedFrom: PricedFrom, signal?: AbortSignal) {
  const { node, book, stock, shop, now } = hands
  const asset = assetGiven(market, wanted.side)
  const bound = (await book.read()).flatMap(({ offer: { from: owner, give, prev }, end }) =>
    end === undefined && owner === stock.address
      ? prev.map((infohash) => ofAsset({ owner, infohash }, give.asset))
      : [],
  )
  const payer = sparing(ownMoney(node, market), bound)
  const payment = ofAsset({ to: shop.address, tokens: wanted.give }, asset)
  try {
    const { infohash } = await pay(payer, stock, payment, seconds(now), signal)
    await offer(hands, market, wanted, infohash, pricedFrom)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'funds-spread')
      await join(hands, market, wanted.side, new Set(bound.map(({ infohash }) => infohash)), signal)
    throw error
  }
}

/** The stock is in too many outputs for one payment: the largest become one, but for what offers of the stock bind. */
async function join(
  { node, stock, now }: Hands,
  market: Market,
  side: Side,
  bound: ReadonlySet<Infohash>,
  signal?: AbortSignal,
): Promise<void> {
  const asset = assetGiven(market, side)
  const { outputs } = await node.call('account_balance', ofAsset({ owner: stock.address }, asset), signal)
  const sorted = outputs
    .filter(({ infohash }) => !bound.has(infohash))
    .toSorted((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : 0))
  const largest = await firstOwn(node, market, sorted, MOST_LOOKS, signal)
  if (largest.length < 2) return
  const tokens = largest.reduce((sum, { value }) => sum + value, 0n)
  const prev = largest.map(({ infohash }) => infohash).toSorted()
  const tx = await haveSigned(stock, {
    ...ofAsset({ to: stock.address, tokens }, asset),
    time: seconds(now),
    prev,
  })
  await handIn(node, encodeTransaction(tx), signal)
}

/** In the book before anybody can have it. */
async function offer(
  { book, shop, now }: Hands,
  market: Market,
  { side, give, want }: Wanted,
  from: Infohash | undefined,
  pricedFrom: PricedFrom,
): Promise<Offer> {
  if (from === undefined) throw new RangeError('an offer has an input')
  const body: OfferBody = {
    give: amountOf(market, side, give),
    want: amountOf(market, side === 'sell' ? 'buy' : 'sell', want),
    time: seconds(now),
    prev: [from],
  }
  const made = { ...body, from: shop.address, signature: await shop.sign(offerDigest(body), offerMessage(body)) }
  await book.add(made, pricedFrom)
  return made
}

function inTurn(wanted: readonly Wanted[]): Wanted[] {
  const place = (rung: Wanted) => wanted.filter(({ side }) => side === rung.side).indexOf(rung)
  return wanted.toSorted((a, b) => place(a) - place(b))
}

function seconds(now: () => number): number {
  return Math.floor(now() / 1_000)
}
