// The step function: one state and one step give the next state, or the reason why not (docs/protocol.md section 4).

import assert from 'node:assert'
import type { Address, Infohash } from './ids.ts'
import { infohashOf } from './infohash.ts'
import { type DepositEntry, depositTransaction } from './queue.ts'
import type { Reason, Rules } from './rules.ts'
import { type EntryName, entryKey, type State } from './state.ts'
import { decodeStep } from './step.ts'
import { encodeTransaction, type SignedTransaction } from './transaction.ts'
import { encodeOpening, find, insert, remove } from './tree.ts'
import { type VerifiedTransaction, verifyPacked } from './verify.ts'

/** `state` is the old one unless `reason` is `None`. */
export type Applied = { readonly state: State; readonly reason: Reason }

/** Collects the openings of a witness, in the order in which the step touches the entries. */
export type Witness = Uint8Array[]

/** Applies a packed step. `queueIndex` is `parent.queueCount` + its place in the block. Total on any bytes. */
export function applyStep(
  rules: Rules,
  state: State,
  queueIndex: bigint,
  step: Uint8Array,
  witness?: Witness,
): Applied {
  const decoded = decodeStep(step)
  if (decoded === undefined) return { state, reason: 'Malformed' }
  switch (decoded.kind) {
    case 'deposit':
      return applyDeposit(rules, state, queueIndex, decoded.entry, witness)
    case 'void':
      return { state, reason: 'None' }
    default: {
      const verified = verifyPacked(rules, decoded.packed)
      return typeof verified === 'string' ? { state, reason: verified } : applyTransaction(state, verified, witness)
    }
  }
}

/** Applies a transfer or a request whose fields, signature and id were verified. */
export function applyTransaction(state: State, verified: VerifiedTransaction, witness?: Witness): Applied {
  const { tx, infohash } = verified
  let next = state
  let sum = 0n
  for (const prev of tx.prev) {
    const taken = take(next, { infohash: prev, owner: tx.from }, witness)
    if (taken === undefined) return { state, reason: 'MissingInput' }
    next = taken.state
    sum += taken.value
  }
  if (sum < tx.tokens) return { state, reason: 'Overspend' }
  for (const output of createdOutputs(tx, sum)) {
    const name = { infohash, owner: output.owner }
    if (touch(next, name, witness) !== undefined) return { state, reason: 'OutputExists' }
    next = insert(next, { key: entryKey(name), value: output.value, name })
  }
  if (tx.bridge) return { state: debit(next, tx.from, tx.tokens, witness), reason: 'None' }
  if (tx.to === tx.from) return { state: next, reason: 'None' }
  return {
    state: credit(debit(next, tx.from, tx.tokens, witness), { owner: tx.to }, tx.tokens, witness),
    reason: 'None',
  }
}

/** The outputs that a transaction with inputs of `sum` creates, in the order of the step function. */
export function createdOutputs(
  tx: SignedTransaction,
  sum: bigint,
): { readonly owner: Address; readonly value: bigint }[] {
  if (!tx.bridge && tx.to === tx.from) return [{ owner: tx.from, value: sum }]
  const paid = tx.bridge ? [] : [{ owner: tx.to, value: tx.tokens }]
  return sum > tx.tokens ? [...paid, { owner: tx.from, value: sum - tx.tokens }] : paid
}

function applyDeposit(rules: Rules, state: State, index: bigint, entry: DepositEntry, witness?: Witness): Applied {
  if (entry.gross === 0n) return { state, reason: 'None' } // no contract takes one, but a liar may write one
  const tx = depositTransaction(rules, index, entry)
  const infohash: Infohash = infohashOf(encodeTransaction(tx))
  const paid = credit(state, { infohash, owner: tx.to }, tx.tokens, witness)
  return { state: credit(paid, { owner: tx.to }, tx.tokens, witness), reason: 'None' }
}

/** Reads an entry, and records its opening. */
function touch(state: State, name: EntryName, witness: Witness | undefined): bigint | undefined {
  witness?.push(encodeOpening(state, entryKey(name)))
  return find(state, entryKey(name))?.value
}

/** Reads an entry and deletes it; nothing if it is absent. */
function take(state: State, name: EntryName, witness: Witness | undefined) {
  const key = entryKey(name)
  const value = find(state, key)?.value
  witness?.push(encodeOpening(state, key, value !== undefined))
  return value === undefined ? undefined : { state: remove(state, key), value }
}

function credit(state: State, name: EntryName, amount: bigint, witness: Witness | undefined): State {
  const value = (touch(state, name, witness) ?? 0n) + amount
  return insert(state, { key: entryKey(name), value, name })
}

function debit(state: State, owner: Address, amount: bigint, witness: Witness | undefined): State {
  const key = entryKey({ owner })
  const balance = find(state, key)?.value ?? 0n
  assert(balance >= amount, 'an account holds the sum of its outputs')
  witness?.push(encodeOpening(state, key, balance === amount))
  return balance === amount ? remove(state, key) : insert(state, { key, value: balance - amount, name: { owner } })
}
