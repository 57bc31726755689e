// Chains of steps for the assets model: all pairs of steps from a small world, and long ones at random, in places for all or in sixteen.

import { type Books, keep, listed } from './books.ts'
import { apply, type Leaf, type PlaceOf, payerOf, type State, type Trap } from './machine.ts'
import { type Asset, idOf, MOST, type Offer, OWNERS, type Owner, type Step } from './steps.ts'

/**
 * `minted`: the rules accept what the books do not know. `stuck`: an entry of the queue is invalid. `refused`: the rules refuse what is right, and no
 * place was taken. `differs`: they lead elsewhere than the books. `paidOut`: more or less left than the books say. `grown`: a step makes more entries than
 * the contract allows for an entry of the queue.
 */
export type Tally = {
  steps: number
  accepted: number
  crowded: number
  minted: number
  stuck: number
  refused: number
  differs: number
  paidOut: number
  grown: number
}

/** Entries by which one entry of the queue may make the state larger. */
const MOST_GROWTH = 4

export function newTally(): Tally {
  return { steps: 0, accepted: 0, crowded: 0, minted: 0, stuck: 0, refused: 0, differs: 0, paidOut: 0, grown: 0 }
}

export function violations({ minted, stuck, refused, differs, paidOut, grown }: Tally): number {
  return minted + stuck + refused + differs + paidOut + grown
}

/** What both sides hold, and who was paid how much. */
export type World = {
  readonly books: Books
  readonly state: State
  readonly paid: ReadonlyMap<Asset, number>
  readonly history: readonly Step[]
}

/** A place for every name. */
export function roomy(): PlaceOf {
  const places = new Map<string, number>()
  return (name) => {
    const place = places.get(name) ?? places.size
    places.set(name, place)
    return place
  }
}

/** Four bits of a place, beside the one that tells outputs and accounts apart. */
export function crowded(random: () => number): PlaceOf {
  const places = new Map<string, number>()
  return (name) => {
    const place = places.get(name) ?? Math.floor(random() * 16) + (name.startsWith('output') ? 0 : 16)
    places.set(name, place)
    return place
  }
}

/** A has TTX from the beginning, and gets some entered coins; B and C get a coin each; B issues. */
export function begin(placeOf: PlaceOf, tally: Tally, trap?: Trap): World {
  const coin = { id: 'g', owner: 'A', asset: 'T', value: 3 } as const
  const books: Books = { coins: [coin], out: new Map() }
  const state = new Map([...listed(books)].map(([name, value]) => [placeOf(name), { name, value }]))
  let world: World = { books, state, paid: new Map(), history: [] }
  const payment = { kind: 'payment', from: 'A', asset: 'T', to: 'B', tokens: 1, prev: ['g'] } as const
  const steps: readonly Step[] = [
    payment,
    { kind: 'deposit', asset: 'X', to: 'B', tokens: 2, index: 0 },
    { kind: 'issuance', from: 'B', asset: 'T', to: 'C', tokens: 2, prev: [idOf(payment)] },
  ]
  for (const step of steps) world = advance(placeOf, world, step, tally, trap)
  return world
}

/** One step on both sides. Where a place was taken, the books follow the rules. */
export function advance(placeOf: PlaceOf, world: World, step: Step, tally: Tally, trap?: Trap): World {
  const applied = apply(placeOf, world.state, step, trap)
  const books = keep(world.books, step)
  const history = [...world.history, step]
  tally.steps += 1
  if (applied.reason !== 'None') {
    if (step.kind === 'deposit') tally.stuck += 1
    else if (books !== undefined && applied.reason !== 'OutputExists') tally.refused += 1
    else if (books !== undefined && !isCrowded(placeOf, world.state, books)) tally.refused += 1
    else if (books !== undefined) tally.crowded += 1
    return { ...world, history }
  }
  const { state, leaf } = applied
  if (state.size > world.state.size + MOST_GROWTH) tally.grown += 1
  const paid = leaf ? pay(world.paid, leaf, trap) : world.paid
  if (books === undefined) {
    tally.minted += 1
    return { ...world, history }
  }
  if (step.kind === 'deposit' && isSame(state, world.state) && isCrowded(placeOf, world.state, books)) {
    tally.crowded += 1
    return { ...world, history }
  }
  tally.accepted += 1
  if (!isListed(state, books)) tally.differs += 1
  if ([...paid].some(([asset, sum]) => sum !== (books.out.get(asset) ?? 0))) tally.paidOut += 1
  return { books, state, paid, history }
}

/** Everything that could be said of the coins that there are or were, by two owners, one coin each. */
export function* nextSteps(world: World): Generator<Step> {
  const ids = idsOf(world)
  const assets = assetsOf(world)
  for (const asset of ['T', 'X'] as const) {
    for (const tokens of [1, 3]) yield { kind: 'deposit', asset, to: 'B', tokens, index: world.history.length }
  }
  for (const from of OWNERS.slice(0, 2)) {
    for (const to of OWNERS.slice(0, 2)) {
      for (const kind of ['payment', 'request', 'issuance'] as const) {
        for (const asset of assets) {
          for (const tokens of [0, 1, 2]) for (const id of ids) yield { kind, from, asset, to, tokens, prev: [id] }
        }
      }
    }
  }
  for (const offer of offers(ids, assets)) {
    for (const taker of OWNERS) {
      for (const signed of [0, 1]) for (const id of ids) yield { kind: 'take', offer, taker, prev: [id], signed }
    }
  }
}

/** A step at random, the more often one that the books allow. */
export function randomStep(random: () => number, world: World): Step {
  const pick = <T>(things: readonly T[]): T => {
    const thing = things[Math.floor(random() * things.length)]
    if (thing === undefined) throw new RangeError('nothing to pick from')
    return thing
  }
  const [ids, assets] = [idsOf(world), assetsOf(world)]
  const tokens = () => (random() < 0.03 ? 0 : 1 + Math.floor(random() * 3))
  const coinsOf = (owner: Owner, asset: Asset): string[] => {
    const own = world.books.coins.filter((coin) => coin.owner === owner && coin.asset === asset).map(({ id }) => id)
    if (own.length === 0 || random() < 0.1) return [pick(ids)]
    return [...new Set(random() < 0.4 ? [pick(own), pick(own)] : [pick(own)])]
  }
  const kind = random()
  // An entry of the queue comes once.
  const transactions = world.history.filter((step) => step.kind !== 'deposit')
  if (kind < 0.05 && transactions.length > 0) return pick(transactions)
  if (kind < 0.2) {
    return {
      ...{ kind: 'deposit', asset: pick(['T', 'X'] as const), to: pick(OWNERS), index: world.history.length },
      tokens: random() < 0.05 ? 0 : tokens(),
    }
  }
  const from = pick(OWNERS)
  if (kind < 0.7) {
    const asset = random() < 0.2 ? pick(assets) : (world.books.coins.find(({ owner }) => owner === from)?.asset ?? 'T')
    const act = pick(['payment', 'payment', 'payment', 'request', 'issuance'] as const)
    return { kind: act, from, asset, to: pick(OWNERS), tokens: tokens(), prev: coinsOf(from, asset) }
  }
  const [give, want, taker] = [pick(assets), pick(assets), pick(OWNERS)]
  const offer = {
    ...{ maker: from, prev: coinsOf(from, give), give, gives: tokens(), want, wants: tokens() },
    signature: pick([0, 0, 1]),
    ...(random() < 0.3 ? { taker: pick(OWNERS) } : {}),
  }
  const signed = random() < 0.1 ? 1 - offer.signature : offer.signature
  return { kind: 'take', offer, taker, prev: coinsOf(taker, want), signed }
}

function* offers(ids: readonly string[], assets: readonly Asset[]): Generator<Offer> {
  for (const maker of OWNERS.slice(0, 2)) {
    for (const give of assets) {
      for (const want of assets) {
        for (const id of ids) {
          for (const taker of [undefined, 'C'] as const) {
            yield {
              ...{ maker, prev: [id], give, gives: 1, want, wants: 1, signature: 0 },
              ...(taker ? { taker } : {}),
            }
          }
        }
      }
    }
  }
}

function idsOf({ history }: World): readonly string[] {
  return ['g', ...history.map(idOf)]
}

function assetsOf({ books }: World): readonly Asset[] {
  return [...new Set<Asset>(['T', 'X', ...books.coins.map(({ asset }) => asset)])]
}

function pay(paid: ReadonlyMap<Asset, number>, leaf: Leaf, trap: Trap | undefined): ReadonlyMap<Asset, number> {
  const payer = payerOf(leaf, trap)
  return payer === undefined ? paid : new Map(paid).set(payer, (paid.get(payer) ?? 0) + leaf.tokens)
}

/** What the rules must do on any state, also one that a liar made up: an answer, values that fit, and no change where they refuse. */
export function isTotal(random: () => number, placeOf: PlaceOf, world: World): boolean {
  const made = new Map(
    [...world.state].map(([place, { name }]) => [place, { name, value: 1 + Math.floor(random() * MOST) }]),
  )
  for (const place of made.keys()) if (random() < 0.2) made.delete(place)
  const before = [...made]
  const { reason, state } = apply(placeOf, made, randomStep(random, world))
  const isKept = JSON.stringify([...made]) === JSON.stringify(before) && (reason === 'None' || state === made)
  return isKept && [...state.values()].every(({ value }) => value >= 1 && value <= MOST)
}

/** Whether two names of what the books would have now, or had before, share a place. */
function isCrowded(placeOf: PlaceOf, state: State, books: Books): boolean {
  const names = new Set([...[...state.values()].map(({ name }) => name), ...listed(books).keys()])
  return new Set([...names].map(placeOf)).size < names.size
}

function isSame(a: State, b: State): boolean {
  return a.size === b.size && [...a].every(([place, { name, value }]) => isEntry(b, place, name, value))
}

function isListed(state: State, books: Books): boolean {
  const entries = listed(books)
  const held = new Map([...state.values()].map(({ name, value }) => [name, value]))
  return held.size === entries.size && [...entries].every(([name, value]) => held.get(name) === value)
}

function isEntry(state: State, place: number, name: string, value: number): boolean {
  const entry = state.get(place)
  return entry?.name === name && entry.value === value
}
