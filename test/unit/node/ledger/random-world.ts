// Random worlds for ledger tests: transactions of a few people who spend outputs of one another, and blocks of them.

import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import type { DepositEntry } from '../../../../node/protocol/queue.ts'
import type { VerifiedTransaction } from '../../../../node/protocol/verify.ts'
import { Reference, type Tx } from './reference.ts'
import { depositOf, GENESIS, GENESIS_INFOHASH, OWNER, pay, person, request, type StepContent } from './world.ts'

export const PEOPLE = [OWNER, person('a'), person('b'), person('c')]
export const DEPOSITS: DepositEntry[] = [1, 2, 3].map((i) => ({
  kind: 'deposit',
  gross: BigInt(1_000 * i),
  to: at(PEOPLE, i).address,
}))

/** What a block or a submission is made of. */
export type Content = {
  readonly infohash: Infohash
  readonly verified?: VerifiedTransaction
  readonly deposit?: number
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
  const { from, to, tokens, prev } = tx
  return {
    tx: { infohash, from, to, tokens, prev, isRequest: tx.bridge !== undefined, kind: 'signed' },
    content: { infohash, verified },
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

export function toStep({ verified, deposit }: Content): StepContent {
  return verified ?? { index: BigInt(deposit ?? 0), entry: at(DEPOSITS, deposit ?? 0) }
}

/** Transactions of random people that spend random outputs of one another, some of them too much or not their own. */
export function makeWorld(recipe: readonly (readonly number[])[]): World {
  const made: { tx: Tx; content: Content }[] = [{ tx: GENESIS_TX, content: { infohash: GENESIS_INFOHASH } }]
  for (const [index, entry] of DEPOSITS.entries()) {
    const { infohash } = depositOf(BigInt(index), entry)
    const tokens = entry.gross - entry.gross / 100n
    made.push({
      tx: { infohash, to: entry.to, tokens, prev: [], isRequest: false, kind: 'deposit' },
      content: { infohash, deposit: index },
    })
  }
  for (const [number, draws] of recipe.entries()) {
    const draw = drawer(draws)
    const known = new Reference(new Map(made.map(({ tx }) => [tx.infohash, tx])), GENESIS_INFOHASH)
    const coins = made.flatMap(({ tx }) =>
      known.coinsOf(tx.infohash).map((coin) => ({ ...coin, infohash: tx.infohash })),
    )
    const first = at(coins, draw(coins.length))
    const owner = draw(12) === 0 ? at(PEOPLE, draw(PEOPLE.length)).address : first.owner
    const own = coins.filter((coin) => coin.owner === owner)
    const inputs = new Map([[first.infohash, first.value]])
    for (let more = draw(3); more > 0 && own.length > 0; more--) {
      const coin = at(own, draw(own.length))
      inputs.set(coin.infohash, coin.value)
    }
    const sum = [...inputs.values()].reduce((a, b) => a + b, 0n)
    const tokens = draw(12) === 0 || sum === 0n ? sum + 1n : draw(4) === 0 ? sum : sum / 2n + 1n
    const from = PEOPLE.find(({ address }) => address === owner) ?? OWNER
    const prev = [...inputs.keys()]
    const isRequest = draw(5) === 0 && tokens >= 100n
    const to = at(PEOPLE, draw(PEOPLE.length))
    const verified = isRequest ? request(from, prev, tokens, number) : pay({ from, to, tokens, prev, time: number })
    made.push(worldlyOf(verified))
  }
  return new Map(made.map((one) => [one.tx.infohash, one]))
}

/** Steps of a valid block: deposits from the queue in order, then transactions whose inputs are there. */
export function chooseSteps(model: Reference, world: World, ordered: readonly Infohash[], draw: Draw): Content[] {
  const all = [...world.values()].map(({ content }) => content)
  const spent = new Set(ordered.flatMap((infohash) => spendingOf(world.get(infohash)?.tx)))
  const there = new Set<Infohash>([GENESIS_INFOHASH, ...ordered])
  const chosen: Content[] = []
  const consumed = all.filter(({ infohash, deposit }) => deposit !== undefined && there.has(infohash)).length
  const take = (content: Content) => {
    there.add(content.infohash)
    for (const input of spendingOf(world.get(content.infohash)?.tx)) spent.add(input)
    chosen.push(content)
  }
  const next = all.find(({ deposit }) => deposit === consumed)
  if (next !== undefined && draw(3) === 0) take(next)
  const start = draw(all.length)
  const count = draw(6)
  for (let i = 0; i < all.length && chosen.length < count; i++) {
    const content = at(all, (start + i) % all.length)
    const tx = world.get(content.infohash)?.tx
    if (tx?.kind !== 'signed' || there.has(tx.infohash)) continue
    if (!tx.prev.every((input) => there.has(input)) || spendingOf(tx).some((input) => spent.has(input))) continue
    const coins = tx.prev.map((input) => model.coinsOf(input).find(({ owner }) => owner === tx.from)?.value)
    if (coins.includes(undefined) || coins.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n) < tx.tokens) continue
    take(content)
  }
  return chosen
}

function spendingOf(tx: Tx | undefined): string[] {
  return tx?.from === undefined ? [] : tx.prev.map((input) => `${input}${tx.from}`)
}
