// What a maker sees: the node's word on both wallets, and what became of each offer of the book, as of one moment.

import { OperationError } from '../../errors.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { encodeOffer } from '../../protocol/offer.ts'
import { ofAsset } from '../../protocol/state.ts'
import { decodeTransaction, type Transaction } from '../../protocol/transaction.ts'
import type { Result } from '../../rpc/api.ts'
import { lookUp } from '../look-up.ts'
import type { NodeClient } from '../rpc.ts'
import { type Free, type Inventory, SIDES, type Side, type Standing } from './ladder.ts'
import { assetGiven, type Booked, type MakerBook, type Market, outputOf, sideOf } from './market.ts'

type Balance = Result<'account_balance'>
type Status = Result<'tx_get'>['status']
type Told = Result<'account_outputs'>['outputs'][number]

/** What became of an offer that is not ended for good. */
type Fate =
  /** Its output is there. `hanging`: that is of a take that no block has ordered. */
  | { readonly state: 'open' | 'hanging' }
  | { readonly state: 'taken' | 'withdrawn' | 'spent'; readonly by: Infohash; readonly isSettled: boolean }
  /** Its output is not there, and nobody spent it: what made it has lost. */
  | { readonly state: 'lost' }

export type Mine = { readonly booked: Booked; readonly side: Side; readonly fate: Fate }

export type Sight = {
  /** All that blocks have ordered for both wallets, base units. */
  readonly inventory: Inventory
  /** What they can spend now: what was paid in and out without a block counts. */
  readonly spendable: Inventory
  /** Every offer of this market that the book has. */
  readonly mine: readonly Mine[]
  /** Those of them that somebody may still have. */
  readonly standing: readonly Standing[]
  readonly free: readonly Free[]
}

type Reading = {
  readonly tip?: Hash
  readonly stock: Readonly<Record<Side, Balance>>
  readonly shop: Readonly<Record<Side, Balance>>
}

/** A node that changes while it is looked at is looked at this often. */
const TRIES = 8
/** As many outputs a node tells of at once. */
const AT_ONCE = 8
const LIVE: ReadonlySet<Status> = new Set(['accepted', 'ordered', 'final'])

/** Remembers what cannot change, and whether anything changed. */
export class Eye {
  readonly #node: NodeClient
  readonly #book: MakerBook
  readonly #market: Market
  /** Whether the stock made an output, so that no take has to be ordered for it. */
  readonly #isOurs = new Map<Infohash, boolean>()
  /** What spent outputs of the shop. */
  readonly #spenders = new Map<Infohash, Transaction>()
  #seen: string | undefined

  constructor(node: NodeClient, book: MakerBook, market: Market) {
    this.#node = node
    this.#book = book
    this.#market = market
  }

  /** Undefined if the node says what it said when `look` last returned something, unless `forget` was called. Throws what node and book throw, and `node-not-ready`. */
  async look(signal?: AbortSignal): Promise<Sight | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = await this.#read(signal)
      const book = await this.#book.read()
      const key = await this.#keyOf(before, book, signal)
      if (key === this.#seen) return undefined
      const sight = await this.#sightOf(before, book, signal)
      // Twice the same, all that is in it was so at one moment in between.
      if ((await this.#keyOf(await this.#read(signal), book, signal)) !== key) continue
      this.#seen = key
      return sight
    }
    throw new OperationError(
      'node-not-ready',
      `expected the node at ${this.#node.url} to say the same twice, got something else ${TRIES} times; it may be catching up`,
      { facts: { url: this.#node.url }, retry: true },
    )
  }

  /** Something is still to be done: the next look is a whole one. */
  forget(): void {
    this.#seen = undefined
  }

  async #read(signal?: AbortSignal): Promise<Reading> {
    const { bridge } = await this.#node.call('node_info', {}, signal)
    if (bridge.state !== 'live' && bridge.state !== 'off') {
      throw new OperationError(
        'node-not-ready',
        `expected the node to follow the bridge, but it says ${bridge.state}${bridge.problem ? ` (${bridge.problem})` : ''}; see what the node lacks`,
        { facts: { state: bridge.state, problem: bridge.problem ?? null }, retry: true },
      )
    }
    const both = async (owner: Market['shop']) => {
      const [sell, buy] = await Promise.all(
        SIDES.map((side) => this.#node.call('account_balance', this.#purse(owner, side), signal)),
      )
      if (sell === undefined || buy === undefined) throw new RangeError('there are two sides')
      return { sell, buy }
    }
    const [stock, shop] = [await both(this.#market.stock), await both(this.#market.shop)]
    return { stock, shop, ...(bridge.tip === undefined ? {} : { tip: bridge.tip.id }) }
  }

  /** All that a plan depends on. What others pay and no block has ordered is not in it: else they could keep anything from being seen twice. */
  async #keyOf({ tip, stock, shop }: Reading, book: readonly Booked[], signal?: AbortSignal): Promise<string> {
    const bound = new Set(book.flatMap(({ offer, end }) => (end === undefined ? offer.prev : [])))
    const ours: Told[] = []
    for (const output of SIDES.flatMap((side) => shop[side].outputs))
      if (
        output.status !== 'accepted' ||
        bound.has(output.infohash) ||
        (await this.#isOfStock(output.infohash, signal))
      )
        ours.push(output)
    const sums = [stock, shop].flatMap((purses) =>
      SIDES.map((side) => [purses[side].settled, purses[side].ordered, purses[side].final]),
    )
    return JSON.stringify([tip, sums, ours], (_key, value) => (typeof value === 'bigint' ? value.toString() : value))
  }

  async #sightOf(reading: Reading, book: readonly Booked[], signal?: AbortSignal): Promise<Sight> {
    const mine = (await Promise.all(SIDES.map((side) => this.#ofSide(side, reading, book, signal)))).flat()
    const standing = mine.flatMap(({ booked: { id, offer }, side, fate }): Standing[] => {
      const isTaken = fate.state === 'taken' && !fate.isSettled
      if (fate.state !== 'open' && !isTaken) return []
      return [{ id, side, give: offer.give.tokens, want: offer.want.tokens, isTaken }]
    })
    const sum = (of: 'settled' | 'spendable'): Inventory => ({
      base: reading.stock.sell[of] + reading.shop.sell[of],
      quote: reading.stock.buy[of] + reading.shop.buy[of],
    })
    const free = await this.#free(reading, book, signal)
    return { inventory: sum('settled'), spendable: sum('spendable'), mine, standing, free }
  }

  async #ofSide(side: Side, { shop }: Reading, book: readonly Booked[], signal?: AbortSignal): Promise<Mine[]> {
    const offers = book.filter(({ offer }) => sideOf(this.#market, offer) === side)
    const { outputs } = shop[side]
    const there = new Map(outputs.map((output) => [output.infohash, output]))
    const gone = offers.filter(({ end, offer }) => end === undefined && !there.has(outputOf(offer)))
    const told = await this.#tellOf(
      side,
      gone.map(({ offer }) => outputOf(offer)),
      signal,
    )
    const spenders = [...told.values()].flatMap(({ spentBy }) => spentBy ?? [])
    const statuses = await this.#tellOf(side, spenders, signal)
    const fateOf = async (booked: Booked): Promise<Fate> => {
      const { offer, end } = booked
      if (end !== undefined) return { state: end.state, by: end.by, isSettled: true }
      const output = there.get(outputOf(offer)) ?? told.get(outputOf(offer))
      if (output === undefined || !LIVE.has(output.status) || !('value' in output) || output.value === undefined)
        return { state: 'lost' }
      const by = 'spentBy' in output ? output.spentBy : undefined
      if (by === undefined) {
        const isOurs = output.status !== 'accepted' || (await this.#isOfStock(output.infohash, signal))
        return { state: isOurs ? 'open' : 'hanging' }
      }
      const status = statuses.get(by)?.status ?? 'accepted'
      const standing = await this.#standingBy(by, status, booked, signal)
      await this.#book.note(booked, standing)
      return { state: standing.state, by, isSettled: status === 'ordered' || status === 'final' }
    }
    return await Promise.all(offers.map(async (booked) => ({ booked, side, fate: await fateOf(booked) })))
  }

  /** What the node says of single outputs of the shop, and of what makes them. */
  async #tellOf(side: Side, outputs: readonly Infohash[], signal?: AbortSignal): Promise<Map<Infohash, Told>> {
    const told = new Map<Infohash, Told>()
    for (let at = 0; at < outputs.length; at += AT_ONCE) {
      const question = { ...this.#purse(this.#market.shop, side), of: outputs.slice(at, at + AT_ONCE) }
      const answer = await this.#node.call('account_outputs', question, signal)
      for (const each of answer.outputs) told.set(each.infohash, each)
    }
    return told
  }

  async #standingBy(by: Infohash, status: Status, { offer }: Booked, signal?: AbortSignal) {
    const tx = this.#spenders.get(by) ?? (await this.#transaction(by, signal))
    if (tx !== undefined) this.#spenders.set(by, tx)
    const found = { by, status, rivals: [] }
    if (tx?.kind === 'take' && equalBytes(encodeOffer(tx.offer), encodeOffer(offer)))
      return { state: 'taken', ...found, taker: tx.from } as const
    return { state: 'spent', ...found } as const
  }

  async #free({ shop }: Reading, book: readonly Booked[], signal?: AbortSignal): Promise<Free[]> {
    const free: Free[] = []
    for (const side of SIDES) {
      const asset = assetGiven(this.#market, side)
      const open = book.filter(
        ({ offer, end }) => end === undefined && offer.from === this.#market.shop && offer.give.asset === asset,
      )
      const bound = new Set(open.flatMap(({ offer }) => offer.prev))
      for (const { infohash, value, status } of shop[side].outputs) {
        if (bound.has(infohash)) continue
        const isSettled = status !== 'accepted'
        // What others pay counts when a block orders it.
        if (isSettled || (await this.#isOfStock(infohash, signal))) free.push({ infohash, side, value, isSettled })
      }
    }
    return free
  }

  async #isOfStock(infohash: Infohash, signal?: AbortSignal): Promise<boolean> {
    const known = this.#isOurs.get(infohash)
    if (known !== undefined) return known
    const tx = await this.#transaction(infohash, signal)
    if (tx === undefined) return false
    const isOurs = tx.kind === 'signed' && tx.from === this.#market.stock
    this.#isOurs.set(infohash, isOurs)
    return isOurs
  }

  async #transaction(infohash: Infohash, signal?: AbortSignal): Promise<Transaction | undefined> {
    const { file } = await lookUp(this.#node, infohash, 0, signal)
    return file && decodeTransaction(file)
  }

  #purse(owner: Market['shop'], side: Side) {
    return ofAsset({ owner }, assetGiven(this.#market, side))
  }
}
