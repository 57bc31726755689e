// Seeded steps on states to which no chain of steps leads: accounts and outputs hold what does not fit together, up to 128 bits.

import { type Flow, flowsOf } from '../../../node/protocol/flows.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { infohashOf } from '../../../node/protocol/infohash.ts'
import { type DepositEntry, depositTransaction, type EnteredEntry } from '../../../node/protocol/queue.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { type EntryName, entryKey, ofAsset, type State } from '../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../node/protocol/step.ts'
import { encodeTransaction } from '../../../node/protocol/transaction.ts'
import { find, insert, isTaken, remove } from '../../../node/protocol/tree.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import type { VerifiedTransaction } from '../../../node/protocol/verify.ts'
import type { StepCase } from './step-cases.ts'
import type { World } from './world.ts'

/** A payment, request or swap and a deposit, each on the world's state with other amounts, or other entries, in the places that it touches. */
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
  const { packed, ...verified } = severalInputs(world)
  const madeUp = flowsOf(verified)
    .flatMap(amountsOf)
    .reduce(
      (next, [name, choices]) => (name && world.random() < 0.7 ? withAmount(next, name, world.pick(choices)) : next),
      state,
    )
  const isForced = world.random() < 0.3
  const step = encodeStep(isForced ? { kind: 'applied', fee: toGwei(1n), packed } : { kind: 'transaction', packed })
  return { name: 'made-up amounts', state: madeUp, queueIndex, step }
}

/** A swap now and then; else one of two inputs or more, since one alone holds what fits. */
function severalInputs(world: World): VerifiedTransaction {
  const isSwap = world.random() < 0.3
  const tries: VerifiedTransaction[] = Array.from({ length: 3 }, () => (isSwap && world.take()) || world.transaction())
  const inputs = (each: VerifiedTransaction) => flowsOf(each).reduce((sum, { prev }) => sum + prev.length, 0)
  return tries.reduce((most, next) => (inputs(next) > inputs(most) ? next : most))
}

function amountsOf({ from, prev, asset, least, paid }: Flow): [EntryName | undefined, bigint[]][] {
  const [first, second] = prev.map((infohash): EntryName => ofAsset({ infohash, owner: from }, asset))
  // Of an issuance what it creates: it asks nothing of its inputs.
  const tokens = least > 0n ? least : (paid?.tokens ?? 0n)
  return [
    [second, [0n, tokens, tokens + 1n, MAX_TOKENS, MAX_TOKENS]],
    [ofAsset({ owner: from }, asset), [0n, tokens - 1n, tokens, tokens + 1n, MAX_TOKENS]],
    [
      paid && ofAsset({ owner: paid.to }, paid.asset),
      [0n, 5n, MAX_TOKENS - tokens, MAX_TOKENS - tokens + 1n, MAX_TOKENS],
    ],
    [first, [1n, tokens, MAX_TOKENS - tokens, MAX_TOKENS - 1n, MAX_TOKENS, MAX_TOKENS]],
  ]
}

/** One of the entries that a transaction touches has lost its place to another. */
function takenByTransactionCase(world: World): StepCase {
  const { state, queueIndex } = world
  const swap = world.random() < 0.3 ? world.take() : undefined
  const verified: VerifiedTransaction = swap ?? world.transaction()
  const { infohash, packed } = verified
  const names = flowsOf(verified).flatMap(({ from, prev, asset, paid }): EntryName[] => {
    const own = [{ infohash: world.pick(prev), owner: from }, { infohash, owner: from }, { owner: from }]
    const payee = paid && { owner: paid.to }
    const theirs = payee ? [{ infohash, ...payee }, payee, payee] : []
    return [...own.map((each) => ofAsset(each, asset)), ...theirs.map((each) => ofAsset(each, paid?.asset))]
  })
  const step = encodeStep({ kind: 'transaction', packed })
  return { name: 'place taken', state: withPlaceTaken(state, world.pick(names)), queueIndex, step }
}

/** A deposit whose output or whose account has lost its place. */
function takenByDepositCase(world: World): StepCase {
  const { rules, state, queueIndex } = world
  const step = incoming(world, 1_000n)
  const infohash = infohashOf(encodeTransaction(depositTransaction(rules, queueIndex, step.entry)))
  const taken = withPlaceTaken(state, world.pick(namesOf(step.entry, infohash)))
  return { name: 'place of a deposit taken', state: taken, queueIndex, step: encodeStep(step) }
}

/** A deposit onto an output and an account that hold something already. */
function depositCase(world: World): StepCase {
  const { rules, state, queueIndex } = world
  const step = incoming(world, world.pick([1n, 99n, 100n, 10n ** 20n, MAX_TOKENS]))
  const tx = depositTransaction(rules, queueIndex, step.entry)
  const infohash = infohashOf(encodeTransaction(tx))
  const choices = [0n, 0n, 7n, MAX_TOKENS - tx.tokens, MAX_TOKENS - tx.tokens + 1n, MAX_TOKENS]
  const madeUp = namesOf(step.entry, infohash).reduce(
    (next, name) => withAmount(next, name, world.pick(choices)),
    state,
  )
  return { name: 'deposit onto amounts', state: madeUp, queueIndex, step: encodeStep(step) }
}

/** A deposit of TTX, or what a contract entered. */
function incoming(world: World, amount: bigint): Step<'deposit'> | Step<'entered'> {
  const to = world.pick(world.accounts).address
  if (world.random() < 0.5) return { kind: 'deposit', entry: { kind: 'deposit', gross: amount, to } }
  const entry = { kind: 'entered', fee: toGwei(7n), amount, to, asset: world.contract() } as const
  return { kind: 'entered', entry }
}

/** Its output and the account behind it. */
function namesOf(entry: DepositEntry | EnteredEntry, infohash: Infohash): EntryName[] {
  const asset = entry.kind === 'entered' ? entry.asset : undefined
  return [ofAsset({ infohash, owner: entry.to }, asset), ofAsset({ owner: entry.to }, asset)]
}
