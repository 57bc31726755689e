// A maker and many random takers, some of whom lie, with kills of the maker at any call, and blocks that lose: its book is right to the unit
// after each step, nothing is offered twice, its inventory follows the curve, and in the end all comes back.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Inventory, type LadderOptions, SIDES } from '../../../../../node/client/maker/ladder.ts'
import { Maker, type MakerDeps, type Round, type Shown } from '../../../../../node/client/maker/maker.ts'
import type { Offer } from '../../../../../node/protocol/offer.ts'
import type { VerifiedTransaction } from '../../../../../node/protocol/verify.ts'
import { randomOf } from '../../../../../scripts/assure/models/world.ts'
import { now, SHOP, START, STOCK, Street, signerOf } from './street.ts'

const TAKERS = Number(process.env['FUZZ_RUNS'] ?? 60)
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_130)
const OPTIONS: LadderOptions = { rungs: 6, size: 20_000n, fee: 15_000n, keep: { base: 0n, quote: 0n } }
/** 2% of size at 5/4 of it, and 3/2 of 1.5% of fee. */
const MOST_AWAY = 0.05
/** Until the node's history and the book say the same again: a round each for what was cut off, withdrawn, joined and cut. */
const MOST_ROUNDS = 8

test('takers come and go, lie, and blocks lose: the book is right, and the product never falls', async (t) => {
  const { street, takes, lies, kills, growth } = await play(t, false)
  t.diagnostic(`seed ${SEED}: ${takes} takes, ${lies} of them lies, ${kills} kills, the product grew by ${growth}`)
  const { sold, bought } = street.trades()
  assert(sold[0] > 0 && bought[0] > 0)
})

test('even where miners take what was withdrawn and blocks lose what they had ordered, the book is right', async (t) => {
  const { takes, lies, kills, growth } = await play(t, true)
  t.diagnostic(`seed ${SEED}: ${takes} takes, ${lies} of them lies, ${kills} kills, the product grew by ${growth}`)
})

async function play(t: TestContext, isWild: boolean) {
  const random = randomOf(SEED + Number(isWild))
  const street = await Street.open(t)
  const chance = (part: number) => random() < part
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  const operator = new Operator(street)
  const stale: Shown[] = []
  let [takes, lies] = [0, 0]
  /** A block leaves some takes for later; where blocks may lose what they had, for longer. */
  const later = ({ tx }: VerifiedTransaction) => tx.kind === 'take' && chance(0.2)
  for (let time = 1; time <= TAKERS; time++) {
    if (chance(0.15)) await operator.killWithin(1 + Math.floor(40 * random()), chance(0.5))
    await operator.settle()
    await check(street, operator, isWild)
    const taker = pick(street.takers)
    const shown = choose(operator.shown, random)
    assert(taker)
    if (shown !== undefined && chance(0.1)) {
      await street.lie(taker, shown, 10 * time)
      lies += 1
      takes += 1
    } else if (shown !== undefined && (await street.take(taker, shown, 10 * time)) !== undefined) takes += 1
    if (isWild) stale.push(...operator.shown.filter(() => chance(0.02)))
    const old = isWild && chance(0.1) ? pick(stale) : undefined
    if (old !== undefined) await smuggle(street, old, time)
    if (chance(0.3)) await operator.settle()
    if (chance(0.03)) {
      const asset = chance(0.5) ? street.gold : undefined
      await street.gift(taker, pick([STOCK, SHOP])?.address ?? STOCK.address, BigInt(1 + time), asset, 10 * time + 5)
    }
    if (chance(0.35)) await street.mine(later)
    if (chance(0.06)) await street.reorganise(1 + Math.floor(3 * random()), isWild ? later : undefined)
    if (chance(0.1)) await street.finalize(3)
  }
  await street.mine()
  await operator.settle()
  const growth = await check(street, operator, isWild)
  await closeDown(street, operator)
  return { street, takes, lies, kills: operator.kills, growth }
}

/** Mostly what is nearest to the price, as takers do. */
function choose(shown: readonly Shown[], random: () => number): Shown | undefined {
  const side = random() < 0.5 ? 'sell' : 'buy'
  const rungs = shown
    .filter((each) => each.side === side)
    .toSorted(
      (a, b) =>
        Number(a.offer.want.tokens) / Number(a.offer.give.tokens) -
        Number(b.offer.want.tokens) / Number(b.offer.give.tokens),
    )
  return rungs[random() < 0.7 ? 0 : Math.floor(random() * rungs.length)]
}

/** A take of an offer, whatever became of it, that only miners have. */
async function smuggle(street: Street, { offer }: Shown, time: number): Promise<void> {
  const taker = street.takers[time % street.takers.length]
  if (taker === undefined) return
  street.know(await street.takeOf(taker, offer, time))
}

/** The chain itself is asked, and the node's ledger, by other ways than the maker's. */
async function check(street: Street, operator: Operator, isWild: boolean): Promise<string> {
  const { report } = await operator.draft()
  const { sold, bought, given } = street.trades()
  const settled = street.settled()
  assert.deepEqual(report.inventory, settled)
  assert.deepEqual(
    [report.sold, report.bought].map(({ trades, base, quote }) => [trades, base, quote]),
    [sold, bought],
  )
  assert.deepEqual(settled, {
    base: START.base + bought[1] - sold[1] + given.base,
    quote: START.quote + sold[2] - bought[2] + given.quote,
  })
  const [stock, shop] = [await street.spendable(STOCK.address), await street.spendable(SHOP.address)]
  assert.deepEqual(report.spendable, { base: stock.base + shop.base, quote: stock.quote + shop.quote })
  const product = ({ base, quote }: Inventory) => base * quote
  assert.equal(report.product, product(settled))
  if (!isWild) {
    assert(product(settled) >= product(START))
    if (report.waiting.sold.trades + report.waiting.bought.trades === 0) checkPrices(settled, operator.shown)
  }
  checkBook(await street.book().read())
  return `${Number((product(settled) * 100_000n) / product(START) - 100_000n) / 1_000}%`
}

/** The price that the inventory has by the curve is between the nearest rungs, and these are a rung and a fee away from it at most. */
function checkPrices({ base, quote }: Inventory, shown: readonly Shown[]): void {
  const middle = Number(quote) / Number(base)
  const rungs = shown.map(({ side, offer: { give, want } }) => {
    return { side, price: Number(want.tokens) / Number(give.tokens) }
  })
  for (const side of SIDES) {
    const nearest = Math.min(...rungs.filter((each) => each.side === side).map(({ price }) => price))
    const away = nearest / (side === 'sell' ? middle : 1 / middle)
    assert(away >= 1 && away < 1 + MOST_AWAY, `${side} ${away}`)
  }
}

/** An output is in one offer at most, for good. */
function checkBook(book: readonly { readonly offer: Offer }[]): void {
  const bound = book.flatMap(({ offer }) => offer.prev.map((output) => `${offer.give.asset} ${output}`))
  assert.equal(new Set(bound).size, bound.length)
}

/** All is withdrawn, and the stock has everything to the unit. */
async function closeDown(street: Street, operator: Operator): Promise<void> {
  const before = street.settled()
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    await operator.maker.withdrawAll()
    await street.mine()
  }
  assert.deepEqual(await street.spendable(SHOP.address), { base: 0n, quote: 0n })
  assert.deepEqual(await street.spendable(STOCK.address), street.settled())
  assert.deepEqual(street.settled(), before)
}

/** Runs a maker, kills it at a call, and starts it again on the same folder. */
class Operator {
  maker: Maker
  /** What the world sees. */
  shown: readonly Shown[] = []
  kills = 0
  readonly #street: Street
  readonly #other: Maker
  /** Calls until it is killed, and whether the last one is done. */
  #left = Number.POSITIVE_INFINITY
  #isDone = false
  #time = 0

  constructor(street: Street) {
    this.#street = street
    this.maker = this.#start()
    this.#other = this.#start()
  }

  async killWithin(calls: number, isDone: boolean): Promise<void> {
    ;[this.#left, this.#isDone] = [calls, isDone]
    await this.#rounds().catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error
      this.kills += 1
    })
    this.#left = Number.POSITIVE_INFINITY
    this.maker = this.#start()
  }

  /** Until it has nothing to do, or waits for a block. */
  async settle(): Promise<void> {
    await this.#rounds()
  }

  /** What another maker would see. */
  async draft(): Promise<Omit<Round, 'done'>> {
    return await this.#other.draft()
  }

  async #rounds(): Promise<void> {
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const round = await this.maker.round()
      if (round === undefined) return
    }
  }

  #start(): Maker {
    const { client } = this.#street
    const book = this.#street.book()
    const deps: MakerDeps = {
      node: { url: client.url, call: (...args) => this.#step(() => client.call(...args)) },
      book: {
        read: () => this.#step(book.read),
        add: (...args) => this.#step(() => book.add(...args)),
        note: (...args) => this.#step(() => book.note(...args)),
      },
      ...{ stock: signerOf(STOCK), shop: signerOf(SHOP), now: () => now() + 1_000 * this.#time++ },
      show: (offers) =>
        this.#step(async () => {
          this.shown = offers
        }),
      alone: (act) => act(),
    }
    return new Maker(deps, this.#street.market, OPTIONS)
  }

  async #step<T>(act: () => Promise<T>): Promise<T> {
    this.#left -= 1
    if (this.#left < 0 || (this.#left === 0 && !this.#isDone)) throw new Killed()
    const result = await act()
    if (this.#left === 0) throw new Killed()
    return result
  }
}

class Killed extends Error {}
