// Seeded steps on states to which no chain of steps leads: accounts and outputs hold what does not fit together, up to 128 bits.

import { infohashOf } from '../../../node/protocol/infohash.ts'
import { depositTransaction } from '../../../node/protocol/queue.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { type EntryName, entryKey, type State } from '../../../node/protocol/state.ts'
import { encodeStep } from '../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { find, insert, isTaken, remove } from '../../../node/protocol/tree.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import type { StepCase } from './step-cases.ts'
import type { World } from './world.ts'

/** A payment or request and a deposit, each on the world's state with other amounts, or other entries, in the places that it touches. */
export function* madeUpCases(world: World): Generator<StepCase, void> {
  yield transactionCase(world)
  yield depositCase(world)
  yield takenByTransactionCase(world)
  yield takenByDepositCase(world)
}

/** The state with another amount in one entry; none there if it is 0. */
export function withAmount(state: State, name: EntryName, value: bigint): State {
  const key = entryKey(name)
  if (value > 0n) return insert(state, { key, value, name })
  return find(state, key) === undefined ? state : remove(state, key)
}

/** The state with an entry of another name in the place of this one, which is not there then. 2^80 work makes two such names, and no more than two. */
export function withPlaceTaken(state: State, name: EntryName): State {
  const key = entryKey(name)
  if (isTaken(state, key)) return state
  const other = key.slice()
  other[20] = (other[20] ?? 0) ^ 1
  return insert(withAmount(state, name, 0n), { key: other, value: 7n, name })
}

/** Sums of inputs and accounts that, as often as not, just fit or just do not. */
function transactionCase(world: World): StepCase {
  const { state, queueIndex } = world
  // Of two inputs or more, since one alone holds what fits.
  const tries = Array.from({ length: 3 }, () => world.transaction())
  const { tx, packed } = tries.reduce((most, next) => (next.tx.prev.length > most.tx.prev.length ? next : most))
  const { from, to, tokens, prev } = tx
  const [first, second] = prev.map((infohash): EntryName => ({ infohash, owner: from }))
  const amounts: [EntryName | undefined, bigint[]][] = [
    [second, [0n, tokens, tokens + 1n, MAX_TOKENS, MAX_TOKENS]],
    [{ owner: from }, [0n, tokens - 1n, tokens, tokens + 1n, MAX_TOKENS]],
    [to === from ? undefined : { owner: to }, [0n, 5n, MAX_TOKENS - tokens, MAX_TOKENS - tokens + 1n, MAX_TOKENS]],
    [first, [1n, tokens, MAX_TOKENS - tokens, MAX_TOKENS - 1n, MAX_TOKENS, MAX_TOKENS]],
  ]
  const madeUp = amounts.reduce(
    (next, [name, choices]) => (name && world.random() < 0.7 ? withAmount(next, name, world.pick(choices)) : next),
    state,
  )
  const isForced = world.random() < 0.3
  const step = encodeStep(isForced ? { kind: 'applied', fee: toGwei(1n), packed } : { kind: 'transaction', packed })
  return { name: 'made-up amounts', state: madeUp, queueIndex, step }
}

/** One of the entries that a transaction touches has lost its place to another. */
function takenByTransactionCase(world: World): StepCase {
  const { state, queueIndex } = world
  const { tx, infohash, packed } = world.transaction()
  const { from, to, prev } = tx
  const paid: EntryName[] = tx.bridge ? [] : [{ infohash, owner: to }, { owner: to }, { owner: to }]
  const spent = { infohash: world.pick(prev), owner: from }
  const name = world.pick([spent, { infohash, owner: from }, { owner: from }, ...paid])
  const step = encodeStep({ kind: 'transaction', packed })
  return { name: 'place taken', state: withPlaceTaken(state, name), queueIndex, step }
}

/** A deposit whose output or whose account has lost its place. */
function takenByDepositCase(world: World): StepCase {
  const { rules, state, queueIndex } = world
  const entry = { kind: 'deposit', gross: 1_000n, to: world.pick(world.accounts).address } as const
  const infohash = infohashOf(encodeTransaction(depositTransaction(rules, queueIndex, entry)))
  const name = world.pick<EntryName>([{ infohash, owner: entry.to }, { owner: entry.to }])
  const taken = withPlaceTaken(state, name)
  return { name: 'place of a deposit taken', state: taken, queueIndex, step: encodeStep({ kind: 'deposit', entry }) }
}

/** A deposit onto an output and an account that hold something already. */
function depositCase(world: World): StepCase {
  const { rules, state, queueIndex } = world
  const gross = world.pick([1n, 99n, 100n, 10n ** 20n, MAX_TOKENS])
  const entry = { kind: 'deposit', gross, to: world.pick(world.accounts).address } as const
  const tx = depositTransaction(rules, queueIndex, entry)
  const infohash = infohashOf(encodeTransaction(tx))
  const choices = [0n, 0n, 7n, MAX_TOKENS - tx.tokens, MAX_TOKENS - tx.tokens + 1n, MAX_TOKENS]
  const names: EntryName[] = [{ infohash, owner: entry.to }, { owner: entry.to }]
  const madeUp = names.reduce((next, name) => withAmount(next, name, world.pick(choices)), state)
  return { name: 'deposit onto amounts', state: madeUp, queueIndex, step: encodeStep({ kind: 'deposit', entry }) }
}
