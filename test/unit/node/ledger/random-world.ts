// Random worlds for ledger tests: transactions of a few people who spend outputs of one another, and blocks of them.

import { isEntered } from '../../../../node/protocol/asset.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { MAX_TOKENS } from '../../../../node/protocol/rules.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { type Coin, halvesOf, holderOf, inputsOf, parentsOf, Reference, type Tx } from './reference.ts'
import {
  type CreditEntry,
  depositOf,
  GENESIS,
  GENESIS_INFOHASH,
  issue,
  OWNER,
  pay,
  person,
  request,
  type StepContent,
  swap,
} from './world.ts'

export const PEOPLE = [OWNER, person('a'), person('b'), person('c')]
/** Contracts that entered something: one of them more than fits into one account. */
const VAULTS = [person('vault').address, person('boundless vault').address]
/** Entries of the queue with their numbers in their lanes. */
export const QUEUED: readonly { readonly index: bigint; readonly entry: CreditEntry }[] = [
  ...[1, 2, 3].map((i) => {
    const entry: CreditEntry = { kind: 'deposit', gross: BigInt(1_000 * i), to: at(PEOPLE, i).address }
    return { index: BigInt(i - 1), entry }
  }),
  ...[300n, 500n, MAX_TOKENS, MAX_TOKENS / 2n, 700n].map((amount, i) => {
    const [to, asset] = [at(PEOPLE, i % 2).address, at(VAULTS, i < 2 ? 0 : 1)]
    const entry: CreditEntry = { kind: 'entered', fee: toGwei(5n), amount, to, asset }
    return { index: BigInt(i), entry }
  }),
]

/** What a block or a submission is made of. */
export type Content = {
  readonly infohash: Infohash
  readonly verified?: VerifiedTransaction
  /** Which of `QUEUED`. */
  readonly queued?: number
}
export type World = ReadonlyMap<Infohash, { readonly tx: Tx; readonly content: Content }>
export type BlockNode = {
  readonly id: Hash
  readonly name: string
  /** Index of another node; the genesis block has none (-1). */
  readonly parent: number
  readonly height: number
  readonly contents: readonly Content[]
}
/** Takes the next random number, below the given one. */
export type Draw = (below: number) => number

export const GENESIS_TX: Tx = {
  infohash: GENESIS_INFOHASH,
  to: OWNER.address,
  tokens: GENESIS.tokens,
  prev: [],
  isRequest: false,
  kind: 'genesis',
}

/** A signed transaction as the model wants it. */
export function worldlyOf(verified: VerifiedTransaction): { tx: Tx; content: Content } {
  const { infohash, tx } = verified
  const content = { infohash, verified }
  if (tx.kind === 'take') {
    const { give, want, prev, from: to } = tx.offer
    const half = { infohash, from: tx.from, to, tokens: want.tokens, prev: tx.prev, isRequest: false }
    return { tx: ofAsset({ ...half, kind: 'signed' as const, offer: { prev, ...give } }, want.asset), content }
  }
  const { from, to, tokens, prev, asset } = tx
  const [isRequest, isIssuance] = [tx.bridge !== undefined, tx.issuance === true]
  return {
    tx: ofAsset({ infohash, from, to, tokens, prev, isRequest, isIssuance, kind: 'signed' as const }, asset),
    content,
  }
}

/** Random numbers from a list that fast-check made and can shrink. */
export function drawer(draws: readonly number[]): Draw {
  let next = 0
  return (below) => (draws[next++ % draws.length] ?? 0) % below
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${index} of ${items.length}`)
  return item
}

export function toStep({ verified, queued }: Content): StepContent {
  return verified ?? at(QUEUED, queued ?? 0)
}

/** Transactions of random people that spend random outputs of one another, some of them too much or not their own. */
export function makeWorld(recipe: readonly (readonly number[])[]): World {
  const made: { tx: Tx; content: Content }[] = [{ tx: GENESIS_TX, content: { infohash: GENESIS_INFOHASH } }]
  for (const [queued, { index, entry }] of QUEUED.entries()) {
    const { infohash } = depositOf(index, entry)
    const tokens = entry.kind === 'deposit' ? entry.gross - entry.gross / 100n : entry.amount
    const tx = { infohash, to: entry.to, tokens, prev: [], isRequest: false, kind: 'deposit' as const }
    made.push({ tx: entry.kind === 'deposit' ? tx : { ...tx, asset: entry.asset }, content: { infohash, queued } })
  }
  for (const [number, draws] of recipe.entries()) {
    const draw = drawer(draws)
    const known = new Reference(new Map(made.map(({ tx }) => [tx.infohash, tx])), GENESIS_INFOHASH)
    const coins = made.flatMap(({ tx }) =>
      known.coinsOf(tx.infohash).map((coin) => ({ ...coin, infohash: tx.infohash })),
    )
    if (draw(5) === 0) {
      const half = at(coins, draw(coins.length))
      const others = coins.filter((coin) => coin.owner !== half.owner && coin.asset !== half.asset)
      if (others.length > 0) {
        made.push(worldlyOf(swapOf(half, at(others, draw(others.length)), { draw, time: number })))
        continue
      }
    }
    const first = at(coins, draw(coins.length))
    const owner = draw(12) === 0 ? at(PEOPLE, draw(PEOPLE.length)).address : first.owner
    // Now and then not what the output is of.
    const asset = draw(15) === 0 ? at(VAULTS, 0) : first.asset
    const own = coins.filter((coin) => coin.owner === owner && coin.asset === asset)
    const inputs = new Map([[first.infohash, first.value]])
    for (let more = draw(3); more > 0 && own.length > 0; more--) {
      const coin = at(own, draw(own.length))
      inputs.set(coin.infohash, coin.value)
    }
    const sum = [...inputs.values()].reduce((a, b) => a + b, 0n)
    const wanted = draw(12) === 0 || sum === 0n ? sum + 1n : draw(4) === 0 ? sum : sum / 2n + 1n
    const tokens = wanted > MAX_TOKENS ? MAX_TOKENS : wanted
    const from = PEOPLE.find(({ address }) => address === owner) ?? OWNER
    const prev = [...inputs.keys()]
    const isRequest = draw(5) === 0 && (asset === undefined ? tokens >= 100n : isEntered(asset))
    const to = at(PEOPLE, draw(PEOPLE.length))
    const common = { from, to, tokens, prev, time: number }
    if (isRequest) made.push(worldlyOf(request(from, prev, tokens, number, asset)))
    else if (asset === undefined && draw(4) === 0) made.push(worldlyOf(issue({ ...common, tokens: 1_000n })))
    else made.push(worldlyOf(pay(ofAsset(common, asset))))
  }
  return new Map(made.map((one) => [one.tx.infohash, one]))
}

/** All of two outputs for each other, or less, or too much. */
function swapOf(
  give: Coin & { readonly infohash: Infohash },
  want: Coin & { readonly infohash: Infohash },
  { draw, time }: { readonly draw: Draw; readonly time: number },
): VerifiedTransaction {
  const ownerOf = ({ owner }: Coin) => PEOPLE.find(({ address }) => address === owner) ?? OWNER
  const halfOf = ({ value, asset, infohash }: typeof give) => {
    const part = draw(12) === 0 ? value + 1n : draw(3) === 0 ? value : value / 2n
    const tokens = part === 0n ? 1n : part > MAX_TOKENS ? MAX_TOKENS : part
    return ofAsset({ tokens, prev: [infohash] }, asset)
  }
  return swap({ maker: ownerOf(give), give: halfOf(give), taker: ownerOf(want), want: halfOf(want), time })
}

/** Steps of a valid block that have an effect: what was entered from the queue, then transactions whose inputs are there; all that fits into its account. */
export function chooseSteps(model: Reference, world: World, ordered: readonly Infohash[], draw: Draw): Content[] {
  const all = [...world.values()].map(({ content }) => content)
  const spent = new Set<string>()
  const accounts = new Map<string, bigint>()
  const there = new Set<Infohash>()
  const chosen: Content[] = []
  const settle = (infohash: Infohash) => {
    const tx = world.get(infohash)?.tx
    if (tx === undefined) throw new RangeError(`no ${infohash} in this world`)
    there.add(infohash)
    for (const input of inputsOf(tx)) spent.add(input)
    const add = (holder: string, value: bigint) => accounts.set(holder, (accounts.get(holder) ?? 0n) + value)
    for (const half of halvesOf(tx)) {
      if (half.from !== undefined) add(holderOf(ofAsset({ owner: half.from }, half.asset)), -(model.sumOf(half) ?? 0n))
    }
    for (const coin of model.coinsOf(infohash)) add(holderOf(coin), coin.value)
  }
  const take = (content: Content) => {
    settle(content.infohash)
    chosen.push(content)
  }
  for (const infohash of [GENESIS_INFOHASH, ...ordered]) settle(infohash)
  // Whoever pays themselves has that much already.
  const fits = (whole: Tx) =>
    halvesOf(whole).every((tx) => {
      if (tx.isRequest || tx.to === tx.from) return true
      const asset = tx.isIssuance ? tx.infohash : tx.asset
      return (accounts.get(holderOf(ofAsset({ owner: tx.to }, asset))) ?? 0n) + tx.tokens <= MAX_TOKENS
    })
  const isCovered = (half: Tx) => {
    const sum = model.sumOf(half)
    return sum !== undefined && (sum >= half.tokens || half.isIssuance === true)
  }
  for (const kind of ['deposit', 'entered'] as const) {
    const next = all.find(
      ({ infohash, queued }) => queued !== undefined && at(QUEUED, queued).entry.kind === kind && !there.has(infohash),
    )
    const tx = next && world.get(next.infohash)?.tx
    if (next !== undefined && tx !== undefined && draw(3) === 0 && fits(tx)) take(next)
  }
  const start = draw(all.length)
  const count = draw(6)
  for (let i = 0; i < all.length && chosen.length < count; i++) {
    const content = at(all, (start + i) % all.length)
    const tx = world.get(content.infohash)?.tx
    if (tx?.kind !== 'signed' || there.has(tx.infohash)) continue
    if (!parentsOf(tx).every((input) => there.has(input)) || inputsOf(tx).some((input) => spent.has(input))) continue
    if (!halvesOf(tx).every(isCovered) || !fits(tx)) continue
    take(content)
  }
  return chosen
}
